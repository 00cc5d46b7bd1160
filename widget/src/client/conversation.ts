/** What this browser knows of a conversation: its messages, and what waits to be sent; kept over a reload and between tabs. */

import { complete, merge } from "./merge.ts";
import type { Memory, Stored } from "./storage.ts";
import type { Message, Pending, Presence, State } from "./types.ts";

/** The state and its changes, told by the events `change`, `send` and `reply`. */
export abstract class Conversation extends EventTarget {
  state: State = {
    messages: [],
    pending: [],
    typing: false,
    staff: null,
    connection: "idle",
    started: false,
    seen: null,
    loading: false,
  };
  protected token: string | null = null;
  protected expiresAt = 0;
  private dropped: string[] = [];

  protected constructor(
    protected readonly memory: Memory,
    protected readonly now: () => number,
  ) {
    super();
  }

  /** Ask the server for messages that are missing in the middle. */
  protected abstract fill(): void;

  discard(key: string): void {
    this.dropped = [...this.dropped, key].slice(-20);
    this.set({ pending: this.state.pending.filter((one) => one.key !== key) });
    this.keep();
  }

  markSeen(): void {
    const last = this.state.messages[this.state.messages.length - 1];
    if (!last || last.key === this.state.seen) return;
    this.set({ seen: last.key });
    this.keep();
  }

  /** Let a message wait to be sent. */
  protected add(what: { text: string; payload?: string }): void {
    const pending: Pending = { key: newId(), ...what, at: this.now(), state: "waiting" };
    this.set({ pending: [...this.state.pending, pending], started: true });
    this.keep();
    this.dispatchEvent(new CustomEvent("send", { detail: pending }));
  }

  protected next(): Pending | undefined {
    return this.state.pending.find((one) => one.state !== "failed");
  }

  protected isConfirmed(key: string): boolean {
    return !this.state.pending.some((one) => one.key === key);
  }

  /** The number after which messages are missing here; what an old reload remembers begins in the middle. */
  protected after(): number {
    return this.state.messages[0]?.id === 1 ? complete(this.state.messages) : 0;
  }

  protected take(messages: readonly Message[], isLive: boolean): void {
    if (!messages.length) return;
    const known = new Set(this.state.messages.map((one) => one.key));
    const merged = merge(this.state.messages, messages);
    if (merged === this.state.messages) return;
    const fresh = messages.filter((one) => !known.has(one.key));
    const has = new Set(merged.map((one) => one.key));
    const typing = this.state.typing && !fresh.some((one) => one.from !== "visitor");
    this.set({ messages: merged, pending: this.state.pending.filter((one) => !has.has(one.key)), typing, started: true });
    this.keep();
    if (isLive) {
      for (const detail of fresh) {
        if (detail.from !== "visitor") this.dispatchEvent(new CustomEvent("reply", { detail }));
      }
    }
    if (isLive && hasGap(merged)) this.fill();
  }

  /** Note who talks with the visitor. */
  protected meet(presence: Presence): void {
    const staff = presence.staff?.name ?? null;
    if (staff !== this.state.staff) this.set({ staff, typing: this.state.typing && !staff });
  }

  /** Know nothing of the conversation any more but what waits. */
  protected forget(pending: readonly Pending[]): void {
    this.token = null;
    this.expiresAt = 0;
    const connection = "idle";
    this.set({ messages: [], pending, typing: false, staff: null, connection, started: pending.length > 0, seen: null, loading: false });
  }

  /** Take over what another tab, or this one before a reload, has stored. */
  protected adopt(stored: Stored | null): void {
    if (!stored) return;
    if (stored.token !== this.token && stored.token) {
      const isOther = this.token !== null;
      this.token = stored.token;
      this.expiresAt = stored.expiresAt;
      if (isOther) this.set({ messages: [] });
    }
    this.dropped = stored.dropped ?? [];
    const messages = merge(this.state.messages, stored.messages);
    const done = new Set([...messages.map((one) => one.key), ...this.dropped]);
    const own = this.state.pending.filter((one) => !stored.pending.some((other) => other.key === one.key));
    const pending = [...stored.pending, ...own].filter((one) => !done.has(one.key)).sort((a, b) => a.at - b.at);
    const started = messages.length + pending.length > 0 || stored.token !== null;
    this.set({ messages, pending, started, seen: stored.seen });
  }

  protected keep(): void {
    const { started, messages, pending, seen } = this.state;
    const { token, expiresAt, dropped } = this;
    this.memory.write(started ? { token, expiresAt, messages: [...messages], pending: [...pending], seen, dropped } : null);
  }

  protected change(key: string, changes: Partial<Pending>): void {
    this.set({ pending: this.state.pending.map((one) => (one.key === key ? { ...one, ...changes } : one)) });
    this.keep();
  }

  protected set(changes: Partial<State>): void {
    this.state = { ...this.state, ...changes };
    this.dispatchEvent(new Event("change"));
  }
}

function hasGap(messages: readonly Message[]): boolean {
  const last = messages.reduce((most, one) => Math.max(most, one.id ?? 0), 0);
  return complete(messages) < last;
}

/** An id that no other message has. */
function newId(): string {
  if (globalThis.crypto.randomUUID) return globalThis.crypto.randomUUID();
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16)); // pages without https
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
