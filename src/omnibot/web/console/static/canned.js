// Ready-made replies: opened by `/` in an empty reply or by the button, filtered while one types, inserted by Enter.

import { call } from "./call.js";
import { composer } from "./composer.js";
import { $, $$, element } from "./page.js";
import { words } from "./words.js";

class Canned {
  replies = null;
  chosen = 0;

  get box() {
    return $("#canned");
  }

  get isOpen() {
    return this.box !== null && !this.box.hidden;
  }

  async all() {
    this.replies ??= (await call("GET", "/canned-replies")).items;
    return this.replies;
  }

  async toggle() {
    if (this.isOpen) return this.hide();
    composer.box.focus();
    return this.show("");
  }

  async show(filter) {
    const language = $("#conversation").dataset.language;
    const wanted = filter.toLowerCase();
    const found = (await this.all())
      .filter((reply) => `${reply.title}\n${reply.text}`.toLowerCase().includes(wanted))
      .sort((a, b) => (b.language === language) - (a.language === language));
    this.draw(found.slice(0, 30));
  }

  draw(found) {
    this.chosen = 0;
    this.box.replaceChildren(found.length ? this.list(found) : nothing());
    this.box.hidden = false;
    this.markChosen();
  }

  list(found) {
    const list = element("ul", { role: "listbox", id: "canned-list", "aria-label": words("Ready-made replies") });
    for (const [at, reply] of found.entries()) {
      const option = element("li", { role: "option", id: `canned-${at}`, title: reply.text });
      option.append(
        element("strong", {}, reply.title),
        element("span", { class: "cut hint" }, reply.text.replace(/\s+/g, " ")),
        element("span", { class: "hint" }, reply.language),
      );
      option.addEventListener("mousedown", (event) => event.preventDefault());
      option.addEventListener("click", () => this.insert(reply.text));
      option.insertion = reply.text;
      list.append(option);
    }
    return list;
  }

  get options() {
    return $$('[role="option"]', this.box);
  }

  markChosen() {
    for (const [at, option] of this.options.entries()) option.setAttribute("aria-selected", String(at === this.chosen));
    const option = this.options[this.chosen];
    option?.scrollIntoView({ block: "nearest" });
    if (option) composer.box.setAttribute("aria-activedescendant", option.id);
  }

  // Whether the key was for us.
  pressed(event) {
    const { options } = this;
    if (event.key === "Escape") this.hide();
    else if (event.key === "ArrowDown" && options.length) this.chosen = (this.chosen + 1) % options.length;
    else if (event.key === "ArrowUp" && options.length) this.chosen = (this.chosen + options.length - 1) % options.length;
    else if (event.key === "Enter" && options.length && !event.shiftKey) this.insert(options[this.chosen].insertion);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    if (this.isOpen) this.markChosen();
    return true;
  }

  insert(text) {
    this.hide();
    composer.insert(text);
  }

  hide() {
    if (!this.box) return;
    this.box.hidden = true;
    composer.box.removeAttribute("aria-activedescendant");
  }
}

function nothing() {
  return element("p", { class: "empty" }, words("No ready-made reply fits. Supervisors add them under Manage."));
}

export const canned = new Canned();
