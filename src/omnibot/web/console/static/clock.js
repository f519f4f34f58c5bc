// Lets the relative times on the page go on; `times.py` wrote them first, in the same words.

import { $$ } from "./page.js";
import { words } from "./words.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TICK_MS = 10_000;

export function startClocks() {
  rememberZone();
  setInterval(tick, TICK_MS);
}

export function tick() {
  for (const time of $$("time[data-time]")) write(time, (Date.parse(time.dateTime) - Date.now()) / 1000);
}

function write(time, ahead) {
  if (time.dataset.time === "left") return writeLeft(time, ahead);
  const passed = -ahead;
  if (time.dataset.time === "span") return setText(time, span(passed));
  if (passed < DAY) setText(time, passed < MINUTE ? words("now") : span(passed));
}

function writeLeft(time, ahead) {
  const state = ahead <= 0 ? "over" : ahead <= Number(time.dataset.soon) ? "soon" : "ok";
  setText(time, ahead <= 0 ? words("{span} over", { span: span(-ahead) }) : words("{span} left", { span: span(ahead) }));
  for (const name of ["ok", "soon", "over"]) time.classList.toggle(name, name === state);
}

function span(seconds) {
  if (seconds < MINUTE) return words("<1 min");
  if (seconds < HOUR) return words("{n} min", { n: Math.floor(seconds / MINUTE) });
  if (seconds < 2 * DAY) return words("{n} h", { n: Math.floor(seconds / HOUR) });
  return words("{n} d", { n: Math.floor(seconds / DAY) });
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// The server writes times of day in the reader's zone from the next page on.
function rememberZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `omnibot_zone=${zone}; path=/console; max-age=31536000; samesite=lax`;
}
