/** One conversation with the clinic's assistant: sends what the visitor writes once, in order, and listens. */

import { Api, type Outcome } from "./api.ts";
import { Conversation } from "./conversation.ts";
import { Memory, browserStorage } from "./storage.ts";
import { Line } from "./line.ts";
import type { Button, Client, Message, Pending, Rating } from "./types.ts";

const BACKOFF = [1, 2, 4, 8, 15, 30]; // seconds
const LOOK_AGAIN = 2; // seconds until a message that was taken in is looked for
const DROPPED = "Please begin a new conversation.";

/** What a client is made of; the tests bring their own parts. */
export interface Options {
  server: string;
  now?: () => number;
  fetch?: typeof globalThis.fetch;
  storage?: Storage | null;
}

/** The client of a server's conversation in this tab. */
export function createClient(options: Options): Client {
  return new ChatClient(options);
}

class ChatClient extends Conversation implements Client {
  private readonly api: Api;
  private readonly line: Line;
  private isActive = false;
  private isPumping = false;
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Options) {
    const now = options.now ?? (() => Date.now() / 1000);
    const storage = options.storage === undefined ? browserStorage() : options.storage;
    super(new Memory(options.server, storage, now), now);
    this.api = new Api(options.server, options.fetch ?? globalThis.fetch.bind(globalThis));
    this.line = new Line(this.api, {
      after: () => this.after(),
      messages: (messages) => this.take(messages, true),
      typing: (typing) => this.set({ typing }),
      presence: (presence) => this.meet(presence),
      gone: () => this.lose(),
      isOnline: (isOnline) => this.connected(isOnline),
    });
  }

  start(): void {
    if (this.isActive) return;
    this.isActive = true;
    globalThis.addEventListener?.("storage", this.onStorage);
    globalThis.addEventListener?.("online", this.onWake);
    globalThis.addEventListener?.("offline", this.onOffline);
    globalThis.document?.addEventListener("visibilitychange", this.onWake);
    this.adopt(this.memory.read());
    if (this.token) void this.load();
    void this.pump();
  }

  stop(): void {
    this.isActive = false;
    globalThis.removeEventListener?.("storage", this.onStorage);
    globalThis.removeEventListener?.("online", this.onWake);
    globalThis.removeEventListener?.("offline", this.onOffline);
    globalThis.document?.removeEventListener("visibilitychange", this.onWake);
    clearTimeout(this.timer);
    this.line.close();
  }

  send(text: string): void {
    this.queue({ text: text.trim() });
  }

  press({ title, payload }: Button): void {
    this.queue({ text: title, payload });
  }

  retry(key: string): void {
    this.change(key, { state: "waiting", reason: undefined });
    void this.pump();
  }

  async rate(message: Message, rating: Rating, reason = ""): Promise<boolean> {
    if (!this.token || message.id === null) return false;
    const outcome = await this.api.rate(this.token, message.id, rating, reason);
    if (outcome.kind !== "done") return false;
    this.take([outcome.value.message], false);
    return true;
  }

  newChat(): void {
    this.forget([]);
    this.memory.write(null);
  }

  async deleteChat(): Promise<boolean> {
    if (this.token) {
      const outcome = await this.api.erase(this.token);
      if (outcome.kind !== "done" && outcome.kind !== "gone") return false;
    }
    this.newChat();
    return true;
  }

  private queue(what: { text: string; payload?: string }): void {
    if (!what.text) return;
    this.add(what);
    void this.pump();
  }

  /** Send what waits, one after the other; one tab at a time, where the browser can see to that. */
  private async pump(): Promise<void> {
    if (this.isPumping || !this.next()) return;
    this.isPumping = true;
    clearTimeout(this.timer);
    const work = async (): Promise<void> => {
      this.adopt(this.memory.read());
      for (let next = this.next(); next && this.isActive; next = this.next()) if (!(await this.deliver(next))) return;
    };
    try {
      const locks = globalThis.navigator?.locks;
      await (locks ? locks.request(this.memory.key, work) : work());
    } finally {
      this.isPumping = false;
    }
  }

  /** Send one message; false if it has to wait. */
  private async deliver(pending: Pending): Promise<boolean> {
    this.change(pending.key, { state: "sending" });
    const token = await this.session(pending);
    if (!token) return this.state.pending.find((one) => one.key === pending.key)?.state === "failed";
    this.set({ typing: !this.state.staff });
    const { key: id, text, payload } = pending;
    const outcome = await this.api.send(token, payload ? { id, payload } : { id, text });
    this.set({ typing: false });
    if (outcome.kind === "done") {
      this.tries = 0;
      this.connected(true);
      this.take(outcome.value.messages, true);
      this.listen();
      return this.isConfirmed(id) || this.lookFor(id, token);
    }
    return this.hold(pending, outcome);
  }

  /** A message that was taken in and is still being answered. */
  private async lookFor(key: string, token: string): Promise<boolean> {
    this.set({ typing: !this.state.staff });
    for (let i = 0; i < 10 && this.isActive && !this.isConfirmed(key); i++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN * 1000));
      if (!this.isConfirmed(key)) await this.catchUp(token);
    }
    this.set({ typing: false });
    return this.isConfirmed(key) || this.hold(null, { kind: "later", offline: false, after: 0 });
  }

  /** The token of the conversation, or of a new one; null if there is none now. */
  private async session(pending: Pending): Promise<string | null> {
    if (this.token && this.expiresAt > this.now()) return this.token;
    if (this.token) this.lose();
    const outcome = await this.api.session();
    if (outcome.kind !== "done") {
      this.hold(pending, outcome);
      return null;
    }
    this.token = outcome.value.token;
    this.expiresAt = outcome.value.expires_at;
    this.keep();
    return this.token;
  }

  /** What becomes of a message that did not get through; true if the next one may be tried. */
  private hold(pending: Pending | null, outcome: Exclude<Outcome<unknown>, { kind: "done" }>): boolean {
    if (outcome.kind === "refused") {
      if (pending) this.change(pending.key, { state: "failed", reason: outcome.reason });
      return true;
    }
    if (outcome.kind === "gone") {
      // Once: a server that refuses its own new token would be asked for ever.
      const isFirst = this.token !== null && this.tries === 0;
      this.lose();
      this.tries++;
      if (!isFirst && pending) this.change(pending.key, { state: "failed", reason: DROPPED });
      return true;
    }
    if (pending) this.change(pending.key, { state: "waiting" });
    if (!this.isActive) return false;
    this.connected(!outcome.offline);
    const wait = outcome.after || BACKOFF[Math.min(this.tries++, BACKOFF.length - 1)]! * (0.75 + Math.random() / 2);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.pump(), wait * 1000);
    return false;
  }

  private async load(): Promise<void> {
    this.set({ loading: true, connection: "connecting" });
    const { token } = this;
    if (token) await this.catchUp(token, false);
    this.listen();
    this.set({ loading: false });
  }

  private listen(): void {
    if (this.isActive && this.token) this.line.open(this.token);
  }

  protected fill(): void {
    if (this.token) void this.catchUp(this.token);
  }

  protected override forget(pending: readonly Pending[]): void {
    this.line.close();
    super.forget(pending);
  }

  private async catchUp(token: string, isLive = true): Promise<boolean> {
    for (;;) {
      const outcome = await this.api.history(token, this.after());
      if (token !== this.token) return false;
      if (outcome.kind === "gone") this.lose();
      if (outcome.kind === "later") this.connected(!outcome.offline);
      if (outcome.kind !== "done") return false;
      this.connected(true);
      this.meet(outcome.value);
      this.take(outcome.value.messages, isLive);
      if (!outcome.value.more || !outcome.value.messages.length) return true;
    }
  }

  /** The conversation is over: deleted, or too old. What waits is sent in a new one. */
  private lose(): void {
    this.forget(this.state.pending);
    this.keep();
  }

  private connected(isOnline: boolean): void {
    const connection = isOnline ? "online" : "offline";
    if (connection !== this.state.connection) this.set({ connection });
    if (isOnline && !this.isPumping && this.tries && this.next()) {
      this.tries = 0;
      void this.pump();
    }
  }

  private readonly onStorage = (event: StorageEvent): void => {
    if (event.key !== this.memory.key && event.key !== null) return;
    const stored = this.memory.read();
    if (!stored) return this.forget([]);
    const token = this.token;
    this.adopt(stored);
    if (this.token && this.token !== token) void this.load();
  };

  private readonly onWake = (): void => {
    if (globalThis.document?.visibilityState === "hidden") return this.line.close();
    this.listen();
    void this.pump();
  };

  private readonly onOffline = (): void => {
    if (this.state.started) this.set({ connection: "offline" });
  };
}
