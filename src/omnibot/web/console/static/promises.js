// What people decide about promises, wherever one stands; and the offer to hold what was just said as one.

import { call, inWords, post } from "./call.js";
import { $, element, say } from "./page.js";
import { words } from "./words.js";

// `refresh` draws the page anew.
export function startPromises(refresh) {
  const decide = async (place, verb, body) => {
    const id = place.closest("[data-promise]").dataset.promise;
    const problem = $(".problem", place);
    try {
      await post(`/promises/${id}/${verb}`, body);
      await refresh();
    } catch (error) {
      if (!problem) return say(inWords(error));
      problem.textContent = inWords(error);
      problem.hidden = false;
    }
    return undefined;
  };
  // Policies have changed since the clock began: what that would make of it is shown before anything happens.
  const replan = async (button) => {
    try {
      const then = await call("GET", `/promises/${button.closest("[data-promise]").dataset.promise}/replan`);
      const [before, after] = [then.due_at, then.due_at_then].map((at) => new Date(at).toLocaleString());
      const question = words("By the policy as it is now, this is due {after} instead of {before}.", { before, after });
      const late = then.is_over ? ` ${words("It would be broken at once.")}` : "";
      if (confirm(`${question}${late} ${words("Plan it anew?")}`)) await decide(button, "replan", undefined);
    } catch (error) {
      say(inWords(error));
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-vow], [data-replan]");
    if (!button) return;
    if (button.dataset.vow) decide(button, button.dataset.vow, undefined);
    else replan(button);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const { due_at: due, reason } = Object.fromEntries(new FormData(form));
    const bodies = {
      "promise-move": () => ["move", { due_at: instant(due), reason }],
      "promise-waive": () => ["waive", { reason }],
    };
    const body = bodies[form.dataset.form];
    if (!body) return;
    event.preventDefault();
    decide(form, ...body());
  });
}

// What the reply promised, offered with the time as it was understood; one click makes it a promise.
export function offer(conversation, offers, refresh) {
  const place = $("#offers");
  place.replaceChildren(...offers.map((found) => row(conversation, found, refresh)));
  place.hidden = !offers.length;
}

function row(conversation, { text, due_at: due }, refresh) {
  const when = element("input", { type: "datetime-local", "aria-label": words("Due"), value: wall(due) });
  const hold = element("button", { type: "button", class: "primary" }, words("Hold as a promise"));
  const no = element("button", { type: "button", class: "quiet" }, words("No promise"));
  const made = element("div", { class: "offer" }, element("p", {}, words("You promised something: “{text}”", { text })), when, hold, no);
  const leave = () => {
    made.remove();
    if (!$("#offers").children.length) $("#offers").hidden = true;
  };
  no.addEventListener("click", leave);
  hold.addEventListener("click", async () => {
    try {
      await post(`/conversations/${conversation}/promises`, { text, due_at: instant(when.value) });
      leave();
      await refresh();
    } catch (error) {
      say(inWords(error));
    }
  });
  return made;
}

// The reader's wall clock, to and fro.
function wall(iso) {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const instant = (local) => new Date(local).toISOString();
