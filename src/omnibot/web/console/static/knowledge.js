// The knowledge screens: what is written is sent to the API, the page then draws what the server says.

import { Refused, call, fragment, inWords, post } from "./call.js";
import { tick } from "./clock.js";
import { swap } from "./morph.js";
import { $, $$, element, isComposing, say } from "./page.js";
import { words } from "./words.js";

const CHANGED = "urn:omnibot:changed";
const PAGES = ["knowledge", "gaps", "thresholds", "entry"];

const sheet = () => $("#main");
const entry = () => sheet().dataset.entry;
const path = (step = "") => `/faq/entries/${encodeURIComponent(entry())}${step}`;
let isDirty = false;
let proposals = 0; // how often something was proposed: answers to earlier ones come too late

export const isKnowledge = () => PAGES.includes(sheet()?.dataset.page);

export function startKnowledge() {
  document.addEventListener("click", clicked);
  document.addEventListener("submit", submitted);
  const form = $("#entry-form");
  form?.addEventListener("input", () => (isDirty = true));
  $("#publish-now")?.addEventListener("click", () => attempt(finish));
  addEventListener("beforeunload", (event) => isDirty && event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s" || isComposing(event) || !form) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

// Draws the page anew; the form keeps what is being written.
export async function refreshKnowledge(options) {
  const html = await fragment(address(), options);
  if (html) swap(html);
  tick();
  const form = $("#entry-form");
  if (form && entry() && Number(sheet().dataset.newest) > Number(form.dataset.version)) showOvertaken(sheet().dataset.editor);
}

function address() {
  return location.pathname.replace("/console/", "") + location.search;
}

function clicked(event) {
  const button = event.target.closest?.("[data-step], [data-back], [data-close]");
  if (!button) return;
  const { step, gap, back } = button.dataset;
  if (gap) attempt(() => decideOnGap(Number(gap), step));
  else if (back) attempt(() => bringBack(Number(back)));
  else if (step) attempt(() => STEPS[step]());
  else button.closest("dialog").close();
}

const STEPS = {
  review: () => post(path("/review"), { version: seen() }).then(reload),
  publish: () => propose("publish", words("Publish this version?"), words("Publish now")),
  retire: () => propose("retire", words("Take this entry away from customers?"), words("Retire now")),
};

const seen = () => Number(sheet().dataset.newest);

// Before anything changes for customers: what would have been different for those of the last days.
async function propose(step, title, act) {
  if (isDirty && step === "publish") return say(words("Save your draft first: what is published is what was saved."));
  for (const menu of $$("details.menu[open]")) menu.open = false;
  const asked = ++proposals;
  const dialog = $("#publish");
  dialog.dataset.will = step;
  $("#publish-title").textContent = title;
  $("#publish-now").textContent = act;
  $("#publish-now").disabled = true;
  $("#replay").replaceChildren(element("p", { class: "hint" }, words("Asking the questions of the last days again. The draft is learned for it, which may take half a minute…")));
  dialog.showModal();
  const shown = await replayed(step);
  // Closed and opened again for something else meanwhile: that one waits for its own answer.
  if (asked !== proposals) return undefined;
  $("#replay").replaceChildren(shown);
  $("#publish-now").disabled = false;
  return undefined;
}

async function replayed(step) {
  try {
    const html = await fragment(`replay?entry=${encodeURIComponent(entry())}${step === "retire" ? "&retire=1" : ""}`);
    return document.createRange().createContextualFragment(html ?? "");
  } catch (error) {
    return element("p", { class: "problem" }, inWords(error));
  }
}

async function finish() {
  const dialog = $("#publish");
  dialog.close();
  await post(path(`/${dialog.dataset.will}`), { version: seen() });
  await reload();
}

async function bringBack(to) {
  const question = to ? words("Customers get version {n} again at once. Go on?", { n: to }) : words("Customers get what the files say again at once. Go on?");
  if (!confirm(question)) return;
  await post(path("/rollback"), { to, version: seen() });
  reload();
}

async function decideOnGap(id, step) {
  const made = await post(`/faq/gaps/${id}/${step}`);
  if (step === "draft") return location.assign(`/console/knowledge/entries/${encodeURIComponent(made.id)}`);
  return refreshKnowledge();
}

async function submitted(event) {
  const submit = { entry: save, try: tryOut }[event.target.dataset.form];
  if (!submit) return;
  event.preventDefault();
  const problem = $("#entry-form > .problem");
  problem.hidden = true;
  try {
    await submit(event.target);
  } catch (error) {
    if (error instanceof Refused && error.type === CHANGED) return showOvertaken(error.author);
    problem.textContent = inWords(error);
    problem.hidden = false;
  }
}

async function save(form) {
  const body = written(form);
  const isNew = !entry();
  const saved = isNew ? await post("/faq/entries", body) : await call("PATCH", path(), { ...body, version: Number(form.dataset.version) });
  isDirty = false;
  if (isNew) return location.assign(`/console/knowledge/entries/${encodeURIComponent(saved.id)}`);
  form.dataset.version = saved.version;
  $("#note").value = "";
  $("#overtaken").hidden = true;
  await refreshKnowledge();
  return say(words("Saved as version {n}. Customers do not get it yet.", { n: saved.version }));
}

function written(form) {
  const fields = Object.fromEntries(new FormData(form));
  const wordings = {};
  for (const set of $$("fieldset.wording", form)) {
    const of = (name) => $(`[name="${name}"]`, set).value;
    const question = of("question").trim();
    wordings[set.dataset.language] = question ? { question, answer: of("answer").trim(), phrasings: lines(of("phrasings")) } : null;
  }
  return {
    wordings,
    tags: listed(fields.tags),
    follow_ups: listed(fields.follow_ups),
    valid_from: fields.valid_from || null,
    valid_until: fields.valid_until || null,
    review_by: fields.review_by || null,
    owner_id: Number(fields.owner_id) || null,
    note: fields.note.trim(),
  };
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
const listed = (text) => text.split(/[,，、]/).map((part) => part.trim()).filter(Boolean);

async function tryOut(form) {
  const text = new FormData(form).get("text").trim();
  if (!text) return;
  const asked = await post("/faq/ask", { text, draft: entry(), content: written($("#entry-form")) });
  const said = { answer: words("It is answered:"), suggest: words("These are offered:"), abstain: words("It is handed over to people.") };
  const shown = asked.decision === "answer" ? asked.candidates.slice(0, 3) : asked.candidates;
  const rows = shown.map(({ entry_id: id, question, score }) =>
    element("li", id === entry() ? { class: "own try" } : { class: "try" }, element("span", { class: "cut", title: id }, question), element("span", { class: "n" }, score.toFixed(2))),
  );
  const answer = asked.answer ? [element("blockquote", {}, asked.answer)] : [];
  $("#tried").replaceChildren(element("p", { class: "reason" }, said[asked.decision]), ...answer, element("ul", { class: "tried" }, ...rows));
  $("#tried").scrollIntoView({ block: "nearest" }); // on a phone it would lie below the edge
}

// Somebody was quicker: what is written here stays, and its writer decides.
function showOvertaken(name) {
  const theirs = element("button", { type: "button" }, words("Show theirs"));
  theirs.addEventListener("click", () => reload());
  const mine = element("button", { type: "button" }, words("Save mine after it"));
  mine.addEventListener("click", () => {
    $("#entry-form").dataset.version = sheet().dataset.newest;
    $("#entry-form").requestSubmit();
  });
  const sentence = words("{name} has saved a newer version meanwhile. What you have written is still here.", { name });
  $("#overtaken").replaceChildren(element("span", {}, sentence), theirs, mine);
  $("#overtaken").hidden = false;
  if (Number(sheet().dataset.newest) <= Number($("#entry-form").dataset.version)) refreshKnowledge().catch(() => {});
}

function reload() {
  isDirty = false;
  location.reload();
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof Refused && error.type === CHANGED) showOvertaken(error.author);
    else say(inWords(error));
  }
}
