// Talks to the server: the API for what people do, fragments for what they see.

import { leaveForSignIn } from "./page.js";
import { mark, words } from "./words.js";

// What the server says with a type of its own, in words.
const SAID = {
  "urn:omnibot:no-copies": mark("This channel has no CC and BCC."),
  "urn:omnibot:not-an-address": mark("{address} is not an address that mail can be sent to."),
  "urn:omnibot:too-many-copies": mark("CC and BCC may have {most} addresses together."),
  "urn:omnibot:no-address": mark("That is no address: it begins with the system's name and ://, for example feishu://TOKEN."),
  "urn:omnibot:unknown-system": mark("No system is known by that name. Look at how addresses look; the part before :// counts."),
  "urn:omnibot:similar-system": mark("No system is known by that name. Do you mean {system}?"),
  "urn:omnibot:wrong-form": mark("{system} is known, but its addresses look like this: {example}"),
  "urn:omnibot:this-machine": mark("That would show messages on the server itself. Name a system that a group uses."),
  "urn:omnibot:name-taken": mark("A group has that name already. Choose another one."),
  "urn:omnibot:address-taken": mark("Another group has that address already."),
  "urn:omnibot:wrong-hours": mark("These hours or this time zone are not understood. For example: mon-fri 18:00-24:00; sat 00:00-24:00, Europe/Berlin"),
  "urn:omnibot:no-apprise": mark("This server cannot send there: Apprise is not installed (pip install 'omnibot[notify]')."),
  "urn:omnibot:no-channel": mark("The channel of this group is not open on this server."),
};

// The server said no; `type`, `status` and the rest are of its problem document.
export class Refused extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || "");
    Object.assign(this, problem);
  }
}

// Nobody answered: nothing is known of what happened to it.
export class Unreached extends Error {}

export async function call(method, path, body) {
  const response = await reach(`/api/v1${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.ok) return response.status === 204 ? null : response.json();
  throw new Refused(await problemOf(response));
}

// A file for the next reply; its id.
export async function upload(conversation, file) {
  const body = new FormData();
  body.append("file", file);
  const response = await reach(`/api/v1/conversations/${conversation}/files`, { method: "POST", body });
  if (!response.ok) throw new Refused(await problemOf(response));
  return (await response.json()).file_id;
}

export const post = (path, body) => call("POST", path, body);

// A part of the page as HTML; null where there is nothing (any more).
export async function fragment(path, { isAutomatic = false } = {}) {
  const headers = isAutomatic ? { "X-Omnibot-Refresh": "1" } : {};
  const response = await reach(`/console/fragments/${path}`, { headers });
  if (response.status === 404) return null;
  if (!response.ok) throw new Refused(await problemOf(response));
  return response.text();
}

// A signal that may get lost.
export function signal(path, body) {
  const headers = { "Content-Type": "application/json", "X-Omnibot-Refresh": "1" };
  fetch(path, { method: "POST", headers, body: JSON.stringify(body), keepalive: true }).catch(() => {});
}

export function inWords(error) {
  if (error instanceof Unreached) return words("The server cannot be reached. Nothing is lost: try again.");
  if (error.status >= 500) return words("Something went wrong at the server. Nothing is lost: try again.");
  const sentence = SAID[error.type];
  return sentence ? words(sentence, error) : words(error.message);
}

async function reach(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, credentials: "same-origin" });
  } catch {
    throw new Unreached();
  }
  if (response.status === 401) leaveForSignIn();
  return response;
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return { status: response.status, detail: response.statusText };
  }
}
