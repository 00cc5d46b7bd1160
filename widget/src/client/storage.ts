/** What this browser remembers of its conversation: nothing before the first message, nothing after it was deleted. */

import type { Message, Pending } from "./types.ts";

/** A conversation as it is remembered. */
export interface Stored {
  token: string | null;
  /** Unix seconds. */
  expiresAt: number;
  messages: Message[];
  pending: Pending[];
  seen: string | null;
  /** Keys of messages that the visitor took back: another tab must not send them. */
  dropped: string[];
}

const PREFIX = "clinic-chat:";
const KEPT = 40; // messages that a reload shows at once

/** The name under which a server's conversation is remembered. */
export function storageKey(server: string): string {
  return PREFIX + server;
}

/** Reads and writes it; in memory only where the browser forbids storage. */
export class Memory {
  readonly key: string;
  private own: string | null = null;

  constructor(
    server: string,
    private readonly storage: Storage | null,
    private readonly now: () => number,
  ) {
    this.key = storageKey(server);
  }

  /** What is remembered; null if nothing is, or if it is too old. */
  read(): Stored | null {
    try {
      const text = this.text();
      if (!text) return null;
      const stored = JSON.parse(text) as Stored;
      if (!Array.isArray(stored.messages) || !Array.isArray(stored.pending)) return null;
      return stored.token && stored.expiresAt <= this.now() ? null : stored;
    } catch {
      return null;
    }
  }

  write(stored: Stored | null): void {
    const kept = stored && JSON.stringify({ ...stored, messages: stored.messages.slice(-KEPT) });
    this.own = kept;
    try {
      if (kept) this.storage?.setItem(this.key, kept);
      else this.storage?.removeItem(this.key);
    } catch {
      // Full or forbidden: this tab goes on from memory.
    }
  }

  private text(): string | null {
    try {
      return this.storage ? this.storage.getItem(this.key) : this.own;
    } catch {
      return this.own;
    }
  }
}

/** The browser's storage, where it may be used. */
export function browserStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
