// Keeps the three columns current and moves between conversations without loading the page.

import { fragment, inWords, signal } from "./call.js";
import { composer } from "./composer.js";
import { tick } from "./clock.js";
import { swap } from "./morph.js";
import { $, $$, say } from "./page.js";
import { words } from "./words.js";

const LIST_EVERY_MS = 400;
const PRESENT_EVERY_MS = 20_000;
const TYPING_SHOWN_MS = 6000;
const NEAR_END = 80; // pixels

class Desk {
  list = null; // what the list shows or is about to show
  listAsked = 0; // an answer to an older question must not replace a newer one
  listTimer = null;
  listAgain = false;
  refreshing = null; // the conversation's refresh that is under way, and the one after it
  refreshingNext = null;
  typingTimer = null;
  fresh = 0;
  isWriting = false;

  get root() {
    return $("#desk");
  }

  get conversation() {
    return $("#conversation");
  }

  get openId() {
    return Number(this.conversation?.dataset.id) || null;
  }

  start() {
    document.addEventListener("click", (event) => this.follow(event));
    addEventListener("popstate", () => this.goTo(location.pathname + location.search, { isBack: true }));
    document.addEventListener("visibilitychange", () => this.tellPresence());
    addEventListener("pagehide", () => signal("/console/presence", { conversation_id: null }));
    setInterval(() => this.tellPresence(), PRESENT_EVERY_MS);
    this.list = this.shownList;
    this.startSearch();
    if (this.openId) this.shown();
  }

  // Lists

  startSearch() {
    const box = $("#search");
    let timer;
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.search(box.value), 250);
    });
    box.form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      this.search(box.value).then(() => this.rows[0]?.focus());
    });
  }

  async search(text) {
    const list = { view: $("#list").dataset.home, search: text.trim(), offset: 0 };
    await this.showList(list);
    history.replaceState(null, "", this.addressOf(list));
  }

  get rows() {
    return $$("#rows a.row");
  }

  get shownList() {
    const { home, offset } = $("#list").dataset;
    return { view: home, search: $("#search").defaultValue, offset: Number(offset) };
  }

  addressOf({ view, search, offset }) {
    const query = new URLSearchParams();
    if (view !== "queue") query.set("view", view);
    if (search) query.set("search", search);
    if (offset) query.set("offset", offset);
    const path = this.openId ? `/console/conversations/${this.openId}` : "/console";
    return query.size ? `${path}?${query}` : path;
  }

  async showList(list, options) {
    this.list = list;
    const { view, search, offset } = list;
    const asked = ++this.listAsked;
    const query = new URLSearchParams({ view, search, offset, open: this.openId || "" });
    const html = await fragment(`list?${query}`, options);
    if (html === null || asked !== this.listAsked) return;
    swap(html);
    this.markOpen();
    tick();
    const waiting = $('#rail [data-view="queue"] .count')?.firstChild?.textContent;
    document.title = document.title.replace(/( \(\d+\+?\))?( · omnibot)$/, `${waiting ? ` (${waiting})` : ""}$2`);
  }

  // At most one list at a time, and a pause after each, however much happens.
  refreshList() {
    if (this.listTimer) {
      this.listAgain = true;
      return;
    }
    this.listTimer = setTimeout(() => {
      this.listTimer = null;
      if (!this.listAgain) return;
      this.listAgain = false;
      this.refreshList();
    }, LIST_EVERY_MS);
    this.showList(this.list, { isAutomatic: true }).catch(() => {});
  }

  markOpen() {
    for (const row of this.rows) {
      if (Number(row.dataset.open) === this.openId) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  move(step) {
    const rows = this.rows;
    if (!rows.length) return;
    const focused = rows.indexOf(document.activeElement);
    const at = focused >= 0 ? focused : rows.findIndex((row) => row.hasAttribute("aria-current"));
    const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  // Going from place to place

  follow(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || link.origin !== location.origin) return;
    if (!/^\/console(\/conversations\/\d+)?$/.test(link.pathname)) return;
    event.preventDefault();
    this.goTo(link.pathname + link.search);
  }

  async goTo(address, { isBack = false } = {}) {
    const url = new URL(address, location.origin);
    const id = Number(url.pathname.match(/conversations\/(\d+)/)?.[1]) || null;
    const list = {
      view: url.searchParams.get("view") || "queue",
      search: url.searchParams.get("search") || "",
      offset: Number(url.searchParams.get("offset")) || 0,
    };
    if (id && !url.searchParams.has("search") && list.view === this.list.view) Object.assign(list, this.list);
    try {
      if (id !== this.openId) await this.open(id);
      if (!isBack) history.pushState(null, "", this.addressOf(list));
      if (!this.isShown(list)) {
        $("#search").value = list.search;
        await this.showList(list);
      } else this.markOpen();
    } catch (error) {
      say(inWords(error));
    }
  }

  isShown({ view, search, offset }) {
    const now = this.list;
    return now.view === view && now.search === search && now.offset === offset;
  }

  async open(id) {
    const stage = $("#main");
    composer.keep();
    if (!id) {
      this.root.dataset.open = "";
      stage.replaceChildren(nothingOpen());
      this.tellPresence();
      return;
    }
    const html = await fragment(`conversations/${id}?view=${this.list.view}`);
    if (html === null) return say(words("There is no such conversation"));
    stage.innerHTML = html;
    this.root.dataset.open = id;
    delete document.body.dataset.context;
    const waiting = document.title.match(/ \(\d+\+?\) · omnibot$/)?.[0] ?? " · omnibot";
    document.title = this.conversation.dataset.person + waiting;
    this.shown();
  }

  shown() {
    this.fresh = 0;
    const scroll = $("#scroll");
    scroll.scrollTop = scroll.scrollHeight;
    scroll.addEventListener("scroll", () => this.isAtEnd() && this.fresh && this.catchUp());
    for (const select of $$("select[data-colleagues]")) select.replaceChildren($("#colleagues").content.cloneNode(true));
    composer.start(this.conversation);
    tick();
    this.tellPresence();
  }

  // One conversation

  // What is under way may not know yet what its second caller wants to see: that one waits for the next.
  refreshConversation() {
    if (!this.refreshing) {
      this.refreshing = this.fetchConversation().finally(() => {
        this.refreshing = null;
      });
      return this.refreshing;
    }
    this.refreshingNext ??= this.refreshing
      .catch(() => {})
      .then(() => {
        this.refreshingNext = null;
        return this.refreshConversation();
      });
    return this.refreshingNext;
  }

  async fetchConversation() {
    const id = this.openId;
    if (!id) return;
    const html = await fragment(`conversations/${id}?view=${this.list.view}`, { isAutomatic: true });
    if (html === null || id !== this.openId) return;
    const wasAtEnd = this.isAtEnd();
    const before = Number(this.conversation.dataset.seq);
    swap(html);
    this.arrived(before, wasAtEnd);
    composer.follow();
    tick();
  }

  arrived(before, wasAtEnd) {
    const lines = $$("#thread [data-seq]").filter((line) => Number(line.dataset.seq) > before);
    if (lines.some((line) => line.dataset.author === "customer")) this.showTyping(false);
    if (wasAtEnd) this.toEnd();
    if (wasAtEnd && lines.length) this.tellPresence(this.isWriting);
    else if (lines.length) this.showFresh(lines.length);
  }

  isAtEnd() {
    const scroll = $("#scroll");
    return !scroll || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END;
  }

  toEnd() {
    const scroll = $("#scroll");
    scroll.scrollTop = scroll.scrollHeight;
    this.clearFresh();
  }

  showFresh(count) {
    this.fresh += count;
    const button = $("#fresh");
    button.textContent = this.fresh === 1 ? words("1 new message ↓") : words("{n} new messages ↓", { n: this.fresh });
    button.hidden = false;
  }

  catchUp() {
    this.clearFresh();
    this.tellPresence(this.isWriting);
  }

  clearFresh() {
    this.fresh = 0;
    const button = $("#fresh");
    if (button) button.hidden = true;
  }

  async showEarlier(button) {
    const html = await fragment(`conversations/${this.openId}/earlier?before=${button.dataset.before}`);
    if (html === null) return;
    const scroll = $("#scroll");
    const fromEnd = scroll.scrollHeight - scroll.scrollTop;
    const template = document.createElement("template");
    template.innerHTML = html;
    button.replaceWith(template.content);
    scroll.scrollTop = scroll.scrollHeight - fromEnd;
  }

  // What the server says

  hear({ changed = [], typing = [], present = {} }) {
    if (changed.length) this.refreshList();
    if (changed.includes(this.openId) || changed.includes(0)) this.refreshConversation().catch(() => {});
    if (typing.some((one) => one.by_customer && one.conversation_id === this.openId)) this.showTyping(true);
    if (present[this.openId]) this.showCompany(present[this.openId]);
  }

  refreshAll() {
    this.refreshList();
    this.refreshConversation().catch(() => {});
    this.tellPresence();
  }

  showTyping(isTyping) {
    const place = $("#typing");
    if (!place) return;
    clearTimeout(this.typingTimer);
    const wasAtEnd = this.isAtEnd();
    place.textContent = isTyping ? words("{name} is typing…", { name: this.conversation.dataset.person }) : "";
    if (wasAtEnd) this.toEnd();
    if (isTyping) this.typingTimer = setTimeout(() => this.showTyping(false), TYPING_SHOWN_MS);
  }

  showCompany(people) {
    const place = $("#company");
    if (!place) return;
    const others = people.filter((person) => person.id !== Number(document.body.dataset.user));
    const sentences = others.map(({ name, writing }) =>
      writing ? words("{name} is writing", { name }) : words("{name} is here too", { name }),
    );
    place.textContent = sentences.join(" · ");
  }

  // What stands on the screen has been read, and the customer may know.
  tellPresence(writing = false) {
    this.isWriting = writing;
    const isSeen = this.openId && !document.hidden && this.isAtEnd();
    const seq = isSeen ? Number(this.conversation.dataset.seq) : 0;
    signal("/console/presence", { conversation_id: document.hidden ? null : this.openId, writing, seq });
  }
}

function nothingOpen() {
  const empty = document.createElement("div");
  empty.className = "empty";
  const title = document.createElement("h2");
  title.className = "empty-title";
  title.textContent = words("No conversation is open");
  const hint = document.createElement("p");
  hint.textContent = words("Choose one from the list.");
  empty.append(title, hint);
  return empty;
}

export const desk = new Desk();
