/** A real server that speaks as the assistant does, and fails when a test wants it to. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Message } from "../src/client/types.ts";

/** What goes wrong with a request: the line is cut before or after it was worked on, or a status is answered. */
export type Fault = "before" | "after" | { status: number; retryAfter?: number; error?: string } | null;

export class Assistant {
  messages: Message[] = [];
  /** How often each message was worked on. */
  readonly handled = new Map<string, number>();
  readonly tokens: string[] = [];
  fault: (path: string) => Fault = () => null;
  isStored = true;
  /** Who of the clinic talks with the visitor. */
  staff: string | null = null;
  isStreaming = true;
  private readonly streams = new Set<ServerResponse>();
  private readonly server = createServer((request, response) => void this.serve(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  cutStreams(): void {
    for (const stream of this.streams) stream.destroy();
  }

  /** Somebody of the clinic writes. */
  say(text: string, from: Message["from"] = "staff", key = `s${this.messages.length}`): Message {
    const message: Message = { id: this.messages.length + 1, key, from, name: from === "staff" ? this.staff : null, text, at: 1, buttons: [], source: null, danger: null, booking: null, rateable: false, rating: null };
    this.messages.push(message);
    for (const stream of this.streams) this.write(stream, message);
    return message;
  }

  /** Somebody of the clinic begins to talk with the visitor, or leaves. */
  meet(staff: string | null): void {
    this.staff = staff;
    for (const stream of this.streams) this.writePresence(stream);
  }

  private get presence(): object {
    return { staff: this.staff === null ? null : { name: this.staff } };
  }

  private writePresence(stream: ServerResponse): void {
    stream.write(`event: presence\ndata: ${JSON.stringify(this.presence)}\n\n`);
  }

  private write(stream: ServerResponse, message: Message): void {
    stream.write(`id: ${message.id}\r\nevent: message\r\ndata: ${JSON.stringify(message)}\r\n\r\n`);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://here");
    const path = url.pathname.replace("/webhooks/webchat", "");
    const fault = this.fault(path);
    if (fault === "before") return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (fault && fault !== "after") {
      const headers = fault.retryAfter ? { "Retry-After": String(fault.retryAfter) } : {};
      return void response.writeHead(fault.status, headers).end(JSON.stringify({ error: fault.error ?? "no" }));
    }
    const body = chunks.length ? (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>) : {};
    const reply = this.answer(path, url, body, response);
    if (fault === "after") return void request.socket.destroy();
    if (reply) response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(reply));
  }

  private answer(path: string, url: URL, body: Record<string, string>, response: ServerResponse): object | null {
    const after = Number(url.searchParams.get("after") ?? 0);
    if (path === "/session") {
      this.tokens.push(`t${this.tokens.length}`);
      return { token: this.tokens[this.tokens.length - 1], expires_at: Date.now() / 1000 + 1000 };
    }
    if (path === "/messages") return { messages: this.take(body["id"]!, body["text"] ?? body["payload"]!) };
    if (path === "/history") {
      const page = this.messages.filter((one) => one.id! > after).slice(0, 100);
      return { messages: page, typing: false, ...this.presence, more: page.length > 0 && page[page.length - 1]!.id! < this.messages.length };
    }
    if (path === "/events" && this.isStreaming) {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("retry: 2000\n\n");
      for (const message of this.messages.slice(after)) this.write(response, message);
      this.writePresence(response);
      this.streams.add(response);
      response.on("close", () => this.streams.delete(response));
      return null;
    }
    if (path === "/conversation") {
      this.messages = [];
      return { deleted: true };
    }
    if (path === "/feedback") {
      const message = this.messages[Number(body["message"]) - 1]!;
      message.rating = body["rating"] as Message["rating"];
      return { message };
    }
    response.writeHead(404).end("{}");
    return null;
  }

  private take(id: string, text: string): Message[] {
    if (!this.messages.some((one) => one.key === id)) {
      this.handled.set(id, (this.handled.get(id) ?? 0) + 1);
      this.say(text, "visitor", id);
      if (this.staff === null) this.say(`about ${text}`, "assistant", `${id}.0`);
    }
    const found = this.messages.filter((one) => one.key.startsWith(id));
    return this.isStored ? found : found.map((one) => ({ ...one, id: null }));
  }
}
