// A chat and its composer: who is played, what they see, where their next words go.

import { drawn, wordsOf } from "./lines.js";

const LARGEST = 10 * 1024 * 1024; // bytes of all files of a message
const TOAST_SECONDS = 6;

export class Pane {
  constructor(form, texts, post) {
    this.id = form.dataset.pane;
    this.form = form;
    this.texts = texts;
    this.root = form.closest(".pane");
    this.list = this.root.querySelector(".lines");
    this.people = [...this.root.querySelectorAll(".people input")];
    this.isGroup = this.root.classList.contains("group");
    this.platform = ["telegram", "slack", "email"].find((name) => this.root.classList.contains(name));
    this.isDirect = !this.isGroup && this.people.length === 1;
    this.post = post;
    this.chats = {};
    this.target = null; // {line, kind: "answer" | "edit"}
    for (const input of this.people) input.addEventListener("change", () => this.show(this.chats));
    this.compose();
  }

  get person() {
    return this.people.find((input) => input.checked);
  }

  // What people see

  /** Draw what has changed; returns whether there is something new that others have said. */
  show(chats) {
    this.chats = chats;
    const lines = chats[this.isGroup ? this.id : `${this.id}/${this.person.value}`] ?? [];
    const known = new Set([...this.list.children].map((item) => item.dataset.line));
    const isFirst = this.list.dataset.of !== this.person.value && !this.isGroup;
    const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 48;
    this.list.dataset.of = this.person.value;
    lines.forEach((line, place) => this.draw(line, place, lines[place - 1]));
    while (this.list.children.length > lines.length) this.list.lastElementChild.remove();
    this.root.classList.toggle("has-lines", lines.length > 0);
    const fresh = lines.filter((line) => !known.has(line.id));
    if (fresh.length) this.follow(fresh, isAtEnd || isFirst);
    this.renewTarget(lines);
    if (this.platform === "email") this.suggestSubject(lines);
    return fresh.some((line) => !line.is_own) && known.size > 0;
  }

  draw(line, place, before) {
    const mine = this.person.value;
    const isOwn = line.is_own && (!this.isGroup || line.by === mine);
    const isToday = Math.abs(Date.now() / 1000 - line.at) < 43200;
    const key = JSON.stringify([line, before?.id, mine, isToday]);
    const known = this.list.children[place];
    if (known?.dataset.key === key) return;
    const author = line.author || (line.is_own ? this.person.dataset.name : this.texts.service);
    const item = drawn(line, before, {
      isOwn,
      author,
      isToday,
      texts: this.texts,
      can: { follow: this.platform !== "email", answer: this.isGroup, edit: this.platform !== "email", remove: this.isSlack },
      on: {
        press: (pressed, label) => this.press(pressed, label),
        answer: (answered) => this.aim({ line: answered, kind: "answer" }),
        edit: (edited) => this.aim({ line: edited, kind: "edit" }),
        remove: (removed) => this.act("change", { line: removed.id }),
      },
    });
    item.dataset.key = key;
    if (known) known.replaceWith(item);
    else this.list.append(item);
  }

  get isSlack() {
    return this.platform === "slack";
  }

  /** A thread far up may have grown: go there, unless somebody is reading elsewhere. */
  follow(fresh, isAtEnd) {
    const card = fresh.findLast((line) => line.buttons.length > 0);
    const line = fresh.at(-1);
    // What is typed next is about the newest card, unless something is being typed.
    if (this.isGroup && card && this.target?.kind !== "edit" && !this.form.elements.text.value) this.aim({ line: card, kind: "answer" });
    if (!isAtEnd && !line.is_own) return;
    if (this.list.lastElementChild?.dataset.line === line.id) this.list.scrollTop = this.list.scrollHeight;
    else this.list.querySelector(`[data-line="${line.id}"]`)?.scrollIntoView({ block: "nearest" });
  }

  toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
  }

  // What people do

  async act(call, body) {
    const trouble = this.form.querySelector(".trouble");
    const answer = await this.post(call, { pane: this.id, person: this.person.value, ...body });
    trouble.hidden = answer !== null;
    trouble.textContent = answer === null ? this.texts.failed : "";
    if (answer?.answer) this.toast(answer.answer);
    return answer !== null;
  }

  async press(line, label) {
    if (this.isGroup) this.aim({ line, kind: "answer" });
    await this.act("press", { line: line.id, label });
  }

  toast(text) {
    const node = this.root.querySelector(".toast");
    node.textContent = text;
    node.hidden = false;
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => (node.hidden = true), TOAST_SECONDS * 1000);
  }

  /** Where the next words go. */
  aim(target) {
    this.target = target;
    const node = this.form.querySelector(".target");
    node.hidden = !target;
    const { text } = this.form.elements;
    text.placeholder = target?.kind === "answer" && this.id.startsWith("team") ? this.texts.compose.reply : text.ariaLabel;
    for (const item of this.list.children) item.classList.toggle("aimed", item.dataset.line === target?.line.id);
    if (!target) return;
    const words = wordsOf(target.line).trim().split("\n")[0];
    node.firstElementChild.textContent = `${target.kind === "edit" ? this.texts.edits : this.texts.answers}: ${words}`;
    if (target.kind !== "edit") return;
    text.value = wordsOf(target.line);
    text.focus();
  }

  /** What is answered may have been edited meanwhile: the composer names it as it is now. */
  renewTarget(lines) {
    if (this.target?.kind !== "answer") return;
    const line = lines.find((one) => one.id === this.target.line.id);
    if (line && wordsOf(line) !== wordsOf(this.target.line)) this.aim({ line, kind: "answer" });
  }

  compose() {
    const { text, subject, files } = this.form.elements;
    this.form.querySelector(".target button").addEventListener("click", () => {
      if (this.target.kind === "edit") text.value = "";
      this.aim(null);
    });
    files.addEventListener("change", () => this.chosen());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    text.addEventListener("keydown", (event) => {
      // A mail has paragraphs; while an input method composes, Enter is its own (keyCode: Safari).
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      if (subject && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    for (const offer of this.root.querySelectorAll(".offer")) {
      offer.addEventListener("click", () => {
        text.value = offer.textContent;
        if (subject) subject.value = offer.dataset.subject;
        this.form.requestSubmit();
        text.focus();
      });
    }
  }

  async send() {
    const { text, subject, files } = this.form.elements;
    const said = text.value;
    if (!said.trim() && !files.files.length) return;
    const target = this.target;
    text.value = "";
    if (target?.kind === "edit") {
      this.aim(null);
      await this.act("change", { line: target.line.id, text: said });
      return;
    }
    const attached = await Promise.all([...files.files].map(encoded));
    files.value = "";
    this.chosen();
    const isSent = await this.act("say", { text: said, subject: subject?.value ?? "", answers: target?.line.id ?? "", files: attached });
    if (!isSent && !text.value) text.value = said;
  }

  chosen() {
    const { files } = this.form.elements;
    const names = [...files.files].map((file) => file.name);
    const isTooLarge = [...files.files].reduce((sum, file) => sum + file.size, 0) > LARGEST;
    if (isTooLarge) files.value = "";
    const node = this.form.querySelector(".chosen");
    node.hidden = !names.length;
    node.textContent = isTooLarge ? this.texts.too_large : names.join(", ");
  }

  // An answer is answered under its subject, as mail programs do it, until the person writes another one.
  suggestSubject(lines) {
    const field = this.form.elements.subject;
    const newest = lines.findLast((line) => !line.is_own);
    if (!newest || newest.id === field.dataset.suggestedBy) return;
    field.dataset.suggestedBy = newest.id;
    if (document.activeElement !== field) field.value = newest.subject;
  }
}

async function encoded(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return { name: file.name, type: file.type || "application/octet-stream", content: url.slice(url.indexOf(",") + 1) };
}
