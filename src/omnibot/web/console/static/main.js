// What runs on every page of the console.

import { act, startActions } from "./actions.js";
import { startClocks, tick } from "./clock.js";
import { desk } from "./desk.js";
import { isKnowledge, startKnowledge } from "./knowledge.js";
import { startKeys } from "./keys.js";
import { listen } from "./live.js";
import { startPalette } from "./palette.js";
import { $, $$, store } from "./page.js";
import { startPromises } from "./promises.js";
import { refresh, refreshSheet, startSheets } from "./sheets.js";
import { startThresholds } from "./thresholds.js";

function startTheme() {
  for (const radio of $$("#theme input")) {
    radio.checked = radio.value === (store.get("omnibot.theme") || "system");
    radio.addEventListener("change", () => chooseTheme(radio.value));
  }
}

function chooseTheme(theme) {
  store.set("omnibot.theme", theme === "system" ? "" : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function closeMenus(event) {
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
}

startClocks();
startTheme();
startActions();
startKeys(act);
startPalette();
document.addEventListener("click", closeMenus);
if ($("#desk")) desk.start();
else startSheets();
startPromises(() => ($("#desk") ? desk.refreshConversation() : refresh()));
if (isKnowledge()) startKnowledge();
if ($("#main")?.dataset.page === "thresholds") startThresholds();
listen({
  onNews: (news) => ($("#desk") ? desk.hear(news) : refreshSheet(news)),
  onReturn: () => ($("#desk") ? desk.refreshAll() : refreshSheet(null)),
});
tick();
$("#rail [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" }); // a phone shows a part of the rail
document.documentElement.dataset.ready = "";
