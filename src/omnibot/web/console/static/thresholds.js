// From which score on the bot answers: examples are tried on the server, and what follows from them is applied or not.

import { Refused, inWords, post } from "./call.js";
import { $, element, say } from "./page.js";
import { mark, words } from "./words.js";

const CHANGED = "urn:omnibot:changed";
const LARGEST_FILE = 1_000_000; // bytes
const NAMES = {
  in_force: mark("In force"),
  settings: mark("As the settings say"),
  balanced: mark("Preset: balanced"),
  strict: mark("Preset: strict"),
};

let tried; // what the last trial found, with the examples that it was asked

export function startThresholds() {
  document.addEventListener("submit", submitted);
  document.addEventListener("click", clicked);
  document.addEventListener("change", ({ target }) => target.id === "examples-file" && attempt(() => takeFile(target)));
}

async function submitted(event) {
  if (event.target.dataset.form !== "examples") return;
  event.preventDefault();
  await attempt(() => tryExamples(event.target));
}

function clicked(event) {
  const button = event.target.closest?.("[data-thresholds], #apply-thresholds");
  if (!button) return;
  if (button.id === "apply-thresholds") attempt(apply);
  else attempt(() => bringBack(Number(button.dataset.thresholds)));
}

async function attempt(work) {
  const problem = $("#examples .problem");
  if (problem) problem.hidden = true;
  try {
    await work();
  } catch (error) {
    const isLate = error instanceof Refused && error.type === CHANGED;
    const sentence = isLate ? words("{name} has set the thresholds meanwhile. Look at them, and try again.", { name: error.author }) : inWords(error);
    if (!problem) return say(sentence);
    problem.textContent = sentence;
    problem.hidden = false;
  }
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

// "question | entry", "question<tab>entry": the entry stands last.
function split(line) {
  const found = line.match(/^(.+?)\s*(?:\||\t)\s*([^|\t]+)$/);
  return found && { text: found[1].trim(), entry_id: found[2].trim() };
}

function wanted(line) {
  const found = split(line);
  if (!found) throw new Error(words("This line names no entry: {line}", { line }));
  return found;
}

// Lines of questions, or of JSON as `omnibot faq eval` reads them; what names an entry goes to the second list.
async function takeFile(input) {
  const [file] = input.files;
  input.value = "";
  if (!file) return;
  if (file.size > LARGEST_FILE) throw new Error(words("This file is too large for examples."));
  const read = lines((await file.text()).replace(/^\uFEFF/, "")).map(example);
  add("#must-not", read.filter((one) => !one.entry_id).map(({ text }) => text));
  add("#should", read.filter((one) => one.entry_id).map(({ text, entry_id: id }) => `${text} | ${id}`));
}

function example(line) {
  if (!line.startsWith("{")) return split(line) ?? { text: line, entry_id: null };
  try {
    const { text, expected } = JSON.parse(line);
    if (typeof text === "string") return { text: text.replaceAll("\n", " ").trim(), entry_id: expected ?? null };
  } catch {
    // Said below, with the line.
  }
  throw new Error(words("This line of the file cannot be read: {line}", { line: line.slice(0, 80) }));
}

function add(box, found) {
  const area = $(box);
  area.value = [...new Set([...lines(area.value), ...found])].join("\n");
}

async function tryExamples(form) {
  const data = new FormData(form);
  const body = { must_not_answer: lines(data.get("must_not")), should_answer: lines(data.get("should")).map(wanted), allow: Number(data.get("allow")) };
  if (!body.must_not_answer.length) throw new Error(words("Write one question at least that must not be answered."));
  const button = $("button", form);
  button.disabled = true;
  $("#trial").replaceChildren(element("p", { class: "hint" }, words("Asking the examples, and the entries' own phrasings of models without them. The first time that may take a minute…")));
  try {
    tried = await post("/faq/thresholds/trial", body);
    $("#trial").replaceChildren(...outcome(tried));
  } catch (error) {
    $("#trial").replaceChildren();
    throw error;
  } finally {
    button.disabled = false;
  }
}

function outcome(trial) {
  const verdict = trial.found
    ? words("Answers from {answer} on follow from these examples.", { answer: trial.found.thresholds.answer.toFixed(2) })
    : words("No threshold keeps all of them unanswered. Allow a few, or put the questions themselves into the file faq.must_not_answer.");
  return [
    element("p", { class: "verdict" }, verdict),
    ...(trial.unknown_entries.length ? [element("p", { class: "problem" }, words("Left out, for there is no such entry: {ids}", { ids: trial.unknown_entries.join(", ") }))] : []),
    table(trial),
    ...listed(words("Answered all the same"), trial.falsely_answered),
    ...listed(words("Not answered by their entry"), trial.missed),
    ...listed(words("Phrasings that would not be answered any more"), trial.lost, true),
    ...(trial.found ? [element("p", { class: "dialog-acts" }, element("button", { type: "button", class: "primary", id: "apply-thresholds" }, words("Apply for all customers")))] : []),
  ];
}

function table(trial) {
  const { must_not_answer: forbidden, should_answer: asked } = trial;
  const heads = [words("Answers from"), words("Falsely answered"), ...(asked ? [words("Right"), words("Wrong")] : []), ...(trial.rehearsed ? [words("Phrasings right"), words("Phrasings wrong")] : [])];
  const row = (name, { thresholds, false_answers: falsely, right, wrong, rehearsed }, style = "") =>
    element("tr", { class: style }, element("th", { scope: "row" }, name), ...[
      thresholds.answer.toFixed(2),
      words("{n} of {all}", { n: falsely, all: forbidden }),
      ...(asked ? [words("{n} of {all}", { n: right, all: asked }), String(wrong)] : []),
      ...(rehearsed ? [share(rehearsed.right), share(rehearsed.wrong)] : []),
    ].map((cell) => element("td", { class: "right n" }, cell)));
  const rows = Object.entries(trial.rows).map(([name, found]) => row(words(NAMES[name]), found));
  if (trial.found) rows.splice(1, 0, row(words("With these examples"), trial.found, "own"));
  const head = element("tr", {}, element("th", {}, words("Set by")), ...heads.map((title) => element("th", { class: "right" }, title)));
  const made = element("table", { class: "table thresholds" }, element("thead", {}, head), element("tbody", {}, ...rows));
  return element("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": words("What follows from the examples") }, made);
}

const share = (part) => `${(part * 100).toFixed(0)} %`;

function listed(title, found, isClosed = false) {
  if (!found.length) return [];
  const items = found.map(({ text, found: id, score, is_answered: isAnswered }) =>
    element("li", {}, element("span", {}, text), element("span", { class: "hint" }, id ? `${isAnswered ? "→" : "…"} ${id} ${score.toFixed(2)}` : words("no entry is near"))),
  );
  const box = element("details", isClosed ? {} : { open: "" }, element("summary", {}, `${title} (${found.length})`), element("ul", { class: "trial-list" }, ...items));
  return [box];
}

async function apply() {
  const { found, must_not_answer, should_answer, version } = tried;
  await post("/faq/thresholds", { ...found.thresholds, must_not_answer, should_answer, version });
  location.reload();
}

async function bringBack(to) {
  const question = to ? words("The bot answers by version {n} again at once. Go on?", { n: to }) : words("The bot answers as the settings say at once. Go on?");
  if (!confirm(question)) return;
  await post("/faq/thresholds/rollback", { to, version: Number($("#main").dataset.newest) });
  location.reload();
}
