// All roles on one page: shows what people see on each platform, as the demo's server tells it, and does what they do there.

import { Pane } from "./pane.js";
import { made } from "./lines.js";

const language = document.documentElement.lang;
const texts = JSON.parse(document.body.dataset.texts);
const query = `?lang=${language}`;
const phone = matchMedia("(max-width: 699px)");

async function post(call, body) {
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`/${call}${query}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) return null;
    return answer.status === 204 ? {} : await answer.json();
  } catch {
    return null;
  }
}

const panes = [...document.querySelectorAll("form")].map((form) => new Pane(form, texts, post));

// What people see

const stream = new EventSource(`/events${query}`);
const lost = document.querySelector(".lost");
stream.onopen = () => (lost.hidden = true);
stream.onerror = () => (lost.hidden = false);
stream.onmessage = ({ data }) => {
  const { now, ahead, chats } = JSON.parse(data);
  tell(now, ahead);
  for (const pane of panes) {
    const hasNews = pane.show(chats);
    const tab = document.getElementById(`tab-${pane.id}`);
    if (hasNews && tab.getAttribute("aria-selected") === "false") tab.classList.add("news");
  }
};

// The time machine

const time = document.querySelector(".clock time");
const aheadLabel = document.querySelector(".ahead");
const wall = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
let offset = 0;

function tell(now, ahead) {
  offset = now * 1000 - Date.now();
  const days = Math.floor(ahead / 86400);
  const rest = ahead % 86400;
  const [hours, minutes] = [Math.floor(rest / 3600), Math.floor((rest % 3600) / 60)];
  const unit = (count, name) => (count ? new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "narrow" }).format(count) : "");
  const said = [unit(days, "day"), unit(hours, "hour"), unit(minutes, "minute")].filter(Boolean).join(" ");
  aheadLabel.hidden = !ahead;
  aheadLabel.textContent = texts.ahead.replace("{n}", said);
  tick();
}

function tick() {
  time.textContent = wall.format(Date.now() + offset);
}

setInterval(tick, 1000);
for (const button of document.querySelectorAll("[data-minutes]")) {
  button.addEventListener("click", () => post("clock", { minutes: Number(button.dataset.minutes) }));
}

// One side or all of them

const sides = [...document.querySelectorAll(".sides button")];
for (const button of sides) button.addEventListener("click", () => (location.hash = button.dataset.show));

function show() {
  const wanted = location.hash.slice(1);
  const known = sides.some((button) => button.dataset.show === wanted) ? wanted : "all";
  const shown = known === "all" && phone.matches ? "customers" : known;
  document.body.dataset.show = shown;
  for (const button of sides) button.setAttribute("aria-pressed", String(button.dataset.show === shown));
  for (const pane of panes) pane.toEnd();
}

addEventListener("hashchange", show);
phone.addEventListener("change", show);
show();

// The tabs of a side

for (const list of document.querySelectorAll("[role=tablist]")) {
  const tabs = [...list.children];
  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tabs, tab));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      choose(tabs, next);
      next.focus();
    });
    tab.append(made("span", "dot"));
  }
}

function choose(tabs, tab) {
  for (const other of tabs) {
    const isChosen = other === tab;
    other.setAttribute("aria-selected", String(isChosen));
    other.tabIndex = isChosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).classList.toggle("shown", isChosen);
  }
  tab.classList.remove("news");
  panes.find((pane) => `tab-${pane.id}` === tab.id)?.toEnd();
}
