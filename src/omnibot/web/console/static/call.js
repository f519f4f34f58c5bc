// Talks to the server: the API for what people do, fragments for what they see.

import { leaveForSignIn } from "./page.js";
import { words } from "./words.js";

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
  return words(error.message);
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
