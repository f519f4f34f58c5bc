// Hears what changed. Says once that the connection is lost, and once that it is back.

import { $, leaveForSignIn } from "./page.js";
import { words } from "./words.js";

const SAY_LOST_AFTER_MS = 1500;
const RETRY_MS = 3000;
const BACK_SHOWN_MS = 3000;

export function listen({ onNews, onReturn }) {
  const connection = $("#connection");
  let isLost = false;
  let lostTimer;

  function lost() {
    isLost = true;
    lostTimer ??= setTimeout(() => show(words("No connection. What you write is kept; trying again…"), false), SAY_LOST_AFTER_MS);
  }

  function back() {
    clearTimeout(lostTimer);
    lostTimer = undefined;
    if (!isLost) return;
    isLost = false;
    if (connection.textContent) show(words("Connected again."), true);
    setTimeout(() => !isLost && show("", true), BACK_SHOWN_MS);
    onReturn();
  }

  function show(sentence, isGood) {
    connection.textContent = sentence;
    connection.classList.toggle("good", isGood);
  }

  function open() {
    // What changed while the page was on its way is told at once; a browser that reconnects says itself what it heard last.
    const source = new EventSource(`/console/live?since=${document.body.dataset.news}`);
    source.addEventListener("open", back);
    source.addEventListener("message", (event) => onNews(JSON.parse(event.data)));
    source.addEventListener("signed-out", () => {
      source.close();
      leaveForSignIn();
    });
    source.addEventListener("error", () => {
      lost();
      if (source.readyState === EventSource.CLOSED) setTimeout(() => askAgain(open), RETRY_MS);
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    onReturn();
    open();
  });
  open();
}

// The server refused the stream: the session is over, or the server is.
async function askAgain(open) {
  try {
    const answer = await fetch("/api/v1/me");
    if (answer.status === 401) return leaveForSignIn();
  } catch {
    // Still away.
  }
  open();
}
