// Tickets, team: pages beside the desk. They send what is done and draw themselves anew.

import { changed } from "./actions.js";
import { call, fragment, inWords, post } from "./call.js";
import { tick } from "./clock.js";
import { decideIncident, joinIncidents, submitIncident } from "./incidents.js";
import { swap } from "./morph.js";
import { isKnowledge, refreshKnowledge } from "./knowledge.js";
import { $, element, say } from "./page.js";
import { mark, words } from "./words.js";

const KNOWLEDGE = 0; // stands for what the bot knows where conversations are named

const FORMS = {
  remark: submitRemark,
  "ticket-assign": (form) => assign({ agent_id: Number(new FormData(form).get("agent_id")) }),
  "ticket-pass-on": passOn,
  "ticket-priority": (form) => addEvent("prioritise", new FormData(form).get("priority")),
  user: addUser,
  token: addToken,
  canned: addCanned,
  "group-code": addGroupCode,
  "member-code": addMemberCode,
  dealer: addDealer,
  "dealer-code": handOutCode,
  rung: setRung,
  duty: addDuty,
  "one-way-group": addOneWayGroup,
  "group-address": moveGroup,
  incident: (form, submitter) => submitIncident(form, submitter).then(() => refresh()),
  "incident-join": (form) => joinIncidents(form).then(() => refresh()),
  "dealer-change": changeDealer,
  "ticket-slots": offerTimes,
};

const sheet = () => $("#main");
const number = () => sheet().dataset.number;

export function startSheets() {
  document.addEventListener("submit", submitted);
  document.addEventListener("click", clicked);
}

let timer;

// Something changed somewhere: tickets tell nobody their number, so what is shown is fetched.
export function refreshSheet(news) {
  if (news && !news.changed?.length) return;
  if (isKnowledge() && news && !news.changed.includes(KNOWLEDGE)) return;
  clearTimeout(timer);
  timer = setTimeout(() => refresh({ isAutomatic: true }).catch(() => {}), 400);
}

export async function refresh(options) {
  const { page } = sheet().dataset;
  if (isKnowledge()) return refreshKnowledge(options);
  const address = { incidents: `incidents${location.search}`, promises: `promises${location.search}`, bookings: `bookings${location.search}`, tickets: `tickets${location.search}`, ticket: `tickets/${number()}` }[page];
  const html = await fragment(address ?? `rail?place=${document.body.dataset.place}`, options);
  if (html) swap(html);
  tick();
}

async function submitted(event) {
  const form = event.target;
  const submit = FORMS[form.dataset.form];
  if (!submit) return;
  event.preventDefault();
  const problem = $(".problem", form);
  if (problem) problem.hidden = true;
  await attempt(() => submit(form, event.submitter), problem);
}

async function attempt(work, problem) {
  try {
    await work();
  } catch (error) {
    if (!problem) return say(inWords(error));
    problem.textContent = inWords(error);
    problem.hidden = false;
  }
}

function clicked(event) {
  const button = event.target.closest?.("[data-event], [data-assign], [data-remove], [data-incident-verb], [data-visit], [data-try], [data-alert], [data-code-for], [data-off-duty]");
  if (!button) return;
  const { event: kind, assign: user, remove } = button.dataset;
  if (button.dataset.incidentVerb) attempt(() => decideIncident(button).then(() => refresh()));
  else if (button.dataset.visit) attempt(() => post(`/tickets/${number()}/booking`, { outcome: button.dataset.visit }).then(() => refresh()));
  else if (button.dataset.try) tryGroup(button);
  else if (button.dataset.alert) tryAlert(button);
  else if (button.dataset.codeFor) attempt(() => handOutChatCode(button));
  else if (button.dataset.offDuty) attempt(() => endDuty(button));
  else if (kind) attempt(() => changed(number(), kind).then(() => refresh()));
  else if (user) attempt(() => assign({ agent_id: Number(user) }));
  else if (confirm(button.dataset.ask)) attempt(() => call("DELETE", remove).then(() => location.reload()));
}

async function addEvent(kind, text, visible = false) {
  await post(`/tickets/${number()}/events`, { kind, text, visible });
  await refresh();
}

async function submitRemark(form, submitter) {
  const text = new FormData(form).get("text");
  const kind = submitter?.value ?? "internal";
  const awaited = { hold: "customer", parts: "parts" }[kind];
  if (awaited) await post(`/tickets/${number()}/events`, { kind: "hold", text, awaited }).then(() => refresh());
  else await addEvent("comment", text, kind === "visible");
  form.reset();
}

async function assign(to) {
  if (!Object.values(to).every(Boolean)) return;
  await post(`/tickets/${number()}/assign`, to);
  await refresh();
}

// Times for a visit, as the clock of whoever types them shows.
async function offerTimes(form) {
  const data = new FormData(form);
  const hours = data.getAll("hours");
  const slots = data.getAll("start").flatMap((start, n) => {
    if (!start) return [];
    const begins = new Date(start);
    return [{ starts_at: begins.toISOString(), ends_at: new Date(begins.getTime() + hours[n] * 3_600_000).toISOString() }];
  });
  await post(`/tickets/${number()}/slots`, { slots });
  form.reset();
  await refresh();
}

async function passOn(form) {
  const [kind, ...rest] = (new FormData(form).get("to") ?? "").split(":");
  const name = rest.join(":");
  if (kind) await assign(kind === "dealer" ? { dealer_id: Number(name) } : { team: name });
}

async function addUser(form) {
  const { link_code: code, user } = await post("/users", Object.fromEntries(new FormData(form)));
  const link = `${location.origin}/console/welcome?code=${code}`;
  form.reset();
  showSecret(form, words("Send this link to {name}. It works once, for 15 minutes, to set a password:", { name: user.name }), link);
}

async function addToken(form) {
  const { token } = await post("/tokens", Object.fromEntries(new FormData(form)));
  form.reset();
  showSecret(form, words("The token, shown this once:"), token);
}

async function addGroupCode(form) {
  const { say: sentence } = await post("/groups/codes", { role: "staff" });
  showSecret(form, words("Say this in the group, within an hour. It works once:"), sentence);
}

async function addMemberCode(form) {
  const { say: sentence } = await post("/members/codes", {});
  showSecret(form, words("Write this to the bot in a private chat, within an hour. It works once:"), sentence);
}

function showSecret(form, sentence, secret) {
  const copy = element("button", { type: "button" }, words("Copy"));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(secret);
    copy.textContent = words("Copied");
  });
  const place = $(".secret", form);
  place.replaceChildren(element("p", {}, sentence), element("code", {}, secret), " ", copy);
  place.hidden = false;
}

async function addCanned(form) {
  await post("/canned-replies", Object.fromEntries(new FormData(form)));
  location.reload();
}

const several = (text, between = /[,，、;；]/) => text.split(between).map((part) => part.trim()).filter(Boolean);

async function changeDealer(form) {
  const data = Object.fromEntries(new FormData(form));
  const body = { hours: {}, retired: "retired" in data, capacity: Number(data.capacity) };
  for (const [name, value] of Object.entries(data)) {
    const [kind, day] = name.split(".");
    if (day) body.hours[day] = several(value, /[\s,，、;；]+/);
    else if (["regions", "postcodes", "products", "skills"].includes(kind)) body[kind] = several(value);
    else if (!(kind in body)) body[kind] = value.trim();
  }
  await call("PATCH", `/dealers/${sheet().dataset.dealer}`, body);
  location.reload();
}

async function addDealer(form) {
  const { regions, products, ...rest } = Object.fromEntries(new FormData(form));
  const { dealer } = await post("/dealers", { ...rest, regions: several(regions), products: several(products) });
  location.assign(`/console/dealers/${dealer.id}`);
}

async function addOneWayGroup(form) {
  const { name, url } = Object.fromEntries(new FormData(form));
  await post("/groups/one-way", { dealer_id: Number(sheet().dataset.dealer), name, url: url.trim() });
  location.reload();
}

async function moveGroup(form) {
  await call("PUT", `/groups/${form.dataset.group}/address`, { url: new FormData(form).get("url").trim() });
  location.reload();
}

// The answer stands below the group: sent, or why not. These are whys that omnibot itself says.
mark("the group's system did not take it");
mark("the platform did not answer in time");
async function tryGroup(button) {
  const place = $(".tried", button.closest("li, section"));
  button.disabled = true;
  place.hidden = false;
  place.className = "tried";
  place.textContent = words("Sending…");
  try {
    const { is_sent: isSent, why } = await post(`/groups/${button.dataset.try}/test`);
    place.textContent = isSent ? words("Sent. Look into the group.") : words("Not sent: {why}", { why: words(why) });
    place.className = isSent ? "tried saved" : "tried problem";
  } catch (error) {
    place.textContent = inWords(error);
    place.className = "tried problem";
  } finally {
    button.disabled = false;
  }
}

const setLadder = (rung, people, team = "") => call("PUT", "/ladder", { rung, team, people }).then(() => location.reload());

async function setRung(form) {
  const people = new FormData(form).getAll("user").filter(Boolean).map((id) => ({ user_id: Number(id) }));
  await setLadder(form.dataset.rung, people, form.dataset.team);
}

const duties = () => JSON.parse($("#duty").dataset.seats);

async function addDuty(form) {
  const { user_id: id, hours, timezone, since, until } = Object.fromEntries(new FormData(form));
  const seat = { user_id: Number(id), hours, timezone: timezone.trim(), since: since || null, until: until || null };
  await setLadder("on_call", [...duties(), seat]);
}

async function endDuty(button) {
  if (confirm(button.dataset.ask)) await setLadder("on_call", duties().toSpliced(Number(button.dataset.offDuty), 1));
}

async function tryAlert(button) {
  const place = $(".tried", button.closest("section"));
  button.disabled = true;
  try {
    const { places } = await post(`/users/${button.dataset.alert}/alert`);
    place.textContent = words("On its way to {name}, to {n} places.", { name: button.dataset.name, n: places });
    place.className = "tried saved";
  } catch (error) {
    place.textContent = inWords(error);
    place.className = "tried problem";
  } finally {
    place.hidden = button.disabled = false;
  }
}

async function handOutChatCode(button) {
  const { say: sentence } = await post("/members/codes", { user_id: Number(button.dataset.codeFor) });
  const text = words("{name} writes this to the bot in a private chat, within an hour. It works once:", { name: button.dataset.name });
  showSecret(button.closest("section"), text, sentence);
}

async function handOutCode(form) {
  const { kind } = form.dataset;
  const { code } = await post(`/dealers/${sheet().dataset.dealer}/codes`, { kind });
  const sentence =
    kind === "group"
      ? words("Say this in the dealer's group. It works once, for an hour:")
      : words("The member says this to the bot in a private chat. It works once, for an hour:");
  showSecret(form, sentence, code);
}
