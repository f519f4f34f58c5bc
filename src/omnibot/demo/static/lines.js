// One message as a node. What can be done with it is told to `on`: press, answer, edit, remove.

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });

export function drawn(line, before, { isOwn, author, can, on, texts, isToday }) {
  const item = made("li", isOwn ? "own" : "theirs");
  const isNext = can.follow && before && before.by === line.by && before.author === line.author && before.thread === line.thread && line.at - before.at < 60 && before.only_for === line.only_for;
  item.classList.toggle("next", Boolean(isNext && (line.is_reply || line.thread === "" || before.is_reply === line.is_reply)));
  item.classList.toggle("reply", line.is_reply);
  item.classList.toggle("person", line.is_own);
  item.classList.toggle("whisper", Boolean(line.only_for));
  item.classList.toggle("card", line.buttons.length > 0);
  item.dataset.initial = [...author][0]?.toUpperCase() ?? "";
  item.dataset.line = line.id;
  if (line.title) item.append(made("p", "topic", line.title));
  const head = made("p", "head");
  head.append(made("b", "author", author));
  if (line.only_for) head.append(made("span", "mark", texts.only_for.replace("{name}", line.only_for)));
  if (line.is_edited) head.append(made("span", "mark", texts.edited));
  head.append(made("time", "", (isToday ? clock : day).format(line.at * 1000)));
  item.append(head);
  if (line.subject) item.append(made("p", "subject", line.subject));
  const words = made("p", "words");
  words.append(...line.spans.filter((span) => span.text).map(styled));
  if (words.hasChildNodes()) item.append(words);
  for (const file of line.files) item.append(attached(file));
  if (line.buttons.length) item.append(keys(line, on));
  const doings = made("p", "doings");
  if (can.answer) doings.append(doing(texts.answer, () => on.answer(line)));
  if (isOwn && can.edit && words.hasChildNodes()) doings.append(doing(texts.edit, () => on.edit(line)));
  if (isOwn && can.remove) doings.append(doing(texts.delete, () => on.remove(line)));
  if (doings.hasChildNodes()) item.append(doings);
  return item;
}

export function wordsOf(line) {
  return line.spans.map((span) => span.text).join("");
}

export function made(tag, name, text = "") {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.textContent = text;
  return node;
}

function doing(label, act) {
  const button = made("button", "", label);
  button.type = "button";
  button.addEventListener("click", act);
  return button;
}

function keys(line, on) {
  const row = made("p", "keys");
  for (const label of line.buttons) row.append(doing(label, () => on.press(line, label)));
  return row;
}

function attached(file) {
  if (!file.path) return made("p", "file", file.name);
  const link = made("a", file.is_picture ? "picture" : "file", file.is_picture ? "" : file.name);
  Object.assign(link, { href: `/files/${file.path}/${encodeURIComponent(file.name)}`, target: "_blank", rel: "noopener" });
  if (file.is_picture) link.append(Object.assign(document.createElement("img"), { src: link.href, alt: file.name }));
  return link;
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
