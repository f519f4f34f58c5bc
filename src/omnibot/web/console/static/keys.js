// Keys. They rest while somebody types, while an input method composes, and while a dialog is open.

import { ACTIONS, goOn } from "./actions.js";
import { desk } from "./desk.js";
import { $, $$, isComposing, isEditing } from "./page.js";
import { openPalette } from "./palette.js";

// What Chinese keyboards write where others write ASCII.
const PLAIN = { "？": "?", "／": "/", "、": "/", "＃": "#" };

export function startKeys(act) {
  document.addEventListener("keydown", (event) => pressed(event, act));
}

function pressed(event, act) {
  if (isComposing(event) || event.defaultPrevented) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return openPalette();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return undefined;
  if (event.key === "Escape") return leave(event);
  if (isEditing(event.target)) return undefined;
  const key = PLAIN[event.key] ?? event.key;
  return move(event, key) || start(event, key.length === 1 ? key.toLowerCase() : key, act);
}

function leave(event) {
  goOn();
  const menu = $("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if ("context" in document.body.dataset) ACTIONS.context.run();
  else if (event.target.id === "search") event.target.blur();
  else if (isEditing(event.target)) event.target.blur();
}

function move(event, key) {
  const step = { j: 1, k: -1 }[key];
  if (!step) return false;
  event.preventDefault();
  if ($("#desk")) desk.move(step);
  else moveInTable(step);
  return true;
}

function moveInTable(step) {
  const links = $$("#rows a.row-link");
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + step))]?.focus();
}

function start(event, key, act) {
  const name = Object.keys(ACTIONS).find((one) => ACTIONS[one].key === key);
  if (!name || !ACTIONS[name].can()) return;
  event.preventDefault();
  act(name);
}
