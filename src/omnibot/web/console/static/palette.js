// Everything by name: what one can do here, where one can go, and a search.

import { ACTIONS, act } from "./actions.js";
import { desk } from "./desk.js";
import { $, $$, element, isComposing } from "./page.js";
import { words } from "./words.js";

let found = [];
let chosen = 0;

export function startPalette() {
  const box = $("#palette-text");
  box.addEventListener("input", () => draw(box.value));
  box.addEventListener("keydown", pressed);
  $("#palette").addEventListener("click", (event) => event.target === $("#palette") && $("#palette").close());
}

export function openPalette() {
  const palette = $("#palette");
  if (palette.open) return palette.close();
  $("#palette-text").value = "";
  draw("");
  return palette.showModal();
}

function everything(text) {
  const actions = Object.entries(ACTIONS)
    .filter(([, action]) => action.title && action.can())
    .map(([name, action]) => ({ title: words(action.title), hint: action.key?.toUpperCase() ?? "", run: () => act(name) }));
  const places = $$("#rail a.rail-item").map((link) => ({
    title: $(".rail-name", link).textContent,
    hint: words("go there"),
    run: () => link.click(),
  }));
  const rows = $$("#rows a.row").map((row) => ({
    title: $(".row-who", row).textContent,
    hint: $(".row-preview", row).textContent,
    run: () => row.click(),
  }));
  return [...actions, ...places, ...(text ? rows : [])];
}

function draw(text) {
  const wanted = text.trim().toLowerCase();
  found = everything(wanted).filter(({ title, hint }) => `${title} ${hint}`.toLowerCase().includes(wanted));
  if (wanted) found.push({ title: words("Search everything for “{text}”", { text: text.trim() }), hint: "", run: () => search(text.trim()) });
  chosen = 0;
  $("#palette-list").replaceChildren(...found.map(option));
  markChosen();
}

function option({ title, hint }, at) {
  const made = element("li", { role: "option", id: `palette-${at}` });
  made.append(element("span", { class: "cut" }, title), element("span", { class: "hint" }, hint.slice(0, 40)));
  made.addEventListener("click", () => run(at));
  return made;
}

function markChosen() {
  for (const [at, one] of $$("#palette-list li").entries()) one.setAttribute("aria-selected", String(at === chosen));
  $("#palette-text").setAttribute("aria-activedescendant", `palette-${chosen}`);
  $(`#palette-${chosen}`)?.scrollIntoView({ block: "nearest" });
}

function pressed(event) {
  if (isComposing(event)) return;
  if (event.key === "Enter") run(chosen);
  else if (event.key === "ArrowDown") chosen = (chosen + 1) % found.length;
  else if (event.key === "ArrowUp") chosen = (chosen + found.length - 1) % found.length;
  else return;
  event.preventDefault();
  if ($("#palette").open) markChosen();
}

function run(at) {
  $("#palette").close();
  found[at]?.run();
}

function search(text) {
  if (!$("#desk")) return location.assign(`/console?search=${encodeURIComponent(text)}`);
  $("#search").value = text;
  return desk.search(text);
}
