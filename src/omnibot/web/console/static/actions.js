// What one can do, each by a name: buttons (`data-act`), keys and the palette all start it here.

import { canned } from "./canned.js";
import { call, inWords, post } from "./call.js";
import { composer } from "./composer.js";
import { desk } from "./desk.js";
import { $, element, say } from "./page.js";
import { mark, words } from "./words.js";

const HELD = "urn:omnibot:held";
const isOpen = () => desk.openId !== null;
const stands =
  (...stances) =>
  () =>
    isOpen() && stances.includes(desk.conversation.dataset.stance);

// `title` stands in the palette; without one it is a step of something else.
export const ACTIONS = {
  take: { title: mark("Take this conversation"), key: "t", can: stands("free", "bot", "closed", "held"), run: take },
  reply: { title: mark("Reply to the customer"), key: "r", can: isOpen, run: () => composer.write("reply") },
  note: { title: mark("Write a note"), key: "n", can: isOpen, run: () => composer.write("note") },
  ticket: { title: mark("Open a ticket"), key: "#", can: isOpen, run: openTicketForm },
  "hand-back": { title: mark("Give back to the bot"), key: "b", can: stands("own", "free", "held"), run: () => change("hand-back") },
  close: { title: mark("Close this conversation"), key: "e", can: stands("own", "free", "bot", "held"), run: () => change("close") },
  release: { title: mark("Put back into the queue"), can: stands("own", "held"), run: () => change("release") },
  "take-over": { can: stands("held"), run: () => assign(Number(document.body.dataset.user)) },
  "continue-at": { can: isOpen, run: goOnThere },
  split: { can: isOpen, run: splitOff },
  canned: { title: mark("Insert a ready-made reply"), can: isOpen, run: () => canned.toggle() },
  context: { title: mark("About the customer"), key: "i", can: isOpen, run: toggleContext },
  back: { can: () => true, run: () => desk.goTo($(".bar-back").getAttribute("href")) },
  newest: { can: isOpen, run: () => desk.toEnd() },
  earlier: { can: isOpen, run: (button) => desk.showEarlier(button) },
  "wrong-answer": { can: isOpen, run: markWrong },
  jump: { can: isOpen, run: jump },
  search: { title: mark("Search"), key: "/", can: () => $("#search") !== null, run: () => $("#search").select() ?? $("#search").focus() },
  help: { title: mark("Keys"), key: "?", can: () => true, run: () => $("#help").showModal() },
};

export function startActions() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-act]");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    act(button.dataset.act, button);
  });
  document.addEventListener("submit", submitted);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#context [data-ticket]");
    if (button) changeTicket(button.dataset.ticket, button.dataset.event);
  });
}

let begun = 0; // actions so far, and leaving a box is one

export async function act(name, button) {
  const action = ACTIONS[name];
  if (!action?.can()) return;
  begun += 1;
  try {
    await action.run(button);
  } catch (error) {
    say(inWords(error));
  }
}

export function goOn() {
  begun += 1;
}

// Whoever does the next thing before the answer is here is not pulled back into the reply: what is typed would go to the customer.
async function take() {
  const [mine, focused] = [begun, document.activeElement];
  await change("take");
  const hasGoneOn = begun !== mine || ![focused, document.body].includes(document.activeElement);
  if (desk.conversation?.dataset.stance === "own" && !hasGoneOn) composer.write("reply");
}

// One call, and the truth afterwards, whatever the answer was.
async function change(verb, body = {}) {
  const id = desk.openId;
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  clearConflict();
  try {
    await post(`/conversations/${id}/${verb}`, body);
  } catch (error) {
    if (error.type !== HELD) throw error;
    showConflict(error);
  } finally {
    desk.refreshList();
    if (id === desk.openId) await desk.refreshConversation().catch(() => {});
  }
}

const assign = (agentId) => change("assign", { agent_id: agentId });

// The conversation goes on at another address of the same customer, and so do we.
async function goOnThere({ dataset: { channel, chat } }) {
  const moved = await post(`/conversations/${desk.openId}/continue-at`, { channel, chat });
  await desk.goTo(`/console/conversations/${moved.conversation.id}`);
}

// What the mail asks waits in the new conversation; that is where the agent goes on.
async function splitOff({ dataset: { seq } }) {
  clearConflict();
  try {
    const made = await post(`/conversations/${desk.openId}/messages/${seq}/split`, {});
    await desk.goTo(`/console/conversations/${made.conversation_id}`);
  } catch (error) {
    if (error.type !== HELD) throw error;
    showConflict(error);
  }
}

function showConflict({ agent_name: name }) {
  const dismiss = element("button", { type: "button", class: "quiet" }, words("All right"));
  dismiss.addEventListener("click", clearConflict);
  $("#conflict").replaceChildren(element("span", {}, words("{name} has it: somebody was quicker.", { name })), dismiss);
}

function clearConflict() {
  $("#conflict")?.replaceChildren();
}

function toggleContext() {
  const isFolded = !("context" in document.body.dataset);
  if (isFolded) document.body.dataset.context = "";
  else delete document.body.dataset.context;
  $(".context-switch").setAttribute("aria-expanded", String(isFolded));
  if (isFolded) $("#context").focus();
}

function openTicketForm() {
  if (getComputedStyle($("#context")).display === "none") toggleContext();
  $("#open-ticket").open = true;
  $("#ticket-subject").focus();
}

// Whoever says that an answer is wrong goes on to mend it.
async function markWrong(button) {
  const id = desk.openId;
  await post("/faq/wrong-answers", { conversation_id: id, seq: Number(button.dataset.seq) });
  location.assign(`/console/knowledge/entries/${encodeURIComponent(button.dataset.entry)}?from=${id}`);
}

function jump(link) {
  const line = $(`#thread [data-key="${link.dataset.seq}"]`);
  line?.scrollIntoView({ block: "center" });
  const why = line && $("details.why", line);
  if (why) why.open = true;
}

async function submitted(event) {
  const form = event.target;
  const kinds = { ticket: submitTicket, assign: submitAssign };
  const submit = kinds[form.dataset.form];
  if (!submit) return;
  event.preventDefault();
  const problem = $(".problem", form);
  try {
    await submit(form);
  } catch (error) {
    if (!problem) return say(inWords(error));
    problem.textContent = inWords(error);
    problem.hidden = false;
  }
}

async function submitTicket(form) {
  const { subject, description, priority } = Object.fromEntries(new FormData(form));
  const body = { conversation_id: desk.openId, subject, description, priority };
  const opened = await post("/tickets", body);
  form.reset();
  $(".problem", form).hidden = true;
  $("#open-ticket").open = false;
  say(words("Ticket {number} is open; the customer has been told.", { number: opened.ticket.number }));
  await desk.refreshConversation();
  desk.refreshList();
}

async function submitAssign(form) {
  const id = Number(new FormData(form).get("agent_id"));
  if (id) await assign(id);
}

async function changeTicket(number, kind) {
  try {
    await changed(number, kind);
    await desk.refreshConversation();
  } catch (error) {
    say(inWords(error));
  }
}

export function changed(number, kind, text = "") {
  if (kind === "resolve" || kind === "reopen") return post(`/tickets/${number}/${kind}`, { text });
  return post(`/tickets/${number}/events`, { kind, text });
}

export { call };
