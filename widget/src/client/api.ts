/** The requests of the chat, each with one of few outcomes. */

import type { Message, Presence, Rating } from "./types.ts";

/** What became of a request. */
export type Outcome<T> =
  | { kind: "done"; value: T; status: number }
  /** No answer, or one that promises a later one. `after`: seconds to wait, if the server said. */
  | { kind: "later"; offline: boolean; after: number }
  /** The token is of no use (401), or its conversation was deleted (410). */
  | { kind: "gone" }
  | { kind: "refused"; reason: string };

/** A new conversation's token. */
export interface Session {
  token: string;
  expires_at: number;
}

/** A page of history. */
export interface History extends Presence {
  messages: Message[];
  typing: boolean;
  more: boolean;
}

const PATIENCE = 20_000; // milliseconds

/** Speaks to one server. */
export class Api {
  readonly base: string;

  constructor(
    server: string,
    private readonly fetch: typeof globalThis.fetch,
  ) {
    this.base = `${server.replace(/\/+$/, "")}/webhooks/webchat`;
  }

  session(): Promise<Outcome<Session>> {
    return this.ask("POST", "/session", null, {});
  }

  send(token: string, body: { id: string; text?: string; payload?: string }): Promise<Outcome<{ messages: Message[] }>> {
    return this.ask("POST", "/messages", token, body);
  }

  history(token: string, after: number): Promise<Outcome<History>> {
    return this.ask("GET", `/history?after=${after}&limit=200`, token);
  }

  rate(token: string, message: number, rating: Rating, reason: string): Promise<Outcome<{ message: Message }>> {
    return this.ask("POST", "/feedback", token, { message, rating, reason });
  }

  erase(token: string): Promise<Outcome<unknown>> {
    return this.ask("DELETE", "/conversation", token);
  }

  /** Open the stream of events; rejects when the line is down. */
  events(token: string, after: number, signal: AbortSignal): Promise<Response> {
    return this.fetch(`${this.base}/events?after=${after}`, {
      headers: { Authorization: `Bearer ${token}`, Accept: "text/event-stream" },
      cache: "no-store",
      credentials: "omit",
      signal,
    });
  }

  private async ask<T>(method: string, path: string, token: string | null, body?: object): Promise<Outcome<T>> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const headers: Record<string, string> = {};
      if (token) headers["Authorization"] = `Bearer ${token}`;
      if (body) headers["Content-Type"] = "application/json";
      const reply = await this.fetch(this.base + path, {
        method,
        headers,
        body: body ? JSON.stringify(body) : undefined,
        cache: "no-store",
        credentials: "omit",
        signal: stop.signal,
      });
      return await outcome<T>(reply);
    } catch {
      return { kind: "later", offline: true, after: 0 };
    } finally {
      clearTimeout(timer);
    }
  }
}

async function outcome<T>(reply: Response): Promise<Outcome<T>> {
  if (reply.ok) return { kind: "done", value: (await reply.json()) as T, status: reply.status };
  if (reply.status === 401 || reply.status === 410) return { kind: "gone" };
  if (reply.status === 429 || reply.status >= 500) {
    return { kind: "later", offline: false, after: Number(reply.headers.get("Retry-After")) || 0 };
  }
  const said = (await reply.json().catch(() => ({}))) as { error?: string };
  return { kind: "refused", reason: said.error ?? "" };
}
