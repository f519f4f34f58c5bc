// The box in which replies and notes are written. A draft is kept for each conversation and mode, and is let go only when
// the server has taken it. A reply to words that nobody has read is held back and shown with a way out.

import { Unreached, inWords, post, signal, upload } from "./call.js";
import { canned } from "./canned.js";
import { desk } from "./desk.js";
import { $, $$, element, isComposing, store } from "./page.js";
import { offer } from "./promises.js";
import { words } from "./words.js";

const TYPING_EVERY_MS = 3000;
const CLEAR_AFTER_MS = 200; // stay until the transcript shows it

class Composer {
  root = null; // the conversation
  seen = 0; // the newest line that was there when the draft was last touched
  attempt = null; // {text, clientId} of a reply that may or may not have arrived
  isSending = false;
  told = 0;
  files = []; // {id, name} that go with the next reply

  get form() {
    return $("#composer");
  }

  get box() {
    return $("#text");
  }

  get mode() {
    return this.form.dataset.mode;
  }

  get stance() {
    return this.root.dataset.stance;
  }

  start(conversation) {
    this.root = conversation;
    this.attempt = null;
    this.isSending = false;
    this.files = [];
    this.showFiles();
    this.showCopies();
    for (const offer of $$("[data-copy]", this.form)) offer.addEventListener("click", () => this.copyTo(offer.dataset.copy));
    $("#attach").addEventListener("change", (event) => this.attach(event.target));
    this.box.addEventListener("input", () => this.changed());
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    for (const tab of $$(".tab", this.form)) tab.addEventListener("click", () => this.write(tab.dataset.mode));
    this.choose(this.stance === "held" ? "note" : "reply");
  }

  // The conversation is about to leave the screen.
  keep() {
    if (this.form) this.save();
  }

  // The conversation was refreshed under the draft.
  follow() {
    if (this.stance === "held" && this.mode === "reply" && !this.box.value) this.choose("note");
    if (!this.box.value) this.seen = this.newest;
  }

  get newest() {
    return Number(this.root.dataset.seq);
  }

  keyOf(part, id = this.root.dataset.id) {
    return `omnibot.draft.${document.body.dataset.user}.${id}.${part}`;
  }

  save() {
    store.set(this.keyOf(this.mode), this.box.value);
  }

  write(mode) {
    if (mode === "reply" && this.stance === "held") mode = "note";
    if (mode !== this.mode) {
      this.save();
      this.choose(mode);
    }
    this.box.focus();
  }

  choose(mode) {
    this.form.dataset.mode = mode;
    for (const tab of $$(".tab", this.form)) tab.setAttribute("aria-pressed", String(tab.dataset.mode === mode));
    $("#text-label").textContent = mode === "note" ? words("Note for colleagues") : words("Reply to the customer");
    this.box.placeholder =
      mode === "note" ? words("Only colleagues see this") : words("Write to {name}", { name: this.root.dataset.person });
    $(".send", this.form).textContent = mode === "note" ? words("Keep the note") : words("Send");
    this.box.value = store.get(this.keyOf(mode)) || "";
    this.seen = this.newest;
    this.release();
    this.fit();
  }

  changed() {
    this.save();
    this.seen = this.newest;
    if (!this.held.hidden) this.release();
    this.fit();
    if (this.mode === "reply" && /^\/\S*$/.test(this.box.value)) canned.show(this.box.value.slice(1));
    else canned.hide();
    this.tellTyping();
  }

  // Browsers without `field-sizing`.
  fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.box.rows = Math.min(12, Math.max(2, this.box.value.split("\n").length));
  }

  tellTyping() {
    if (!this.box.value.trim() || Date.now() - this.told < TYPING_EVERY_MS) return;
    this.told = Date.now();
    desk.tellPresence(true);
    if (this.mode === "reply" && this.stance === "own") signal(`/api/v1/conversations/${this.root.dataset.id}/typing`, {});
  }

  pressed(event) {
    if (isComposing(event)) return;
    if (canned.isOpen && canned.pressed(event)) return;
    if (event.key === "Escape") return this.leave(event);
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.send();
  }

  leave(event) {
    event.preventDefault();
    this.box.blur();
    ($("#rows a.row[aria-current]") || $("#rows a.row"))?.focus({ preventScroll: true });
  }

  async attach(input) {
    const conversation = this.root.dataset.id;
    const chosen = [...input.files];
    input.value = "";
    for (const file of chosen) {
      $("#text-state").textContent = words("Uploading {name}…", { name: file.name });
      try {
        const id = await upload(conversation, file);
        if (this.root.dataset.id === conversation) this.files.push({ id, name: file.name });
      } catch (error) {
        if (this.root.dataset.id === conversation) this.warn(inWords(error));
      }
    }
    $("#text-state").textContent = "";
    this.showFiles();
    this.box.focus();
  }

  showFiles() {
    const list = $("#attached");
    list.hidden = !this.files.length;
    list.replaceChildren(
      ...this.files.map((file) => {
        const drop = button("×", () => {
          this.files = this.files.filter((other) => other !== file);
          this.showFiles();
        });
        drop.setAttribute("aria-label", words("Remove {name}", { name: file.name }));
        return element("li", { class: "file" }, file.name, drop);
      }),
    );
  }

  insert(text) {
    const isCommand = /^\/\S*$/.test(this.box.value);
    const from = isCommand ? 0 : this.box.selectionStart;
    const to = isCommand ? this.box.value.length : this.box.selectionEnd;
    this.box.focus();
    this.box.setRangeText(text, from, to, "end");
    this.changed();
  }

  async send() {
    const text = this.box.value;
    if (!text.trim() || this.isSending) return;
    const { id } = this.root.dataset;
    const mode = this.mode;
    const key = this.keyOf(mode);
    if (this.attempt?.text !== text) this.attempt = { text, clientId: crypto.randomUUID() };
    this.sending(true);
    try {
      const { offers } = await post(`/conversations/${id}/messages`, this.bodyOf(mode, text));
      this.attempt = null;
      this.sent(id, key, text, mode);
      if (this.root.dataset.id === id) offer(id, offers, () => desk.refreshConversation());
    } catch (error) {
      if (this.root.dataset.id === id) this.refused(error);
    } finally {
      if (this.root.dataset.id === id) this.sending(false);
    }
  }

  get copyFields() {
    return $$("#copies input", this.form);
  }

  // Who gets a copy is part of the draft.
  showCopies() {
    for (const field of this.copyFields) {
      field.value = store.get(this.keyOf(field.id)) || "";
      field.addEventListener("input", () => this.keepCopies());
      if (field.value) $("#copies").open = true;
    }
  }

  keepCopies() {
    for (const field of this.copyFields) store.set(this.keyOf(field.id), field.value);
  }

  copyTo(address) {
    const field = $("#cc");
    if (!listed(field).includes(address)) field.value = [...listed(field), address].join(", ");
    this.keepCopies();
    field.focus();
  }

  bodyOf(mode, text) {
    if (mode === "note") return { text, internal: true };
    const files = this.files.map(({ id }) => id);
    const copies = $("#copies") ? { cc: listed($("#cc")), bcc: listed($("#bcc")) } : {};
    return { text, client_id: this.attempt.clientId, seen_seq: this.seen, ...(files.length && { files }), ...copies };
  }

  // What was typed on while it was sent stays.
  sent(id, key, text, mode) {
    if (mode === "reply") for (const field of ["cc", "bcc"]) store.set(this.keyOf(field, id), "");
    if (this.root.dataset.id !== id) return store.set(key, "");
    const rest = this.box.value.startsWith(text) ? this.box.value.slice(text.length) : this.box.value;
    this.box.value = rest;
    if (mode === "reply") this.forgetCompany();
    this.showFiles();
    store.set(key, rest);
    this.release();
    this.fit();
    desk.refreshConversation().then(() => {
      this.seen = this.newest;
      desk.toEnd();
    }, () => {});
    desk.refreshList();
    return undefined;
  }

  // What goes with one reply only.
  forgetCompany() {
    this.files = [];
    for (const field of this.copyFields) field.value = "";
    if ($("#copies")) $("#copies").open = false;
  }

  sending(isSending) {
    this.isSending = isSending;
    setTimeout(() => {
      $("#text-state").textContent = this.isSending ? words("Sending…") : "";
    }, CLEAR_AFTER_MS);
  }

  get held() {
    return $("#held");
  }

  release() {
    this.held.hidden = true;
    this.held.replaceChildren();
  }

  refused(error) {
    $("#text-state").textContent = "";
    if (error.type === "urn:omnibot:stale") return this.hold(error);
    if (error.type === "urn:omnibot:held") {
      this.warn(words("{name} has this conversation now. Your reply was not sent; it is kept here.", { name: error.agent_name }));
      desk.refreshAll();
      return undefined;
    }
    const again = button(words("Try again"), () => this.send());
    const isUnsure = error instanceof Unreached;
    return this.warn(isUnsure ? words("No answer from the server. Your text is kept; trying again never sends it twice.") : inWords(error), again);
  }

  async hold(error) {
    this.warn(
      words("The customer wrote while you were typing. Your reply is held; read the new lines first."),
      button(words("Send anyway"), () => this.sendAnyway(error.newest_seq), "primary"),
      button(words("Keep editing"), () => this.goOn(error.newest_seq)),
    );
    await desk.refreshConversation().catch(() => {});
    desk.toEnd();
  }

  sendAnyway(newest) {
    this.seen = Math.max(newest, this.newest);
    this.release();
    this.send();
  }

  goOn(newest) {
    this.seen = Math.max(newest, this.newest);
    this.release();
    this.box.focus();
  }

  warn(sentence, ...ways) {
    this.held.replaceChildren(element("p", {}, sentence), ...ways);
    this.held.hidden = false;
  }
}

function listed(field) {
  return field.value.split(/[\s,;，；]+/).filter(Boolean);
}

function button(text, act, kind = "") {
  const made = element("button", { type: "button", class: kind }, text);
  made.addEventListener("click", act);
  return made;
}

export const composer = new Composer();
