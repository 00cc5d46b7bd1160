/** Listens to the server for as long as the page is looked at: a stream of events, else a look every few seconds. */

import type { Api } from "./api.ts";
import { readEvents, type ServerEvent } from "./events.ts";
import type { Message, Presence } from "./types.ts";

const BACKOFF = [0.5, 1, 2, 5, 10, 20]; // seconds
const POLL = 5; // seconds
const GIVE_UP = 3; // streams that broke at once: something between us and the server does not let them through
const STREAM_AGAIN = 12; // looks until the stream is tried again

/** What the line is told, and whom it tells. */
export interface LineOwner {
  after(): number;
  messages(messages: Message[]): void;
  typing(typing: boolean): void;
  presence(presence: Presence): void;
  gone(): void;
  isOnline(isOnline: boolean): void;
}

/** The line of one tab. */
export class Line {
  private token: string | null = null;
  private abort: AbortController | null = null;
  private broken = 0;
  private wake: (() => void) | null = null;

  constructor(
    private readonly api: Api,
    private readonly owner: LineOwner,
  ) {}

  /** Listen to a conversation; once more, it is tried again at once. */
  open(token: string): void {
    if (globalThis.document?.visibilityState === "hidden") return;
    if (this.token === token) return this.wake?.();
    this.close();
    this.token = token;
    void this.listen(token);
  }

  /** Stop listening. */
  close(): void {
    this.token = null;
    this.abort?.abort();
    this.wake?.();
  }

  private async listen(token: string): Promise<void> {
    for (let tries = 0; this.token === token; ) {
      const began = Date.now();
      const isWhole = this.broken < GIVE_UP ? await this.stream(token) : await this.poll(token);
      tries = isWhole || Date.now() - began > 5000 ? 0 : tries + 1;
      if (this.token === token && !isWhole) await this.pause(BACKOFF[Math.min(tries, BACKOFF.length - 1)]!);
    }
  }

  /** True if the stream ended as it should. */
  private async stream(token: string): Promise<boolean> {
    const abort = (this.abort = new AbortController());
    let count = 0;
    try {
      const reply = await this.api.events(token, this.owner.after(), abort.signal);
      if (this.token !== token) return false;
      if (reply.status === 401) this.owner.gone();
      if (!reply.ok || !reply.body) {
        this.broken++;
        return false;
      }
      this.owner.isOnline(true);
      await readEvents(reply.body, abort, (event) => {
        count++;
        if (this.token === token) this.take(event);
      });
      this.broken = 0;
      return true;
    } catch {
      if (this.token !== token) return false;
      if (!count) this.broken++;
      else this.broken = 0;
      this.owner.isOnline(false);
      return false;
    }
  }

  private async poll(token: string): Promise<boolean> {
    for (let i = 0; i < STREAM_AGAIN && this.token === token; i++) {
      const outcome = await this.api.history(token, this.owner.after());
      if (this.token !== token) return false;
      if (outcome.kind === "gone") this.owner.gone();
      if (outcome.kind === "later") this.owner.isOnline(!outcome.offline);
      if (outcome.kind === "done") {
        this.owner.isOnline(true);
        this.owner.messages(outcome.value.messages);
        this.owner.presence(outcome.value);
        this.owner.typing(outcome.value.typing);
      }
      await this.pause(POLL);
    }
    this.broken = 0;
    return false;
  }

  private take(event: ServerEvent): void {
    if (event.name === "message") this.owner.messages([JSON.parse(event.data) as Message]);
    else if (event.name === "typing") this.owner.typing((JSON.parse(event.data) as { typing: boolean }).typing);
    else if (event.name === "presence") this.owner.presence(JSON.parse(event.data) as Presence);
    else if (event.name === "deleted") this.owner.gone();
  }

  private async pause(seconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }
}
