/* omnibot web chat: one script tag puts <omnibot-chat> on any site.
 *
 *   <script src="https://support.example.com/widget.js" async data-language="zh-Hans"
 *           data-color="#1f5f8b" data-identity="JWT" data-privacy="https://example.com/privacy"></script>
 *
 * It keeps what the customer writes in localStorage until the server has acknowledged it, sends it exactly once and in
 * order (the server knows a `client_id` again), and follows the conversation by server-sent events read with fetch.
 * It works under a strict host CSP: no inline style, no innerHTML, no cookie, nothing from a third party; the token
 * travels in the Authorization header only. The server prepends `const OMNIBOT_TEXTS = {...}` (gettext domain `widget`).
 */
(() => {
  "use strict";

  if (customElements.get("omnibot-chat")) return;

  // ---------------------------------------------------------------------------------------------------- constants

  const SCRIPT = document.currentScript || document.querySelector('script[src*="/widget.js"],script[src*="/widget/"]');
  const ORIGIN = new URL(SCRIPT.src).origin;
  const API = `${ORIGIN}/webchat/v1/`;
  const PREFIX = `omnibot:${ORIGIN}:`;

  const SECOND = 1000;
  const CALL_TIMEOUT = 20 * SECOND;
  const STREAM_SILENCE = 60 * SECOND; // the server pings every 25 s
  const STREAM_DEBT = 5 * SECOND; // how long the stream may owe us our own, acknowledged message
  const STREAM_STEADY = 20 * SECOND; // a stream that lived this long did not fail, it ended
  const STREAM_TRIES = 3; // failures in a row before we poll instead
  const POLL_EVERY = 4 * SECOND;
  const ANSWER_DUE = 8 * SECOND; // after which we no longer ask every second
  const POLL_FOR = 30 * SECOND; // then the stream gets another try
  const HIDDEN_REST = 30 * SECOND; // browsers allow six connections to a host: hidden tabs must not hold them
  const FIRST_BACKOFF = 1 * SECOND;
  const LAST_BACKOFF = 30 * SECOND;
  const LONGEST_WISH = 300 * SECOND; // the most we obey of a Retry-After
  const UPLOAD_TIMEOUT = 300 * SECOND;
  const TYPING_SHOWN = 6 * SECOND;
  const TYPING_EVERY = 3 * SECOND;
  const LOST_PATIENCE = 2.5 * SECOND; // a reconnect that is quicker is nobody's business
  const BACK_SHOWN = 3 * SECOND;

  const MAX_CHARACTERS = 8000;
  const IDENTITY_REFUSED = "urn:omnibot:identity-not-accepted";
  const IDENTITY_REQUIRED = "urn:omnibot:identity-required";
  const COUNTER_FROM = 7500;
  const MAX_LINES = 5;
  const MAX_FILES = 10;
  const SHOWN = ["image/png", "image/jpeg", "image/gif", "image/webp"];
  const NEAR_BOTTOM = 48;
  const DEFAULT_COLOR = "#2456a6";
  const PHONE = matchMedia("(max-width: 479px)");
  const TOUCH = matchMedia("(pointer: coarse)");

  // -------------------------------------------------------------------------------------------------------- texts

  const CATALOGUES = typeof OMNIBOT_TEXTS === "undefined" ? {} : OMNIBOT_TEXTS;
  const WANTED_LANGUAGE = SCRIPT.dataset.language || document.documentElement.lang || navigator.language || "en";
  const LANGUAGE = catalogueName(WANTED_LANGUAGE);
  const TEXTS = CATALOGUES[LANGUAGE] || {};

  function catalogueName(tag) {
    const parts = tag.toLowerCase().split(/[-_]/);
    if (parts[0] !== "zh") return [tag, parts[0]].find((name) => CATALOGUES[name]) || "en";
    return parts.some((part) => ["hant", "tw", "hk", "mo"].includes(part)) ? "zh-Hant" : "zh-Hans";
  }

  function t(msgid, values = {}) {
    return (TEXTS[msgid] || msgid).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  function formatter(options) {
    try {
      // "en" alone is American to browsers: then the reader's own English.
      const tags = [WANTED_LANGUAGE, navigator.language].filter((tag) => /^en-/i.test(tag));
      return new Intl.DateTimeFormat(LANGUAGE === "en" ? [...tags, "en"] : LANGUAGE, options);
    } catch {
      return new Intl.DateTimeFormat("en", options); // the host page's lang is not a language tag
    }
  }

  const CLOCK = formatter({ hour: LANGUAGE === "en" ? "numeric" : "2-digit", minute: "2-digit" });
  const DAY = formatter({ weekday: "long", day: "numeric", month: "long" });
  const EXACT = formatter({ dateStyle: "long", timeStyle: "short" });

  function dayName(date, today = new Date()) {
    const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
    if (date.toDateString() === today.toDateString()) return t("Today");
    if (date.toDateString() === yesterday.toDateString()) return t("Yesterday");
    return DAY.format(date);
  }

  function authorName(message) {
    if (message.author === "customer") return t("You");
    if (message.author_name) return message.author_name;
    return message.author === "agent" ? t("Service team") : t("Assistant");
  }

  // ------------------------------------------------------------------------------------------------------ storage

  // What a tab must share with the others and keep over a reload. Where localStorage is forbidden the chat still works
  // for as long as the page lives.

  const memory = new Map();

  function read(key) {
    try {
      const value = localStorage.getItem(PREFIX + key);
      if (value !== null) return JSON.parse(value);
    } catch {
      // forbidden, or not ours
    }
    return memory.get(key) ?? null;
  }

  function write(key, value) {
    memory.delete(key);
    try {
      if (value === null) localStorage.removeItem(PREFIX + key);
      else localStorage.setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      if (value !== null) memory.set(key, value);
    }
  }

  function keysUnder(start) {
    let stored = [];
    try {
      stored = Object.keys(localStorage);
    } catch {
      // forbidden
    }
    const ours = stored.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
    return [...new Set([...ours, ...memory.keys()])].filter((key) => key.startsWith(start));
  }

  // One key per unsent message, so that two tabs writing at once cannot overwrite each other's.
  const OUT = "out:";

  function readOutbox() {
    const entries = keysUnder(OUT).map(read).filter((entry) => entry && entry.state !== "sent");
    return entries.sort((one, other) => one.place - other.place || (one.client_id < other.client_id ? -1 : 1));
  }

  function nextPlace() {
    return Math.max(Date.now(), ...readOutbox().map((entry) => entry.place + 1));
  }

  // The draft belongs to one tab.
  function readDraft() {
    try {
      return sessionStorage.getItem(`${PREFIX}draft`) || "";
    } catch {
      return "";
    }
  }

  function writeDraft(text) {
    try {
      sessionStorage.setItem(`${PREFIX}draft`, text);
    } catch {
      // then it lives in the text box only
    }
  }

  function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http has no randomUUID
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // Plain http has no locks either. Then two tabs may both send an entry, which costs a request and nothing else: each
  // sends in order, one at a time, and the server answers a repeated client_id with the first answer.
  function exclusively(name, act) {
    return navigator.locks ? navigator.locks.request(PREFIX + name, act) : act();
  }

  // ---------------------------------------------------------------------------------------------------- transport

  class Refused extends Error {
    constructor({ status, kind, reason, retryAfter }) {
      super(reason);
      Object.assign(this, { status, kind, retryAfter });
    }

    get isFinal() {
      return this.status >= 400 && this.status < 500 && ![401, 408, 425, 429].includes(this.status);
    }
  }

  async function refusal(response) {
    const problem = await response.json().catch(() => ({}));
    return new Refused({
      status: response.status,
      kind: problem.type,
      reason: problem.detail || problem.title || t("The server did not take it."),
      retryAfter: waitWished(response.headers.get("Retry-After")),
    });
  }

  function waitWished(header) {
    if (!header) return null;
    const wait = /^\d+$/.test(header) ? Number(header) * SECOND : Date.parse(header) - Date.now();
    return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_WISH) : null;
  }

  function authorization(token) {
    return token ? { Authorization: `Bearer ${token}` } : {};
  }

  async function call(method, path, { token, body } = {}) {
    const response = await fetch(API + path, {
      method,
      headers: { ...authorization(token), ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(CALL_TIMEOUT),
    });
    if (!response.ok) throw await refusal(response);
    return response.status === 204 ? null : response.json();
  }

  // fetch tells nothing of how far an upload has come.
  function upload(file, token, onProgress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${API}files`);
      request.setRequestHeader("Authorization", `Bearer ${token}`);
      request.timeout = UPLOAD_TIMEOUT;
      request.responseType = "json";
      request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      request.onload = () => {
        if (request.status === 201) resolve(request.response.file_id);
        else reject(new Error(request.response?.detail || t("The server did not take it.")));
      };
      request.onerror = request.ontimeout = () => reject(new Error(t("No connection.")));
      const body = new FormData();
      body.append("file", file, file.name || "file");
      request.send(body);
    });
  }

  async function download(path, token) {
    const response = await fetch(ORIGIN + path, { headers: authorization(token), credentials: "omit" });
    if (!response.ok) throw await refusal(response);
    return URL.createObjectURL(await response.blob());
  }

  // EventSource cannot send an Authorization header, and a token has no place in a URL.
  async function readStream({ token, cursor, signal, onOpen, onBytes, onEvent }) {
    const response = await fetch(`${API}stream`, {
      headers: { ...authorization(token), Accept: "text/event-stream", "Last-Event-ID": String(cursor) },
      cache: "no-store",
      credentials: "omit",
      signal,
    });
    if (!response.ok) throw await refusal(response);
    if (!response.body) throw new TypeError("this browser cannot read a response as it comes");
    onOpen();
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const feed = eventParser(onEvent);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      feed(decoder.decode(value, { stream: true }));
    }
  }

  // https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation (without lone CR)
  function eventParser(onEvent) {
    let rest = "";
    let event = { type: "message", data: [] };
    const fields = {
      event: (value) => (event.type = value),
      data: (value) => event.data.push(value),
    };
    function takeLine(line) {
      if (line) {
        const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
        return fields[name]?.(value);
      }
      if (event.data.length) onEvent(event.type, JSON.parse(event.data.join("\n")));
      event = { type: "message", data: [] };
    }
    return (text) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop();
      lines.forEach(takeLine);
    };
  }

  function backoff(failures) {
    const longest = Math.min(LAST_BACKOFF, FIRST_BACKOFF * 2 ** Math.max(0, failures - 1));
    return longest * (0.5 + Math.random() / 2); // jitter: a restarted server must not meet all browsers at once
  }

  // -------------------------------------------------------------------------------------------------------- state

  /** The conversation as this tab knows it, kept in step with the server and with the other tabs.
   *  Calls `changed` after every change; knows nothing of the screen. */
  class Conversation {
    constructor({ identity, changed }) {
      this.identity = identity;
      this.changed = changed;
      this.opened = false; // has the customer opened the panel on this page?
      this.resting = document.hidden;
      this.connection = "new"; // new → up ⇄ down (a moment) → lost (told to the customer) → back (told) → up
      this.sleepers = new Set();
      this.outbox = readOutbox();
      this.failures = 0;
      this.streamFailures = 0;
      this.heardAt = 0;
      this.sentAt = 0;
      this.lastTyping = 0;
      this.forgetTranscript();
      this.engaged = Boolean(read("session")) || this.hasUnsent();
    }

    start() {
      addEventListener("online", () => this.reconnect());
      addEventListener("offline", () => this.goOffline());
      addEventListener("pageshow", () => document.hidden || this.rise());
      addEventListener("pagehide", () => this.rest());
      addEventListener("storage", (event) => this.hearOtherTab(event));
      document.addEventListener("visibilitychange", () => this.noticeVisibility());
      this.stayConnected();
      if (this.hasUnsent()) this.deliver();
    }

    // What the customer does

    open() {
      this.opened = true;
      this.engaged = true;
      this.wake();
    }

    say(text, files = []) {
      this.enqueue(files.length ? { text, files } : { text });
    }

    async upload(file, onProgress) {
      await this.ensureSession();
      return upload(file, this.session.token, onProgress);
    }

    choose(message, choice) {
      this.enqueue({ choice: choice.id, label: choice.label, to: message.seq });
    }

    enqueue(content) {
      const entry = { client_id: newId(), place: nextPlace(), at: new Date().toISOString(), state: "waiting", ...content };
      this.keep(entry);
      this.engaged = true;
      this.wake();
      this.deliver();
    }

    tryAgain(clientId) {
      const entry = this.outbox.find((one) => one.client_id === clientId);
      if (!entry) return;
      this.keep({ ...entry, state: "waiting", reason: undefined, place: nextPlace() });
      this.deliver();
    }

    takeBack(clientId) {
      write(OUT + clientId, null);
      this.reloadOutbox();
    }

    sayTyping() {
      if (!this.isWithPeople() || !this.session || Date.now() - this.lastTyping < TYPING_EVERY) return;
      this.lastTyping = Date.now();
      call("POST", "typing", { token: this.session.token, body: {} }).catch(() => {}); // a mark, not a message
    }

    markSeen() {
      if (this.lastSeq() > this.seen()) {
        write("seen", { conversation: this.session?.conversation_id, seq: this.lastSeq() });
        this.changed();
      }
      this.tellRead();
    }

    // What people wrote and the customer has seen; where nobody's reading is noted, nobody is told.
    tellRead() {
      const newest = this.newestOfAgents();
      if (this.status.read === undefined || newest <= this.told || !this.session) return;
      this.told = newest;
      call("POST", "read", { token: this.session.token, body: { seq: newest } }).catch(() => (this.told = 0));
    }

    newestOfAgents() {
      return Math.max(0, ...[...this.messages.values()].filter(({ author }) => author === "agent").map(({ seq }) => seq));
    }

    // Who answers has read what was asked.
    isRead({ seq }) {
      return this.status.read !== undefined && seq <= Math.max(this.status.read, this.newestOfAgents());
    }

    forget() {
      for (const key of keysUnder("")) write(key, null);
      this.session = null;
      this.engaged = this.opened;
      this.forgetTranscript();
      this.hangUp();
      this.reloadOutbox();
    }

    async mailTranscript(address) {
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
      await call("POST", "transcript", { token: this.session.token, body: { address, timezone: timeZone?.slice(0, 64) } });
    }

    // What is known

    async deleteEverywhere() {
      const token = this.session?.token;
      if (token) await call("DELETE", "session", { token }).catch((error) => error.status !== 401 && Promise.reject(error));
    }

    forgetTranscript() {
      this.messages = new Map();
      this.cursor = 0;
      this.known = 0; // how far the conversation had come when we joined
      this.loaded = false;
      this.status = { status: "bot" };
      this.told = 0; // up to where we have said that the customer has read
      this.typing = null;
    }

    transcript() {
      return [...this.messages.values()].sort((one, other) => one.seq - other.seq);
    }

    lastSeq() {
      return Math.max(0, ...this.messages.keys());
    }

    seen() {
      const seen = read("seen");
      return seen && seen.conversation === this.session?.conversation_id ? seen.seq : 0;
    }

    unread() {
      const seen = this.seen();
      return this.transcript().filter((message) => message.seq > seen && message.author !== "customer").length;
    }

    // A press names a choice and not the message it stood under: it means the last one that offered it before. So what
    // is offered again further down can only be pressed there.
    choicesMade() {
      const made = new Map(this.outbox.filter((entry) => entry.choice).map((entry) => [entry.to, entry.choice]));
      const offeredBy = new Map();
      for (const message of this.transcript()) {
        for (const { id } of message.choices || []) offeredBy.set(id, message.seq);
        if (message.chosen && offeredBy.has(message.chosen)) made.set(offeredBy.get(message.chosen), message.chosen);
      }
      return { made, offeredBy };
    }

    hasUnsent() {
      return this.outbox.some((entry) => entry.state === "waiting");
    }

    // Whether people have it, whom the bot's own buttons do not reach.
    isWithPeople() {
      return ["open", "queued"].includes(this.status.status);
    }

    // The outbox: stored first, sent in order, one in flight over all tabs, forgotten when acknowledged

    keep(entry) {
      write(OUT + entry.client_id, entry);
      this.reloadOutbox();
    }

    reloadOutbox() {
      this.outbox = readOutbox();
      this.changed();
    }

    async deliver() {
      if (this.delivering) return;
      this.delivering = true;
      try {
        await this.drain();
      } finally {
        this.delivering = false;
      }
      this.reloadOutbox();
    }

    async drain() {
      let failures = 0;
      while (!this.isBarred && readOutbox().some((entry) => entry.state === "waiting")) {
        // The lock is held for one attempt, not while waiting: a tab asleep must not hold up the one in use.
        const error = await exclusively("outbox", () => this.sendNext());
        failures = error ? failures + 1 : 0;
        if (error) await this.waitOut(error, failures);
      }
    }

    async sendNext() {
      const entry = readOutbox().find((one) => one.state === "waiting");
      if (!entry) return null;
      try {
        await this.ensureSession();
        if (this.isBarred) return null;
        const { client_id, text, choice, files } = entry;
        const words = choice === undefined ? text && { text } : { choice };
        const body = { client_id, ...words, ...(files && { files: files.map(({ id }) => id) }) };
        this.acknowledge(entry, await call("POST", "messages", { token: this.session.token, body }));
      } catch (error) {
        if (error.isFinal) this.keep({ ...entry, state: "failed", reason: error.message });
        else if (error.status === 401) this.loseSession();
        else this.noticeTrouble();
        return error.isFinal ? null : error;
      }
      return null;
    }

    acknowledge(entry, { id, seq }) {
      const sent = { ...entry, state: "sent", id, seq };
      this.sentAt = Date.now();
      this.takeSent(sent);
      write(OUT + entry.client_id, sent); // so that other tabs move it without a gap
      write(OUT + entry.client_id, null);
      this.reloadOutbox();
      this.wake(); // the server is there: no need to wait out a backoff, or the time to the next poll
      setTimeout(() => this.cursor < seq && this.doubtStream(), STREAM_DEBT);
    }

    takeSent({ seq, id, client_id, at, text, label, choice, files }) {
      if (this.messages.has(seq)) return;
      this.messages.set(seq, { seq, id, client_id, at, author: "customer", text: text ?? label, chosen: choice, attachments: files });
    }

    // The session

    async ensureSession() {
      if (this.session) return;
      this.opening ??= exclusively("session", () => this.beginSession()).finally(() => (this.opening = null));
      await this.opening;
    }

    async beginSession() {
      const stored = read("session");
      try {
        const { token, conversation_id, cursor, status, welcome, onward, mails_transcript } = await this.askSession(stored?.token);
        this.adopt({ token, conversation_id });
        this.loaded ||= cursor === 0;
        this.known = cursor;
        this.status = status || this.status;
        this.welcome = welcome || {};
        this.onward = onward || []; // channels on which one can go on
      this.mailsTranscript = Boolean(mails_transcript);
        write("session", { token, conversation_id });
        this.changed();
      } catch (error) {
        if (error.kind === IDENTITY_REFUSED && this.identity) return this.beginAnonymously();
        if (error.kind === IDENTITY_REQUIRED) return this.bar();
        if (error.status === 401 && stored) return this.beginAnew();
        throw error;
      }
    }

    // Nobody may chat here without having signed in: nothing is tried again until somebody has.
    bar() {
      this.isBarred = true;
      this.changed();
    }

    identify(identity) {
      this.identity = identity;
      this.isBarred = false;
      this.session = null;
      this.forgetTranscript();
      this.engaged = this.opened || Boolean(read("session")) || this.hasUnsent();
      this.reconnect();
      this.deliver();
      this.changed();
    }

    // A page left open outlives the identity it was served with. That is no reason to leave its reader alone.
    beginAnonymously() {
      console.warn("omnibot: data-identity was not accepted, going on without it");
      this.identity = undefined;
      return this.beginSession();
    }

    askSession(token) {
      const language = WANTED_LANGUAGE.slice(0, 35);
      const page_url = (location.origin + location.pathname).slice(0, 2000); // a query may hold what is not for us
      return call("POST", "session", { token, body: { language, page_url, identity: this.identity } });
    }

    async beginAnew() {
      this.loseSession();
      this.engaged = this.opened || this.hasUnsent();
      if (this.engaged) await this.beginSession();
    }

    loseSession() {
      const stored = read("session");
      if (!this.session || stored?.token === this.session.token) write("session", null); // else another tab has a new one
      this.session = null;
      this.hangUp();
      this.forgetTranscript();
      this.changed();
    }

    adopt(session) {
      if (this.session && this.session.conversation_id !== session.conversation_id) this.forgetTranscript();
      this.session = session;
    }

    hearOtherTab({ key, newValue }) {
      if (key === null || key === `${PREFIX}session`) return this.followSession();
      if (!key.startsWith(PREFIX)) return;
      const entry = key.startsWith(PREFIX + OUT) && newValue ? JSON.parse(newValue) : null;
      if (entry?.state === "sent" && this.loaded) this.takeSent(entry);
      this.reloadOutbox();
      if (entry?.state === "waiting") this.deliver(); // the tab that wrote it may be gone before it is online
    }

    // Another tab got a new token: take it as it is. Asking for a session here could make both tabs ask for ever.
    followSession() {
      const stored = read("session");
      if (stored?.token === this.session?.token) return;
      if (stored && this.session) this.adopt(stored);
      else if (!stored) this.loseSession();
      else this.engaged = true;
      this.reconnect();
      this.reloadOutbox();
    }

    // The line to the server

    get wanted() {
      return this.engaged && !this.resting && !this.isBarred;
    }

    async stayConnected() {
      for (;;) {
        if (!this.wanted) await this.sleep(null);
        else await this.connectOnce().catch((error) => this.waitOut(error, this.failures));
      }
    }

    async connectOnce() {
      try {
        await this.ensureSession();
        if (!this.session) return;
        if (!this.loaded) await this.catchUp();
        if (this.streamFailures >= STREAM_TRIES) await this.poll();
        if (!this.wanted || !this.session || this.isIdle()) return;
        await this.listen();
      } catch (error) {
        if (error.status === 401) this.loseSession();
        this.failures += 1;
        this.noticeTrouble();
        throw error;
      }
    }

    // Somebody who opened the chat once and wrote nothing gets no stream on every page they visit.
    isIdle() {
      const idle = !this.opened && !this.messages.size && !this.outbox.length;
      if (idle) this.engaged = false;
      return idle;
    }

    async catchUp() {
      let page;
      do {
        page = await call("GET", `messages?after=${this.cursor}`, { token: this.session.token });
        page.messages.forEach((message) => this.takeMessage(message));
        this.cursor = Math.max(this.cursor, page.cursor);
        if (page.read !== undefined) this.status = { ...this.status, read: page.read };
      } while (page.messages.length && this.cursor < this.known);
      this.loaded = true;
      this.noticeConnection();
      this.changed();
    }

    async poll() {
      const failures = this.streamFailures;
      this.streamFailures = 0; // if this fails as well, it is not the stream's fault
      for (const end = Date.now() + POLL_FOR; Date.now() < end && this.wanted && this.session; ) {
        await this.catchUp();
        this.failures = 0;
        await this.sleep(Date.now() - this.sentAt < ANSWER_DUE ? SECOND : POLL_EVERY);
      }
      this.streamFailures = failures;
    }

    async listen() {
      const line = new AbortController();
      this.line = line;
      const began = Date.now();
      let alarm = setTimeout(() => line.abort(), STREAM_SILENCE);
      try {
        await readStream({
          token: this.session.token,
          cursor: this.cursor,
          signal: line.signal,
          onOpen: () => this.noticeConnection(),
          onBytes: () => {
            clearTimeout(alarm);
            alarm = setTimeout(() => line.abort(), STREAM_SILENCE);
            this.heardAt = Date.now();
          },
          onEvent: (type, data) => this.takeEvent(type, data),
        });
        throw new TypeError("the stream ended");
      } catch (error) {
        if (this.line !== line) return; // we hung up ourselves
        if (this.heardAt - began > STREAM_STEADY) this.failures = this.streamFailures = 0;
        this.streamFailures += 1;
        throw error;
      } finally {
        clearTimeout(alarm);
        line.abort();
      }
    }

    hangUp() {
      const line = this.line;
      this.line = null;
      line?.abort();
    }

    reconnect() {
      this.hangUp();
      this.wake();
    }

    // Acknowledged, yet it did not come down the stream: something between us swallows it (a buffering proxy).
    doubtStream() {
      if (!this.line || this.connection !== "up") return;
      this.streamFailures = STREAM_TRIES;
      this.reconnect();
    }

    takeEvent(type, data) {
      if (type === "message") this.takeMessage(data);
      if (type === "typing") this.showTyping(data.author_name);
      if (type === "status") this.status = data;
      this.changed();
    }

    takeMessage(message) {
      this.cursor = Math.max(this.cursor, message.seq); // an edited message comes again under its old number
      this.messages.set(message.seq, message);
      this.dropStored(message.client_id);
      if (message.author !== "customer") this.typing = null;
    }

    // Stored after all, though we missed the answer.
    dropStored(clientId) {
      if (!this.outbox.some((entry) => entry.client_id === clientId)) return;
      write(OUT + clientId, null);
      this.outbox = readOutbox();
    }

    showTyping(name) {
      clearTimeout(this.typingEnd);
      this.typing = name || t("Service team");
      this.typingEnd = setTimeout(() => {
        this.typing = null;
        this.changed();
      }, TYPING_SHOWN);
    }

    // Being connected, and saying so only when it matters

    noticeConnection() {
      clearTimeout(this.patience);
      if (this.connection === "up" || this.connection === "back") return;
      this.showConnection(this.connection === "lost" ? "back" : "up");
      if (this.connection === "back") this.patience = setTimeout(() => this.showConnection("up"), BACK_SHOWN);
    }

    noticeTrouble() {
      if (!navigator.onLine) return this.showConnection("lost");
      if (this.connection === "down" || this.connection === "lost") return;
      clearTimeout(this.patience);
      this.connection = "down";
      this.patience = setTimeout(() => this.showConnection("lost"), LOST_PATIENCE);
    }

    showConnection(connection) {
      if (this.connection === connection) return;
      clearTimeout(this.patience);
      this.connection = connection;
      this.changed();
    }

    goOffline() {
      this.hangUp();
      if (this.engaged) this.showConnection("lost");
    }

    noticeVisibility() {
      clearTimeout(this.fallAsleep);
      if (document.hidden) this.fallAsleep = setTimeout(() => this.rest(), HIDDEN_REST);
      else this.rise();
    }

    rest() {
      this.resting = true;
      this.hangUp();
    }

    rise() {
      this.resting = false;
      if (Date.now() - this.heardAt > HIDDEN_REST) this.hangUp(); // after a laptop's sleep the line only looks alive
      this.wake();
      this.changed();
    }

    // Waiting

    // A wish of the server is kept to the second; a wait of our own ends when the network or the customer is back.
    async waitOut(error, failures) {
      if (error.retryAfter) await new Promise((resolve) => setTimeout(resolve, error.retryAfter));
      else await this.sleep(backoff(failures));
    }

    sleep(duration) {
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          this.sleepers.delete(end);
          resolve();
        };
        const timer = duration === null ? null : setTimeout(end, duration);
        this.sleepers.add(end);
      });
    }

    wake() {
      for (const end of [...this.sleepers]) end();
    }
  }

  // --------------------------------------------------------------------------------------------------- view: tools

  function h(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  }

  const ICONS = {
    chat: "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM8 9h8M8 12.5h5",
    close: "M6 6l12 12M18 6L6 18",
    down: "M6 9.5l6 6 6-6",
    back: "M15 5l-7 7 7 7",
    more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
    send: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
    clip: "M20 11.500l-8 8a5 5 0 0 1-7-7l8.500-8.500a3.400 3.400 0 0 1 4.800 4.800l-8.500 8.500a1.700 1.700 0 0 1-2.400-2.400l7.600-7.600",
    check: "M5 12.5l4.5 4.5L19 7.5",
    spark: "M12 4v3M7 7h10a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM9.5 12v1M14.5 12v1",
    person: "M12 12a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM5.5 19.5c.8-3 3.3-4.5 6.5-4.5s5.700 1.500 6.500 4.500",
  };

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", `icon icon-${name}`);
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  // The server has sanitised `html`; this browser builds only what is on the list all the same.
  const ALLOWED = new Set(["P", "BR", "STRONG", "EM", "CODE", "PRE", "UL", "OL", "LI", "A", "BLOCKQUOTE"]);
  const DROPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "NOSCRIPT", "IFRAME", "OBJECT", "SVG", "MATH", "TITLE", "TEXTAREA"]);
  const SAFE_LINK = /^(https?:|mailto:|tel:)/i;

  function richText({ html, text }) {
    try {
      return [...copyAllowed(new DOMParser().parseFromString(trusted(html), "text/html").body)];
    } catch {
      return [h("p", { class: "plain" }, text)]; // the host page enforces Trusted Types and gave us no policy
    }
  }

  let policy;

  function trusted(html) {
    policy ??= window.trustedTypes?.createPolicy("omnibot", { createHTML: (value) => value }) || { createHTML: String };
    return policy.createHTML(html);
  }

  function* copyAllowed(parent) {
    for (const child of parent.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) yield document.createTextNode(child.data);
      if (child.nodeType !== Node.ELEMENT_NODE || DROPPED.has(child.tagName.toUpperCase())) continue;
      if (ALLOWED.has(child.tagName)) yield copyElement(child);
      else yield* copyAllowed(child);
    }
  }

  function copyElement(element) {
    const children = [...copyAllowed(element)];
    if (element.tagName !== "A") return h(element.tagName.toLowerCase(), {}, ...children);
    const href = (element.getAttribute("href") || "").trim();
    if (!SAFE_LINK.test(href)) return h("span", {}, ...children);
    const outside = /^http/i.test(href) ? { target: "_blank", rel: "noopener noreferrer nofollow" } : {};
    return h("a", { href, ...outside }, ...children);
  }

  // -------------------------------------------------------------------------------------------------- view: colours

  // The host gives one colour; all that must be read on or beside it is derived so that WCAG AA holds.

  const LIGHT = {
    bg: "#ffffff", surface: "#f2f4f6", text: "#1a1e23", muted: "#57606a", line: "#dde1e6", edge: "#c5cbd2", control: "#848d97",
    danger: "#b3261e", notice: "#fdf3d8", "notice-text": "#5c4300", tint: 0.1,
    shadow: "0 8px 32px rgb(15 23 32 / .16), 0 0 0 1px rgb(15 23 32 / .06)",
  };
  const DARK = {
    bg: "#15181c", surface: "#23282e", text: "#e7eaee", muted: "#a4adb8", line: "#2f353c", edge: "#454e58", control: "#717b86",
    danger: "#ff9c92", notice: "#3a2f12", "notice-text": "#f4dfa6", tint: 0.24,
    shadow: "0 8px 32px rgb(0 0 0 / .5), 0 0 0 1px rgb(255 255 255 / .1)",
  };

  function channels(color) {
    const full = color.length === 4 ? color.replace(/[^#]/g, "$&$&") : color;
    return [1, 3, 5].map((at) => parseInt(full.slice(at, at + 2), 16));
  }

  function luminance(color) {
    const [red, green, blue] = channels(color).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  function mix(color, other, share) {
    const others = channels(other);
    const mixed = channels(color).map((value, at) => Math.round(value + (others[at] - value) * share));
    return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
  }

  function readable(color, background, ratio) {
    const towards = luminance(background) > 0.18 ? "#000000" : "#ffffff";
    let share = 0;
    while (share < 1 && contrast(mix(color, towards, share), background) < ratio) share += 0.05;
    return mix(color, towards, Math.min(share, 1));
  }

  function palette(theme, color) {
    const accent = readable(color, theme.bg, 3);
    const soft = mix(theme.bg, accent, theme.tint);
    const onAccent = contrast(accent, "#ffffff") >= 4.5 ? "#ffffff" : contrast(accent, "#101418") >= 4.5 ? "#101418" : "#000000";
    const accentText = [theme.bg, theme.surface, soft].reduce((text, background) => readable(text, background, 5), accent);
    return { ...theme, accent, "on-accent": onAccent, "accent-text": accentText, "accent-soft": soft };
  }

  function tokens(theme, color) {
    const pairs = Object.entries(palette(theme, color)).map(([name, value]) => `--${name}:${value}`);
    return `:host{${pairs.join(";")}}`;
  }

  function colorStyle(color, theme) {
    const base = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(color || "") ? color : DEFAULT_COLOR;
    if (theme === "light" || theme === "dark") {
      return `${tokens(theme === "dark" ? DARK : LIGHT, base)} :host{color-scheme:${theme}}`;
    }
    return `${tokens(LIGHT, base)} :host{color-scheme:light dark} @media (prefers-color-scheme:dark){${tokens(DARK, base)}}`;
  }

  // --------------------------------------------------------------------------------------------------- view: style

  const STYLE = `
:host{all:initial;position:fixed;inset-block-end:0;inset-inline-end:0;z-index:2147483000;
  font:16px/1.45 system-ui,-apple-system,"Segoe UI","PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
  --gap-end:max(16px,env(safe-area-inset-right));--gap-bottom:max(16px,env(safe-area-inset-bottom));color:var(--text)}
:host([hidden]){display:none}
@media print{:host{display:none}}
*,*::before,*::after{box-sizing:border-box}
[hidden]{display:none!important}
button,textarea{font:inherit;color:inherit;letter-spacing:inherit}
button{cursor:pointer;border:0;background:none;padding:0;-webkit-tap-highlight-color:transparent}
button[aria-disabled=true]{cursor:default}
:focus{outline:none}
:focus-visible{outline:2px solid var(--accent-text);outline-offset:2px}
.root:lang(zh){line-height:1.6;text-autospace:normal}
.sr{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.icon{inline-size:24px;block-size:24px;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round;display:block}
.icon-more{stroke-width:2.75}
.icon-send{stroke-width:2.25}

.launcher{position:fixed;inset-block-end:var(--gap-bottom);inset-inline-end:var(--gap-end);inline-size:56px;block-size:56px;
  border-radius:50%;display:grid;place-items:center;background:var(--accent);color:var(--on-accent);
  box-shadow:0 4px 16px rgb(15 23 32 / .22)}
.launcher:focus-visible{outline:3px solid var(--accent);outline-offset:3px;box-shadow:0 0 0 3px var(--bg)}
.launcher .icon-down,.launcher[aria-expanded=true] .icon-chat{display:none}
.launcher[aria-expanded=true] .icon-down{display:block}
.badge{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-inline-size:22px;block-size:22px;padding-inline:6px;border-radius:11px;
  background:#c4241a;color:#fff;border:2px solid #fff;font-size:12px;line-height:18px;font-weight:600;text-align:center;font-variant-numeric:tabular-nums}

.panel{position:fixed;inset-block-end:calc(var(--gap-bottom) + 72px);inset-inline-end:var(--gap-end);
  inline-size:380px;block-size:min(640px,100vh - 96px);block-size:min(640px,100dvh - 96px);
  display:flex;flex-direction:column;overflow:hidden;
  background:var(--bg);color:var(--text);border-radius:12px;box-shadow:var(--shadow);animation:rise .12s ease-out}
/* The panel stands where the page's direction puts it; our languages run from left to right, and what people write goes its own way. */
.panel>*{direction:ltr}
@keyframes rise{from{opacity:0;transform:translateY(8px)}}
.head{display:flex;align-items:center;gap:12px;padding:8px 8px 8px 16px;padding-inline:16px 8px;border-block-end:1px solid var(--line);min-block-size:64px;flex:none}
.who{flex:1;min-inline-size:0}
.who h2,.who p{margin:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.who h2{font-size:16px;font-weight:600;line-height:1.35}
.who p{font-size:13px;color:var(--muted);line-height:1.4}
.mark{flex:none;display:grid;place-items:center;inline-size:36px;block-size:36px;border-radius:10px;background:var(--accent-soft);color:var(--accent-text);font-weight:600}
.mark .icon{inline-size:22px;block-size:22px}
.mark.agent{border-radius:50%;background:var(--accent);color:var(--on-accent)}
.tool{flex:none;inline-size:44px;block-size:44px;display:grid;place-items:center;border-radius:6px;color:var(--muted)}
.tool:hover{background:var(--surface);color:var(--text)}
.head .tool+.tool{margin-inline-start:-12px}

.menu{position:absolute;inset-block-start:58px;inset-inline-end:12px;z-index:2;min-inline-size:220px;padding:4px;border-radius:8px;
  background:var(--bg);box-shadow:var(--shadow)}
.menu button{display:block;inline-size:100%;min-block-size:44px;padding:8px 12px;border-radius:6px;text-align:start;font-size:14px}
.menu button:hover{background:var(--surface)}
.menu button:focus-visible{outline-offset:-2px}

.strip{margin:0;padding:8px 16px;font-size:14px;border-block-end:1px solid var(--line)}
.waiting{background:var(--accent-soft)}
.banner{background:var(--notice);color:var(--notice-text);border:0}
.banner.back{background:var(--surface);color:var(--text)}

.body{position:relative;flex:1;min-block-size:0;display:flex}
.log{flex:1;min-inline-size:0;overflow-y:auto;overscroll-behavior:contain;padding:16px;display:flex;flex-direction:column;scrollbar-width:thin;scrollbar-color:var(--control) transparent}
.log:focus-visible{outline-offset:-2px}
.intro{padding-block:8px 0}
.intro h3{margin:0 0 4px;font-size:20px;line-height:1.3;font-weight:600;text-wrap:balance}
.intro p{margin:0;color:var(--muted);font-size:14px}
.intro .lead{color:var(--text);font-size:16px;margin-block-end:4px}
.offers{margin-block-start:20px;display:grid;gap:8px}
.intro .offers-title{font-size:13px;margin-block-end:0}
.offer,.choice{min-block-size:44px;padding:10px 14px;border-radius:6px;border:1px solid var(--edge);background:var(--bg);text-align:start;font-size:15px;line-height:1.4;overflow-wrap:anywhere}
.offer:hover,.choice:not([aria-disabled=true]):hover{border-color:var(--accent-text);background:var(--accent-soft)}
.bone{block-size:14px;border-radius:4px;background:var(--surface);margin-block-end:10px}
.bone.title{block-size:22px;inline-size:60%}
.bone.tall{block-size:46px;margin:0;border-radius:6px}
.bone.short{inline-size:75%}

.day{display:flex;align-items:center;gap:12px;margin-block:24px 4px;color:var(--muted);font-size:12px}
.day::before,.day::after{content:"";flex:1;border-block-start:1px solid var(--line)}
.day:first-child{margin-block-start:0}
.system{align-self:center;max-inline-size:88%;margin-block:16px 0;padding:4px 12px;border:1px solid var(--line);border-radius:12px;color:var(--muted);font-size:13px;text-align:center;text-wrap:pretty;overflow-wrap:anywhere}
.system+.system{margin-block-start:8px}
.row{display:flex;flex-direction:column;align-items:flex-start;margin-block-start:2px}
.row.first{margin-block-start:16px}
.row.customer{align-items:flex-end}
.name{display:flex;align-items:center;gap:6px;margin-block-end:4px;font-size:13px;font-weight:600}
.name .icon{inline-size:16px;block-size:16px;color:var(--accent-text)}
.bubble{max-inline-size:88%;padding:8px 12px;border-radius:12px;background:var(--surface);overflow-wrap:anywhere;min-inline-size:0}
.row.bot .bubble,.row.agent .bubble{border-end-start-radius:4px}
.row.bot:not(.first) .bubble,.row.agent:not(.first) .bubble{border-start-start-radius:4px}
.row.agent .bubble{background:var(--accent-soft)}
.row.customer .bubble{background:var(--accent);color:var(--on-accent);border-end-end-radius:4px}
.row.customer:not(.first) .bubble{border-start-end-radius:4px}
.row.failed .bubble{background:var(--bg);color:var(--text);border:1px solid var(--danger)}
.bubble p,.bubble ul,.bubble ol,.bubble pre,.bubble blockquote{margin:0 0 8px}
.bubble>:last-child{margin-block-end:0}
.bubble .plain{white-space:pre-wrap}
.bubble ul,.bubble ol{padding-inline-start:22px}
.bubble li+li{margin-block-start:4px}
.bubble li>p{margin:0}
.bubble pre{white-space:pre-wrap;padding:8px 10px;border-radius:6px;background:var(--bg)}
.bubble code{font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.bubble blockquote{padding-inline-start:12px;border-inline-start:3px solid var(--line)}
.bubble a,.sheet a{color:var(--accent-text);text-underline-offset:2px}
.root:lang(zh) .bubble em{font-style:normal;font-weight:600}
.files{display:flex;flex-direction:column;align-items:flex-start;gap:4px;margin-block-start:4px;max-inline-size:88%}
.row.customer .files{align-items:flex-end}
.file{min-block-size:36px;padding:6px 10px;border:1px solid var(--edge);border-radius:8px;background:var(--bg);color:var(--text);font-size:14px;text-align:start;overflow-wrap:anywhere}
.file img{display:block;max-inline-size:100%;max-block-size:220px;border-radius:4px}
.attached{display:flex;flex-direction:column;gap:4px;margin:0 0 8px;padding:0;list-style:none;font-size:13px}
.attached li{display:flex;align-items:center;gap:8px;padding-inline-start:10px;border:1px solid var(--line);border-radius:8px}
.attached .what{flex:1;min-inline-size:0;overflow-wrap:anywhere}
.attached .why{color:var(--danger)}
.attached progress{inline-size:72px;accent-color:var(--accent)}
.choices{display:flex;flex-direction:column;align-items:stretch;gap:8px;margin-block-start:8px;max-inline-size:88%}
.choice{display:flex;align-items:center;justify-content:space-between;gap:8px;color:var(--accent-text);font-weight:500}
.choice .icon{inline-size:20px;block-size:20px;flex:none}
.choice[aria-disabled=true]{border-color:var(--line);color:var(--muted);font-weight:400;background:none}
.choice[aria-pressed=true]{border-color:var(--accent-text);color:var(--text);background:var(--accent-soft)}
.foot{margin-block-start:4px;font-size:12px;color:var(--muted);font-variant-numeric:tabular-nums;display:flex;flex-wrap:wrap;gap:0 8px;align-items:center}
.row.customer .foot{justify-content:flex-end;text-align:end}
.foot .why{color:var(--danger);flex-basis:100%}
.foot button{min-block-size:28px;padding-inline:4px;text-decoration:underline;text-underline-offset:2px;color:var(--accent-text);font-size:13px}
.typing{display:flex;align-items:center;gap:8px;margin-block-start:16px;color:var(--muted);font-size:13px}
.dots{display:inline-flex;gap:4px;padding:10px 12px;border-radius:12px;border-end-start-radius:4px;background:var(--surface)}
.dots i{inline-size:6px;block-size:6px;border-radius:50%;background:var(--muted);animation:pulse 1.2s infinite}
.dots i:nth-child(2){animation-delay:.15s}
.dots i:nth-child(3){animation-delay:.3s}
@keyframes pulse{0%,60%,100%{opacity:.35}30%{opacity:1}}
.pill{position:absolute;inset-block-end:12px;inset-inline:0;margin-inline:auto;inline-size:fit-content;min-block-size:36px;padding:6px 12px 6px 8px;padding-inline:8px 14px;
  display:flex;align-items:center;gap:4px;border-radius:18px;background:var(--accent);color:var(--on-accent);font-size:14px;box-shadow:0 4px 16px rgb(15 23 32 / .2)}
.pill .icon{inline-size:20px;block-size:20px}

.compose{flex:none;padding:8px 12px max(12px,env(safe-area-inset-bottom))}
.box{display:flex;align-items:flex-end;border:1px solid var(--control);border-radius:12px;background:var(--bg)}
.box:focus-within{border-color:var(--accent-text);box-shadow:0 0 0 1px var(--accent-text)}
.box textarea{flex:1;min-inline-size:0;border:0;background:none;resize:none;padding:10px 4px 10px 12px;padding-inline:12px 4px;margin:0;line-height:24px;block-size:44px;outline:none;overflow-y:hidden;scrollbar-width:thin}
.box textarea::placeholder{color:var(--muted);opacity:1}
.send{flex:none;inline-size:44px;block-size:44px;display:grid;place-items:center;color:var(--muted);border-radius:12px}
.send span{display:grid;place-items:center;inline-size:32px;block-size:32px;border-radius:8px}
.send .icon{inline-size:20px;block-size:20px}
.send:not([aria-disabled=true]) span{background:var(--accent);color:var(--on-accent)}
.send:focus-visible{outline-offset:-3px}
.count{margin:4px 4px 0;font-size:12px;color:var(--muted);text-align:end;font-variant-numeric:tabular-nums}
.count.over{color:var(--danger);font-weight:600}

.barred{flex:1;align-self:center;margin:0;padding:24px;text-align:center;text-wrap:balance}

.sheet{position:absolute;inset:0;z-index:1;background:var(--bg);padding:16px;overflow-y:auto;overscroll-behavior:contain}
.sheet .sheet-head{display:flex;align-items:center;gap:4px;margin:-8px -8px 8px}
.sheet h3{margin:0;font-size:16px;font-weight:600}
.sheet p{margin:0 0 12px;font-size:15px}
.sheet form{display:flex;flex-wrap:wrap;gap:8px;align-items:end;margin-block-end:12px}
.sheet label{flex-basis:100%;font-size:13px;color:var(--muted)}
.sheet input{flex:1;min-inline-size:0;min-block-size:44px;padding:8px 12px;border:1px solid var(--control);border-radius:8px;background:var(--bg);color:inherit;font:inherit}
.sheet form .plain-button{margin:0}
.plain-button{min-block-size:44px;padding:8px 14px;border-radius:6px;border:1px solid var(--edge);font-size:15px;margin-inline-end:8px;margin-block-end:8px}
.plain-button:hover{background:var(--surface)}
.plain-button.danger{border-color:var(--danger);color:var(--danger)}

@media (max-width:479px),(max-height:459px){
  .panel{inset-block:0 auto;inset-inline-end:0;block-size:100vh;block-size:100dvh;max-inline-size:100%;border-radius:0;
    padding-block-start:env(safe-area-inset-top)}
  .launcher[aria-expanded=true]{display:none}
}
@media (max-width:479px){.panel{inline-size:100%}}
@media (prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media (forced-colors:active){.bubble,.badge,.launcher,.panel,.pill,.dots,.mark{border:1px solid CanvasText}.send span{border:1px solid}}
`;

  function applyStyle(root, style) {
    try {
      const sheet = new CSSStyleSheet(); // a constructed sheet is script, not inline style, to a host CSP
      sheet.replaceSync(style);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(h("style", {}, style)); // browsers before 2023
    }
  }

  // ---------------------------------------------------------------------------------------------------- view: rows

  // The transcript is a list of row descriptions; `patch` brings the nodes in line with it and touches only what
  // changed, so that a screen reader hears new messages and nothing twice.

  function asMessage(entry) {
    return { ...entry, author: "customer", text: entry.text ?? entry.label, attachments: entry.files };
  }

  function sameGroup(one, other) {
    if (!one || !other || one.author !== other.author || authorName(one) !== authorName(other)) return false;
    return Math.floor(Date.parse(one.at) / 60000) === Math.floor(Date.parse(other.at) / 60000);
  }

  function describeRows(conversation) {
    const messages = [...conversation.transcript(), ...unsentMessages(conversation)];
    const choices = conversation.choicesMade();
    const lastOwn = messages.findLast((message) => message.author === "customer");
    const rows = messages.flatMap((message, at) => [
      ...dayRow(message, messages[at - 1]),
      messageRow({ message, before: messages[at - 1], after: messages[at + 1], isLastOwn: message === lastOwn, choices, conversation }),
    ]);
    if (conversation.typing) rows.push({ key: "typing", kind: "typing", name: conversation.typing });
    return rows;
  }

  function unsentMessages(conversation) {
    const stored = new Set([...conversation.messages.values()].map((message) => message.client_id).filter(Boolean));
    return conversation.outbox.filter((entry) => !stored.has(entry.client_id)).map(asMessage);
  }

  function dayRow(message, before) {
    const date = new Date(message.at);
    if (before && new Date(before.at).toDateString() === date.toDateString()) return [];
    return [{ key: `day of ${rowKey(message)}`, kind: "day", label: dayName(date) }];
  }

  function rowKey(message) {
    return message.client_id || `seq ${message.seq}`; // one's own message keeps its node when it is acknowledged
  }

  function messageRow({ message, before, after, isLastOwn, choices, conversation }) {
    return {
      key: rowKey(message),
      kind: message.author === "system" ? "system" : "message",
      message,
      isFirst: !sameGroup(before, message),
      isLast: !sameGroup(message, after) || message.state === "failed",
      chosen: choices.made.get(message.seq) ?? null,
      isSuperseded: (message.choices || []).some(({ id }) => choices.offeredBy.get(id) !== message.seq),
      offered: conversation.isWithPeople() ? message.choices?.filter((choice) => !choice.needs_bot) : message.choices,
      mark: isLastOwn || message.state ? sendingMark(message, conversation) : "",
    };
  }

  function sendingMark(message, conversation) {
    if (message.state === "failed") return "failed";
    if (!message.state) return conversation.isRead(message) ? t("Read") : t("Sent");
    return conversation.connection === "lost" ? t("Kept, will be sent") : t("Sending");
  }

  const DRAW = {
    day: (row) => ({ class: "day", parts: { label: () => [h("span", {}, row.label)] }, signs: { label: row.label } }),
    typing: (row) => ({
      class: "typing",
      parts: { all: () => [h("span", { class: "dots", "aria-hidden": true }, h("i"), h("i"), h("i")), h("span", {}, t("{name} is typing", row))] },
      signs: { all: row.name },
    }),
    system: (row) => ({
      class: "system",
      parts: { all: () => [h("span", {}, row.message.text)] },
      signs: { all: row.message.text },
    }),
    message: (row, acts) => ({
      class: ["row", row.message.author, row.isFirst && "first", row.message.state === "failed" && "failed"].filter(Boolean).join(" "),
      parts: { name: () => drawName(row), bubble: () => drawBubble(row), files: () => drawFiles(row, acts), choices: () => drawChoices(row, acts), foot: () => drawFoot(row, acts) },
      signs: {
        name: `${row.isFirst}${authorName(row.message)}`,
        bubble: `${row.message.text}${row.message.html}`,
        files: JSON.stringify(row.message.attachments),
        choices: JSON.stringify([row.offered, row.chosen, row.isSuperseded]),
        foot: JSON.stringify([row.isLast, row.mark, row.message.at, row.message.reason, row.message.edited_at]),
      },
    }),
  };

  function drawName({ message, isFirst }) {
    if (!isFirst || message.author === "customer") return [h("span", { class: "sr" }, `${authorName(message)}: `)];
    return [h("div", { class: "name" }, icon(message.author === "agent" ? "person" : "spark"), authorName(message))];
  }

  function drawBubble({ message }) {
    if (!message.text) return [];
    const isRich = message.author !== "customer" && message.html;
    return [h("div", { class: "bubble", dir: "auto" }, isRich ? richText(message) : h("p", { class: "plain" }, message.text))];
  }

  function drawFiles({ message }, acts) {
    if (!message.attachments?.length) return [];
    return [h("div", { class: "files", role: "group", "aria-label": t("Files") }, message.attachments.map((file) => drawFile(file, acts)))];
  }

  // The token is in no address, so pictures are fetched and shown from memory.
  function drawFile(file, acts) {
    if (file.problem) return h("span", { class: "file" }, `${file.name}: ${file.problem}`);
    if (!file.url) return h("span", { class: "file" }, file.name);
    const button = h("button", { type: "button", class: "file", title: file.name, onclick: () => acts.openFile(file) }, file.name);
    if (SHOWN.includes(file.media_type)) {
      acts.fetchFile(file).then((source) => button.replaceChildren(h("img", { src: source, alt: file.name, onerror: () => button.replaceChildren(file.name) })), () => {});
    }
    return button;
  }

  // What was chosen stays to be read; what can be chosen no longer goes.
  function drawChoices({ message, offered, chosen, isSuperseded }, acts) {
    const isOver = chosen !== null || isSuperseded;
    const shown = chosen !== null ? message.choices : offered;
    if (!shown?.length) return [];
    const buttons = shown.map((choice) => drawChoice({ message, choice, isOver, isChosen: choice.id === chosen, acts }));
    return [h("div", { class: "choices", role: "group", "aria-label": t("Choose an answer") }, buttons)];
  }

  // aria-disabled, not disabled: the focus stays where it is and a screen reader can still read what was offered.
  function drawChoice({ message, choice, isOver, isChosen, acts }) {
    return h(
      "button",
      {
        type: "button",
        class: "choice",
        "aria-disabled": isOver && "true",
        "aria-pressed": isChosen && "true",
        onclick: () => isOver || acts.choose(message, choice),
      },
      h("span", {}, choice.label),
      isChosen && icon("check"),
    );
  }

  function drawFoot({ message, isLast, mark }, acts) {
    const edited = message.edited_at && h("span", { title: EXACT.format(new Date(message.edited_at)) }, t("edited"));
    if (!isLast) return edited ? [h("div", { class: "foot", "aria-live": "off" }, edited)] : [];
    if (mark === "failed") return [drawFailure(message, acts)];
    const when = new Date(message.at);
    const time = h("time", { datetime: message.at, title: EXACT.format(when), dir: "auto" }, CLOCK.format(when));
    return [h("div", { class: "foot", "aria-live": "off" }, time, edited, mark && h("span", {}, mark))];
  }

  function drawFailure(message, acts) {
    return h(
      "div",
      { class: "foot" },
      h("span", { class: "why" }, t("Not sent: {reason}", message)),
      h("button", { type: "button", onclick: () => acts.tryAgain(message.client_id) }, t("Try again")),
      h("button", { type: "button", onclick: () => acts.takeBack(message) }, message.choice ? t("Remove") : t("Edit")),
    );
  }

  function patch(list, rows, acts) {
    const known = new Map([...list.children].filter((node) => node.rowKey).map((node) => [node.rowKey, node]));
    let place = [...list.children].find((node) => node.rowKey) || null;
    for (const row of rows) {
      const node = known.get(row.key) || Object.assign(h("div"), { rowKey: row.key, signs: {}, drawn: {} });
      known.delete(row.key);
      patchRow(node, DRAW[row.kind](row, acts));
      if (node === place) place = place.nextElementSibling;
      else list.insertBefore(node, place);
    }
    for (const node of known.values()) node.remove();
  }

  function patchRow(node, drawing) {
    if (node.className !== drawing.class) node.className = drawing.class;
    for (const [name, draw] of Object.entries(drawing.parts)) {
      if (node.signs[name] === drawing.signs[name]) continue;
      replacePart(node, name, draw(), Object.keys(drawing.parts));
      node.signs[name] = drawing.signs[name];
    }
  }

  function replacePart(node, name, drawn, order) {
    const old = node.drawn[name] || [];
    const focus = focusedButton(node, old);
    const later = order.slice(order.indexOf(name) + 1).flatMap((other) => node.drawn[other] || []);
    for (const child of old) child.remove();
    drawn.forEach((child) => node.insertBefore(child, later[0] || null));
    node.drawn[name] = drawn;
    drawn.flatMap((child) => [...child.querySelectorAll("button")])[focus]?.focus();
  }

  function focusedButton(node, parts) {
    return parts.flatMap((part) => [...part.querySelectorAll("button")]).indexOf(node.getRootNode().activeElement);
  }

  // ------------------------------------------------------------------------------------------------- view: transcript

  function asPlainText(conversation) {
    const lines = conversation.transcript().map((message) => {
      const who = message.author === "system" ? "" : `${authorName(message)}: `;
      return `[${EXACT.format(new Date(message.at))}] ${who}${message.text}`;
    });
    return `\ufeff${[conversation.welcome?.name || t("Chat"), location.origin, "", ...lines, ""].join("\r\n")}`;
  }

  function saveAsFile(text) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    h("a", { href: url, download: `chat-${new Date().toISOString().slice(0, 10)}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60 * SECOND);
  }

  // ------------------------------------------------------------------------------------------------------ element

  class OmnibotChat extends HTMLElement {
    constructor(settings = {}) {
      super();
      this.settings = settings;
      const root = this.attachShadow({ mode: "open" });
      applyStyle(root, STYLE + colorStyle(settings.color, settings.theme));
      this.conversation = new Conversation({ identity: settings.identity, changed: () => this.scheduleDraw() });
      this.build(root);
      this.conversation.start();
    }

    // For the host page: document.querySelector("omnibot-chat").open(), or an element with data-omnibot-open[="text"]

    open(draft = "") {
      if (draft && !this.box.value.trim()) this.setDraft(draft);
      if (this.isOpen) return this.box.focus();
      this.opener = document.activeElement;
      this.panel.hidden = false;
      this.launcher.setAttribute("aria-expanded", "true");
      this.conversation.open();
      this.isFollowing = true;
      this.draw();
      this.fitBox();
      this.fitKeyboard();
      this.box.focus();
    }

    close() {
      if (!this.isOpen) return;
      this.showMenu(false);
      this.showSheet(null);
      this.panel.hidden = true;
      this.launcher.setAttribute("aria-expanded", "false");
      this.returnFocus();
      this.draw();
    }

    returnFocus() {
      const isOnPage = this.opener?.isConnected && ![this, document.body].includes(this.opener);
      (isOnPage ? this.opener : this.launcher).focus();
    }

    /** For a log-in without a page load: the customer's signed identity. */
    identify(identity) {
      this.conversation.identify(identity);
    }

    /** For a log-out: wipes what this browser knows of the chat. */
    forget() {
      this.conversation.forget();
      this.setDraft("");
    }

    get isOpen() {
      return !this.panel.hidden;
    }

    // Building, once

    build(root) {
      this.launcher = this.buildLauncher();
      this.panel = this.buildPanel();
      root.append(h("div", { class: "root", lang: LANGUAGE }, this.panel, this.launcher));
      root.addEventListener("keydown", (event) => this.takeKey(event));
      // Seen from the host page our keys come from no text box: its shortcuts must not take them.
      for (const type of ["keydown", "keyup", "keypress"]) root.addEventListener(type, (event) => event.stopPropagation());
      visualViewport?.addEventListener("resize", () => this.fitKeyboard());
      visualViewport?.addEventListener("scroll", () => this.fitKeyboard());
      this.setDraft(readDraft());
      this.draw();
    }

    buildLauncher() {
      this.badge = h("span", { class: "badge", "aria-hidden": true, hidden: true });
      return h(
        "button",
        { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.toggle() },
        icon("chat"),
        icon("down"),
        this.badge,
      );
    }

    buildPanel() {
      return h(
        "section",
        { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
        this.buildHead(),
        (this.menu = this.buildMenu()),
        this.buildNotices(),
        this.buildBody(),
        (this.composer = this.buildComposer()),
      );
    }

    buildHead() {
      this.mark = h("div", { class: "mark", "aria-hidden": true });
      this.heading = h("h2", { id: "title" });
      this.subheading = h("p", { id: "subtitle" });
      this.menuButton = this.tool("more", t("More"), () => this.showMenu(this.menu.hidden));
      this.menuButton.setAttribute("aria-expanded", "false");
      this.menuButton.setAttribute("aria-controls", "menu");
      return h(
        "div",
        { class: "head" },
        this.mark,
        h("div", { class: "who" }, this.heading, this.subheading),
        this.menuButton,
        (this.closeButton = this.tool("close", t("Close chat"), () => this.close())),
      );
    }

    tool(name, label, onclick) {
      return h("button", { type: "button", class: "tool", "aria-label": label, title: label, onclick }, icon(name));
    }

    buildMenu() {
      const item = (label, act) => h("button", { type: "button", onclick: () => (this.showMenu(false), act()) }, label);
      return h(
        "div",
        { class: "menu", id: "menu", hidden: true, onfocusout: (event) => this.leaveMenu(event) },
        item(t("Save this chat as a file"), () => this.save()),
        (this.mailItem = item(t("Send this chat by mail"), () => this.showSheet(this.mailForm()))),
        item(t("About your data"), () => this.showSheet(this.aboutData())),
        (this.onward = h("div", { class: "onward" })),
      );
    }

    // Another channel, opened with the conversation's own code. The window is opened at once: later it would be a pop-up.
    drawOnward() {
      const offered = this.conversation.onward || [];
      const item = ({ channel, label }) => h("button", { type: "button", onclick: () => this.goOn(channel) }, t("Continue on {channel}", { channel: label }));
      this.onward.replaceChildren(...offered.map(item));
    }

    async goOn(channel) {
      this.showMenu(false);
      const opened = open("", "_blank");
      try {
        const { url } = await call("POST", "continue", { token: this.conversation.session.token, body: { channel } });
        if (!opened) return location.assign(url);
        opened.opener = null;
        opened.location.replace(url);
      } catch {
        opened?.close();
        setText(this.banner, t("That did not work. Please try again."));
        this.banner.hidden = false;
      }
    }

    // The live region is always there; what appears in it is announced.
    buildNotices() {
      this.strip = h("p", { class: "strip waiting", hidden: true });
      this.banner = h("p", { class: "strip banner", hidden: true });
      return h("div", { role: "status" }, this.strip, this.banner);
    }

    buildBody() {
      this.intro = h("div", { class: "intro" });
      this.log = h(
        "div",
        { class: "log", role: "log", "aria-label": t("Messages"), "aria-live": "off", "aria-relevant": "additions", tabindex: "0", onscroll: () => this.noticeScroll() },
        this.intro,
      );
      new ResizeObserver(() => this.isFollowing && this.scrollToEnd()).observe(this.log);
      this.pill = h("button", { type: "button", class: "pill", hidden: true, onclick: () => this.leavePill() }, icon("down"), t("New messages"));
      this.sheet = h("div", { class: "sheet", role: "group", "aria-labelledby": "sheet-title", hidden: true });
      this.barred = h("p", { class: "barred", role: "status", hidden: true });
      return h("div", { class: "body" }, this.log, this.barred, this.pill, this.sheet);
    }

    buildComposer() {
      this.box = h("textarea", {
        rows: "1",
        "aria-label": t("Your message"),
        "aria-describedby": "count",
        placeholder: t("Write a message"),
        enterkeyhint: "send",
        dir: "auto",
        oninput: () => this.noticeInput(),
      });
      this.count = h("p", { class: "count", id: "count", hidden: true });
      this.sendButton = h("button", { type: "button", class: "send", "aria-label": t("Send"), title: t("Send"), onclick: () => this.send() }, h("span", {}, icon("send")));
      this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.pickFiles() });
      this.attached = h("ul", { class: "attached", "aria-label": t("Files"), hidden: true });
      const clip = this.tool("clip", t("Attach a file"), () => this.picker.click());
      this.box.addEventListener("paste", (event) => this.pasteFiles(event));
      return h("div", { class: "compose" }, this.attached, h("div", { class: "box" }, clip, this.picker, this.box, this.sendButton), this.count);
    }

    // Drawing, after every change

    scheduleDraw() {
      if (this.isDrawing) return;
      this.isDrawing = true;
      queueMicrotask(() => {
        this.isDrawing = false;
        this.draw();
      });
    }

    draw() {
      if (this.isOpen) this.drawPanel();
      this.drawBadge();
    }

    drawPanel() {
      this.drawHead();
      this.drawBar();
      this.drawWaiting();
      this.drawBanner();
      this.drawIntro();
      this.drawLog();
      if (!document.hidden && this.pill.hidden) this.conversation.markSeen();
    }

    // Who may not chat is told why, in place of everything else.
    drawBar() {
      const { isBarred = false } = this.conversation;
      if (this.composer.hidden === isBarred) return;
      const hadFocus = this.composer.contains(this.shadowRoot.activeElement);
      this.composer.hidden = this.log.hidden = this.menuButton.hidden = isBarred;
      this.barred.hidden = !isBarred;
      setText(this.barred, isBarred ? t("Please sign in on this site to chat with us.") : "");
      if (isBarred && hadFocus) this.closeButton.focus();
      else if (!isBarred) this.box.focus();
    }

    drawBadge() {
      const unread = this.isOpen ? 0 : this.conversation.unread();
      const label = this.isOpen ? t("Close chat") : t("Open chat");
      const waiting = t("unread messages: {n}", { n: unread });
      this.badge.hidden = !unread;
      this.badge.textContent = unread > 99 ? "99+" : String(unread);
      this.launcher.setAttribute("aria-label", unread ? `${label} (${waiting})` : label);
    }

    drawHead() {
      const { status, welcome } = this.conversation;
      const isAgent = status.status === "open" && Boolean(status.agent_name);
      setText(this.heading, isAgent ? status.agent_name : welcome?.name || t("Chat"));
      setText(this.subheading, whoSpeaks(status));
      const face = isAgent ? [...status.agent_name][0].toUpperCase() : "";
      if (this.mark.face === face) return;
      this.mark.face = face;
      this.mark.className = isAgent ? "mark agent" : "mark";
      this.mark.replaceChildren(face || icon("chat"));
    }

    drawWaiting() {
      const { status, position, expected } = this.conversation.status;
      this.strip.hidden = status !== "queued";
      if (this.strip.hidden) return;
      const place = position ? t("You are number {position} in the queue.", { position }) : t("You are in the queue.");
      const sentences = [place, expected, t("You can go on writing; it is all read.")];
      setText(this.strip, sentences.filter(Boolean).join(LANGUAGE.startsWith("zh") ? "" : " "));
    }

    drawBanner() {
      const { connection } = this.conversation;
      const text = { lost: t("No connection. What you write is kept and sent when it is back."), back: t("Connected again.") }[connection] || "";
      this.banner.className = connection === "back" ? "strip banner back" : "strip banner";
      this.banner.hidden = !text;
      setText(this.banner, text);
    }

    drawIntro() {
      const { welcome, loaded, messages, outbox } = this.conversation;
      const asks = loaded && !messages.size && !outbox.length;
      const sign = JSON.stringify([welcome, asks, loaded]);
      if (this.intro.sign === sign) return;
      this.intro.sign = sign;
      this.intro.replaceChildren(...(welcome ? this.greeting(welcome, asks) : skeleton()));
    }

    greeting({ reply_time, questions = [] }, asks) {
      const offers = questions.map((question) => h("button", { type: "button", class: "offer", dir: "auto", onclick: () => this.ask(question) }, question));
      return [
        h("h3", {}, t("How can we help?")),
        h("p", { class: "lead" }, t("Ask anything. Known answers come at once, the rest goes to a person.")),
        reply_time ? h("p", {}, reply_time) : "",
        asks && offers.length ? h("div", { class: "offers" }, h("p", { class: "offers-title" }, t("Often asked")), offers) : "",
      ];
    }

    drawLog() {
      const lastSeq = this.conversation.lastSeq();
      const news = this.conversation.transcript().filter((message) => message.seq > (this.drawnSeq ?? lastSeq) && message.author !== "customer");
      const held = this.log.contains(this.shadowRoot.activeElement);
      patch(this.log, describeRows(this.conversation), this.acts);
      if (held && !this.shadowRoot.activeElement) this.box.focus({ preventScroll: true }); // its button is gone
      this.announceFromNowOn();
      if (this.isFollowing) this.scrollToEnd(news[0]);
      else if (news.length) this.pill.hidden = false;
      this.drawnSeq = this.conversation.loaded ? lastSeq : undefined;
    }

    // What was said before is read when wanted; only what comes from now on is announced.
    announceFromNowOn() {
      if (!this.conversation.loaded || this.log.getAttribute("aria-live") === "polite") return;
      setTimeout(() => this.log.setAttribute("aria-live", "polite"), 500);
    }

    // Scrolling follows the end until the customer scrolls away

    isFollowing = true;

    noticeScroll() {
      const left = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight;
      const target = this.scrollTarget;
      this.scrollTarget = undefined;
      if (target !== undefined && Math.abs(this.log.scrollTop - target) < 2) return; // that was us
      this.isFollowing = left < NEAR_BOTTOM;
      if (this.isFollowing && !this.pill.hidden) this.readNew();
    }

    // A long answer is shown from its beginning.
    scrollToEnd(news) {
      const isEmpty = this.log.lastElementChild === this.intro; // then the greeting is what there is to read
      const bottom = isEmpty ? 0 : this.log.scrollHeight - this.log.clientHeight;
      const node = news && [...this.log.children].find((child) => child.rowKey === `seq ${news.seq}`);
      const target = Math.max(0, Math.min(bottom, node ? node.offsetTop - this.log.offsetTop - 8 : bottom));
      this.isFollowing = bottom - target < NEAR_BOTTOM;
      if (Math.abs(this.log.scrollTop - target) < 1) return;
      this.scrollTarget = target;
      this.log.scrollTop = target;
    }

    leavePill() {
      this.log.focus(); // the pill is about to go, and the focus must not fall out of the chat
      this.readNew();
    }

    readNew() {
      this.pill.hidden = true;
      this.isFollowing = true;
      this.scrollToEnd();
      this.draw();
    }

    // Writing

    acts = {
      choose: (message, choice) => this.choose(message, choice),
      tryAgain: (clientId) => this.follow(() => this.conversation.tryAgain(clientId)),
      takeBack: (message) => this.takeBack(message),
      fetchFile: (file) => this.fetchFile(file),
      openFile: (file) => this.openFile(file),
    };

    follow(act) {
      this.isFollowing = true;
      this.pill.hidden = true;
      act();
    }

    choose(message, choice) {
      this.follow(() => this.conversation.choose(message, choice));
      if (!TOUCH.matches) this.box.focus(); // a touch must not bring up the keyboard
    }

    ask(question) {
      this.follow(() => this.conversation.say(question));
      if (TOUCH.matches) this.log.focus();
      else this.box.focus();
    }

    send() {
      const text = this.box.value.trim();
      const ready = this.files.filter((file) => file.id).map(({ id, name }) => ({ id, name }));
      const isUploading = this.files.some((file) => !file.id && !file.reason);
      if (!isUploading && (text || ready.length) && length(text) <= MAX_CHARACTERS) {
        this.setDraft("");
        this.files = [];
        this.drawAttached();
        this.follow(() => this.conversation.say(text, ready));
      }
      this.box.focus();
    }

    // Files: uploaded at once, sent with the next message

    files = []; // {name, share, id | reason}
    fetched = new Map(); // address in memory by path

    pickFiles() {
      for (const file of this.picker.files) this.attach(file);
      this.picker.value = "";
      this.box.focus();
    }

    pasteFiles(event) {
      const files = [...(event.clipboardData?.files || [])];
      if (!files.length) return;
      event.preventDefault();
      files.forEach((file) => this.attach(file));
    }

    async attach(file) {
      if (this.files.length >= MAX_FILES) return;
      const entry = { name: file.name, share: 0 };
      this.files.push(entry);
      this.drawAttached();
      try {
        entry.id = await this.conversation.upload(file, (share) => this.showProgress(entry, share));
      } catch (error) {
        entry.reason = error.message;
      }
      this.drawAttached();
    }

    showProgress(entry, share) {
      entry.share = share;
      if (entry.bar) entry.bar.value = share;
    }

    drawAttached() {
      this.attached.hidden = !this.files.length;
      this.attached.replaceChildren(...this.files.map((entry) => this.drawAttachedFile(entry)));
      this.fitCounter();
    }

    drawAttachedFile(entry) {
      entry.bar = entry.id || entry.reason ? null : h("progress", { max: "1", value: String(entry.share), "aria-label": t("Uploading {name}", entry) });
      const what = h("span", { class: "what" }, entry.name, entry.reason && h("span", { class: "why", role: "alert" }, ` ${t("Not sent: {reason}", entry)}`));
      const drop = this.tool("close", t("Remove {name}", entry), () => {
        this.files = this.files.filter((other) => other !== entry);
        this.drawAttached();
        this.box.focus();
      });
      return h("li", {}, what, entry.bar, drop);
    }

    fetchFile({ url }) {
      if (!this.fetched.has(url)) {
        const fetching = download(url, this.conversation.session?.token);
        fetching.catch(() => this.fetched.delete(url));
        this.fetched.set(url, fetching);
      }
      return this.fetched.get(url);
    }

    async openFile(file) {
      const source = await this.fetchFile(file).catch(() => null);
      if (source) h("a", { href: source, download: file.name }).click();
    }

    takeBack(message) {
      this.conversation.takeBack(message.client_id);
      this.files.push(...(message.files || []));
      this.drawAttached();
      if (!message.choice) this.setDraft([message.text, this.box.value].filter(Boolean).join("\n"));
      this.box.focus();
    }

    setDraft(text) {
      this.box.value = text;
      this.fitBox();
      writeDraft(text);
    }

    noticeInput() {
      this.fitBox();
      writeDraft(this.box.value);
      if (this.box.value.trim()) this.conversation.sayTyping();
    }

    fitBox() {
      const line = parseFloat(getComputedStyle(this.box).lineHeight) || 24;
      this.box.style.blockSize = "44px";
      const tallest = line * MAX_LINES + 20;
      const height = Math.min(Math.max(44, this.box.scrollHeight), tallest);
      this.box.style.blockSize = `${height}px`;
      this.box.style.overflowY = this.box.scrollHeight > tallest ? "auto" : "hidden";
      this.fitCounter();
    }

    fitCounter() {
      const used = length(this.box.value.trim());
      const left = MAX_CHARACTERS - used;
      const isUploading = this.files.some((file) => !file.id && !file.reason);
      const isEmpty = !used && !this.files.some((file) => file.id);
      this.sendButton.setAttribute("aria-disabled", String(isEmpty || isUploading || left < 0));
      this.count.hidden = used < COUNTER_FROM;
      this.count.className = left < 0 ? "count over" : "count";
      setText(this.count, left < 0 ? t("{n} characters too many", { n: -left }) : t("{n} characters left", { n: left }));
    }

    // Keys

    takeKey(event) {
      // An input method uses Enter and Escape for itself; Safari tells by 229 only.
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Escape") this.stepBack(event);
      if (event.key === "Tab" && this.coversPage()) this.keepFocus(event);
      if (event.key === "Enter" && !event.shiftKey && event.target === this.box) {
        event.preventDefault();
        this.send();
      }
    }

    stepBack(event) {
      if (!this.isOpen) return;
      event.preventDefault();
      if (!this.menu.hidden) this.showMenu(false, { focus: true });
      else if (!this.sheet.hidden) this.showSheet(null, { focus: true });
      else this.close();
    }

    coversPage() {
      return this.isOpen && PHONE.matches;
    }

    keepFocus(event) {
      const stops = [...this.panel.querySelectorAll("button,input,textarea,a[href],[tabindex]")].filter((node) => node.offsetParent !== null);
      const [end, start] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
      if (this.shadowRoot.activeElement !== end) return;
      event.preventDefault();
      start.focus();
    }

    // The on-screen keyboard shrinks the visual viewport only
    fitKeyboard() {
      const isUp = this.coversPage() && visualViewport && visualViewport.height < innerHeight - 80;
      this.panel.style.blockSize = isUp ? `${visualViewport.height}px` : "";
      this.panel.style.insetBlockStart = isUp ? `${visualViewport.offsetTop}px` : "";
      this.panel.setAttribute("aria-modal", String(Boolean(this.coversPage())));
    }

    // Menu and sheet

    toggle() {
      if (this.isOpen) this.close();
      else this.open();
    }

    showMenu(isShown, { focus = isShown } = {}) {
      if (isShown) this.drawOnward();
      this.mailItem.hidden = !this.conversation.mailsTranscript || !this.conversation.messages.size;
      this.menu.hidden = !isShown;
      this.menuButton.setAttribute("aria-expanded", String(isShown));
      if (focus) (isShown ? this.menu.firstElementChild : this.menuButton).focus();
    }

    leaveMenu({ relatedTarget }) {
      if (!this.menu.contains(relatedTarget) && relatedTarget !== this.menuButton) this.showMenu(false);
    }

    save() {
      saveAsFile(asPlainText(this.conversation));
      this.menuButton.focus();
    }

    showSheet(content, { focus = Boolean(content) } = {}) {
      const isShown = Boolean(content);
      this.sheet.hidden = !isShown;
      this.log.inert = isShown;
      this.sheet.replaceChildren(...(content || []));
      if (focus) (isShown ? this.sheet.querySelector("input") || this.sheet.querySelector("button") : this.menuButton).focus();
    }

    sheetHead(title) {
      const back = this.tool("back", t("Back to the chat"), () => this.showSheet(null, { focus: true }));
      return h("div", { class: "sheet-head" }, back, h("h3", { id: "sheet-title" }, title));
    }

    mailForm() {
      const address = h("input", { type: "email", id: "address", autocomplete: "email", inputmode: "email", maxlength: "254", required: true, dir: "ltr", "aria-describedby": "told" });
      const told = h("p", { id: "told", role: "status" });
      const send = h("button", { type: "submit", class: "plain-button" }, t("Send"));
      const form = h(
        "form",
        { novalidate: true, onsubmit: (event) => (event.preventDefault(), this.mailTranscript(address, send, told)) },
        h("label", { for: "address" }, t("Mail address")),
        address,
        send,
      );
      const what = t("You get a copy of this chat as a mail. The address is used for nothing else.");
      return [this.sheetHead(t("Send this chat by mail")), h("p", {}, what), form, told];
    }

    async mailTranscript(address, button, told) {
      if (!address.value.trim() || !address.checkValidity()) {
        setText(told, t("Please write a mail address, such as name@example.com."));
        return address.focus();
      }
      if (button.getAttribute("aria-disabled")) return;
      button.setAttribute("aria-disabled", "true");
      setText(told, t("Sending"));
      try {
        await this.conversation.mailTranscript(address.value.trim());
        setText(told, t("The copy is on its way to {address}.", { address: address.value.trim() }));
      } catch (error) {
        setText(told, mailTrouble(error));
      }
      button.removeAttribute("aria-disabled");
    }

    aboutData() {
      const name = this.conversation.welcome?.name || location.hostname;
      const { privacy } = this.settings;
      return [
        this.sheetHead(t("About your data")),
        h("p", {}, t("What you write goes to {name}: first to its assistant, then, if needed, to the people of its service team.", { name })),
        h("p", {}, t("This browser keeps a key to this chat, so that you find it again. There are no cookies, and nobody else is told.")),
        privacy && SAFE_LINK.test(privacy) && h("p", {}, h("a", { href: privacy, target: "_blank", rel: "noopener noreferrer" }, t("Read the privacy policy"))),
        h("p", {}, t("On a shared computer you can remove the chat from this browser. {name} keeps what was said.", { name })),
        this.forgetButtons(),
        h("p", {}, t("Or delete it everywhere: {name} forgets what was said and who you are.", { name })),
        this.deleteButtons(),
      ].filter(Boolean);
    }

    deleteButtons() {
      const told = h("p", { role: "status" });
      const really = h("button", { type: "button", class: "plain-button danger", hidden: true, onclick: () => this.deleteChat(told) }, t("Yes, delete it for good"));
      const ask = h("button", { type: "button", class: "plain-button", onclick: () => ((really.hidden = false), (ask.hidden = true), really.focus()) }, t("Delete this chat"));
      return h("div", {}, ask, really, told);
    }

    async deleteChat(told) {
      try {
        await this.conversation.deleteEverywhere();
        this.forget();
        this.showSheet(null);
        this.box.focus();
      } catch (error) {
        setText(told, error.status === 409 ? t("People are working on your case and still need it. Ask them to delete it when it is done.") : error.message || t("No connection."));
      }
    }

    forgetButtons() {
      const really = h("button", { type: "button", class: "plain-button danger", hidden: true, onclick: () => (this.forget(), this.showSheet(null), this.box.focus()) }, t("Yes, remove it"));
      const ask = h("button", { type: "button", class: "plain-button", onclick: () => ((really.hidden = false), (ask.hidden = true), really.focus()) }, t("Remove this chat from this browser"));
      return h("div", {}, ask, really);
    }
  }

  function mailTrouble({ status }) {
    if (status === 422) return t("Please write a mail address, such as name@example.com.");
    if (status === 429) return t("That is as many copies as we can send for now. You can save the chat as a file.");
    return status ? t("That did not work. Please try again.") : t("No connection.");
  }

  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function length(text) {
    return [...text].length; // characters as people count them, near enough, and as the server does
  }

  function skeleton() {
    const bone = (kind) => h("div", { class: `bone ${kind}`, "aria-hidden": true });
    return [bone("title"), bone(""), bone("short"), h("div", { class: "offers", "aria-hidden": true }, bone("tall"), bone("tall"), bone("tall"))];
  }

  function whoSpeaks({ status, agent_name, position }) {
    if (status === "queued") return position ? t("Waiting for a person, place {position}", { position }) : t("Waiting for a person");
    if (status === "open") return agent_name ? t("A person from our service team") : t("A person is reading along");
    if (status === "closed") return t("This chat has ended. Write to go on.");
    return t("Assistant, answers at once");
  }

  customElements.define("omnibot-chat", OmnibotChat);

  function mount() {
    const { color, identity, privacy, theme } = SCRIPT.dataset;
    const chat = new OmnibotChat({ color, identity, privacy, theme });
    document.body.append(chat);
    document.addEventListener("click", ({ target }) => {
      const opener = target.closest?.("[data-omnibot-open]");
      if (opener) chat.open(opener.dataset.omnibotOpen);
    });
    // Single-page sites may swap the whole body.
    new MutationObserver(() => chat.isConnected || document.body?.append(chat)).observe(document.documentElement, { childList: true });
  }

  if (document.body) mount();
  else document.addEventListener("DOMContentLoaded", mount, { once: true });
})();
