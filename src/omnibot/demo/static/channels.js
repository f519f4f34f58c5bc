// Shows what people see on each platform, as the demo's server tells it, and does what they do there.

const query = `?lang=${document.documentElement.lang}`;
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
const panes = new Map([...document.querySelectorAll("form")].map((form) => [form.dataset.channel, form.closest("section")]));

// What people see

const stream = new EventSource(`/events${query}`);
const lost = document.querySelector(".lost");
stream.onopen = () => (lost.hidden = true);
stream.onerror = () => (lost.hidden = false);
stream.onmessage = ({ data }) => {
  for (const [channel, lines] of Object.entries(JSON.parse(data))) show(panes.get(channel), channel, lines);
};

function show(pane, channel, lines) {
  const list = pane.querySelector(".lines");
  const text = JSON.stringify(lines);
  if (list.dataset.text === text) return;
  list.dataset.text = text;
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  const hasGrown = lines.length > list.children.length;
  lines.forEach((line, place) => {
    const key = JSON.stringify(line);
    const known = list.children[place];
    if (known?.dataset.key === key) return;
    const item = drawn(line, channel, list.dataset, lines[place - 1]);
    item.dataset.key = key;
    if (known) known.replaceWith(item);
    else list.append(item);
  });
  while (list.children.length > lines.length) list.lastElementChild.remove();
  pane.classList.toggle("has-lines", lines.length > 0);
  if (isAtEnd || (hasGrown && lines.at(-1).is_own)) list.scrollTop = list.scrollHeight;
  if (channel === "email") suggestSubject(pane, lines);
}

function drawn(line, channel, names, before) {
  const item = made("li", line.is_own ? "own" : "theirs");
  const author = line.author || (line.is_own ? names.own : names.service);
  const isNext = channel !== "email" && before?.is_own === line.is_own && (before.author || "") === line.author && line.at - before.at < 60;
  item.classList.toggle("next", Boolean(isNext));
  item.dataset.initial = author.slice(0, 1).toUpperCase();
  const head = made("p", "head");
  head.append(made("b", "author", author), made("time", "", clock.format(line.at * 1000)));
  item.append(head);
  if (line.subject) item.append(made("p", "subject", line.subject));
  const words = made("p", "words");
  words.append(...line.spans.filter((span) => span.text).map(styled));
  if (words.hasChildNodes()) item.append(words);
  for (const name of line.files) item.append(made("p", "file", name));
  if (line.buttons.length) item.append(keys(line, channel));
  return item;
}

function keys(line, channel) {
  const row = made("p", "keys");
  for (const label of line.buttons) {
    const key = made("button", "", label);
    key.type = "button";
    key.addEventListener("click", () => act(channel, "press", { channel, line: line.id, label }));
    row.append(key);
  }
  return row;
}

function styled(span) {
  let node = document.createTextNode(span.text);
  for (const [is, tag] of [[span.code, "code"], [span.italic, "em"], [span.bold, "strong"]]) {
    if (is) node = around(tag, node);
  }
  if (!/^(https?|mailto|tel):/.test(span.link)) return node;
  const link = around("a", node);
  Object.assign(link, { href: span.link, target: "_blank", rel: "noopener noreferrer" });
  return link;
}

function around(tag, node) {
  const outer = document.createElement(tag);
  outer.append(node);
  return outer;
}

function made(tag, name, text = "") {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.textContent = text;
  return node;
}

// What people do

async function act(channel, call, body) {
  const trouble = panes.get(channel).querySelector(".trouble");
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(`/${call}${query}`, { method: "POST", headers, body: JSON.stringify(body) });
    trouble.hidden = answer.ok;
  } catch {
    trouble.hidden = false;
  }
  trouble.textContent = trouble.hidden ? "" : document.body.dataset.failed;
  return trouble.hidden;
}

for (const [channel, pane] of panes) {
  const form = pane.querySelector("form");
  const { text, subject } = form.elements;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = text.value;
    if (!said.trim()) return;
    text.value = "";
    const isSent = await act(channel, "say", { channel, text: said, subject: subject?.value ?? "" });
    if (!isSent && !text.value) text.value = said;
  });
  text.addEventListener("keydown", (event) => {
    // A mail has paragraphs; while an input method composes, Enter is its own (keyCode: Safari).
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (subject && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    form.requestSubmit();
  });
  for (const offer of pane.querySelectorAll(".offer")) {
    offer.addEventListener("click", () => {
      text.value = offer.textContent;
      if (subject) subject.value = offer.dataset.subject;
      form.requestSubmit();
      text.focus();
    });
  }
}

// An answer is answered under its subject, as mail programs do it, until the person writes another one.
function suggestSubject(pane, lines) {
  const field = pane.querySelector("form").elements.subject;
  const newest = lines.findLast((line) => !line.is_own);
  if (!newest || newest.id === field.dataset.suggestedBy) return;
  field.dataset.suggestedBy = newest.id;
  if (document.activeElement !== field) field.value = newest.subject;
}

// On a phone: one pane at a time

const tabs = [...document.querySelectorAll("[role=tab]")];
for (const tab of tabs) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    choose(next);
    next.focus();
  });
}

function choose(tab) {
  for (const other of tabs) {
    const isChosen = other === tab;
    other.setAttribute("aria-selected", String(isChosen));
    other.tabIndex = isChosen ? 0 : -1;
    const pane = document.getElementById(other.getAttribute("aria-controls"));
    pane.classList.toggle("shown", isChosen);
    const list = pane.querySelector(".lines");
    if (isChosen && list) list.scrollTop = list.scrollHeight;
  }
}
