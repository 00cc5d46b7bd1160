import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { createClient } from "../src/client/client.ts";
import { EventParser } from "../src/client/events.ts";
import { complete, merge } from "../src/client/merge.ts";
import type { Client, Message } from "../src/client/types.ts";
import { Assistant } from "./server.ts";

class Store implements Storage {
  private readonly kept = new Map<string, string>();
  get length(): number {
    return this.kept.size;
  }
  key = (at: number): string | null => [...this.kept.keys()][at] ?? null;
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.kept.set(key, value);
  removeItem = (key: string): void => void this.kept.delete(key);
  clear = (): void => this.kept.clear();
}

const forbidden = new Proxy({} as Storage, {
  get: () => () => {
    throw new Error("forbidden");
  },
});

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));


async function assistant(): Promise<[Assistant, string]> {
  const server = new Assistant();
  const url = await server.start();
  stops.push(() => server.stop());
  return [server, url];
}

function tab(server: string, storage: Storage): Client {
  const client = createClient({ server, storage });
  stops.push(() => client.stop());
  client.start();
  return client;
}

async function until(holds: () => boolean, seconds = 8): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!holds()) {
    assert.ok(Date.now() < end, `not so after ${seconds} s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const texts = (client: Client): string[] => client.state.messages.map((one) => one.text);
const isDone = (client: Client, count: number): boolean => !client.state.pending.length && client.state.messages.length === count;

test("nothing is stored or asked before the first message", async () => {
  const [server, url] = await assistant();
  const storage = new Store();
  const client = tab(url, storage);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(storage.length, 0);
  assert.equal(server.tokens.length, 0);
  assert.equal(client.state.connection, "idle");
});

test("over a line that is cut again and again each message is answered, none twice, in order", async () => {
  const [server, url] = await assistant();
  let requests = 0;
  let cuts = 0;
  server.fault = (path) => {
    if (path !== "/messages" || ++requests % 4 || cuts >= 10) return null;
    cuts++;
    if (cuts % 5 === 0) server.cutStreams();
    return cuts % 2 ? "before" : "after";
  };
  const client = tab(url, new Store());
  const wanted = Array.from({ length: 50 }, (_, i) => `question ${i}`);
  for (const text of wanted) client.send(text);
  await until(() => isDone(client, 100), 60);
  assert.equal(cuts, 10);
  assert.deepEqual(texts(client), wanted.flatMap((text) => [text, `about ${text}`]));
  assert.deepEqual([...new Set(server.handled.values())], [1]);
});

test("what was typed without a line survives a reload, and is sent once", async () => {
  const [server, url] = await assistant();
  const storage = new Store();
  server.fault = () => "before";
  const before = tab(url, storage);
  before.send("are you there");
  await until(() => before.state.connection === "offline");
  assert.equal(before.state.pending[0]?.state, "waiting");
  before.stop();
  server.fault = () => null;
  const after = tab(url, storage);
  await until(() => isDone(after, 2));
  assert.deepEqual(texts(after), ["are you there", "about are you there"]);
  const again = tab(url, storage);
  assert.equal(again.state.messages.length, 2, "shown at once");
  assert.equal(server.handled.size, 1);
});

test("two tabs have one conversation", async () => {
  const [server, url] = await assistant();
  const storage = new Store();
  const one = tab(url, storage);
  one.send("first");
  await until(() => isDone(one, 2));
  const two = tab(url, storage);
  await until(() => two.state.connection === "online" && !two.state.loading);
  two.send("second");
  await until(() => isDone(two, 4) && isDone(one, 4));
  assert.deepEqual(texts(one), texts(two));
  assert.equal(server.tokens.length, 1);
});

test("a staff member's later message is heard once", async () => {
  const [server, url] = await assistant();
  const client = tab(url, new Store());
  const heard: string[] = [];
  client.addEventListener("reply", (event) => heard.push((event as CustomEvent<Message>).detail.text));
  client.send("hello");
  await until(() => isDone(client, 2) && client.state.connection === "online");
  await new Promise((resolve) => setTimeout(resolve, 200));
  server.say("This is Ana of the clinic");
  await until(() => isDone(client, 3));
  server.cutStreams();
  server.say("Are you still there?");
  await until(() => isDone(client, 4));
  assert.deepEqual(heard, ["about hello", "This is Ana of the clinic", "Are you still there?"]);
});

test("a tab knows who of the clinic talks with the visitor, and waits for no assistant meanwhile", async () => {
  const [server, url] = await assistant();
  const storage = new Store();
  const client = tab(url, storage);
  client.send("hello");
  await until(() => isDone(client, 2) && client.state.connection === "online");
  assert.equal(client.state.staff, null);
  await new Promise((resolve) => setTimeout(resolve, 200));
  server.meet("Ana");
  await until(() => client.state.staff === "Ana");
  let waited = false;
  client.addEventListener("change", () => (waited ||= client.state.typing));
  client.send("are you a person?");
  await until(() => isDone(client, 3));
  assert.equal(waited, false);
  server.say("Yes.");
  await until(() => client.state.messages[3]?.name === "Ana");
  const other = tab(url, storage);
  await until(() => other.state.staff === "Ana");
  server.cutStreams();
  server.staff = null;
  await until(() => client.state.staff === null && other.state.staff === null);
});

test("without a stream the history tells who talks with the visitor", async () => {
  const [server, url] = await assistant();
  server.isStreaming = false;
  const client = tab(url, new Store());
  client.send("hello");
  await until(() => isDone(client, 2));
  server.staff = "Ana";
  await until(() => client.state.staff === "Ana", 15);
  client.newChat();
  assert.equal(client.state.staff, null);
});

test("a token that is no longer good is replaced once, and the message sent", async () => {
  const [server, url] = await assistant();
  const client = tab(url, new Store());
  let refusals = 1;
  server.fault = (path) => (path === "/messages" && refusals-- > 0 ? { status: 401 } : null);
  client.send("hello");
  await until(() => isDone(client, 2));
  assert.equal(server.tokens.length, 2);
  refusals = 99;
  client.send("again");
  await until(() => client.state.pending[0]?.state === "failed");
});

test("a deleted conversation is forgotten here, and what waits goes into a new one", async () => {
  const [server, url] = await assistant();
  const storage = new Store();
  const client = tab(url, storage);
  client.send("hello");
  await until(() => isDone(client, 2));
  server.messages = [];
  let refusals = 1;
  server.fault = (path) => (path === "/messages" && refusals-- > 0 ? { status: 410 } : null);
  client.send("new");
  await until(() => isDone(client, 2));
  assert.deepEqual(texts(client), ["new", "about new"]);
});

test("what the server refuses is said, and can be sent again or dropped", async () => {
  const [server, url] = await assistant();
  const client = tab(url, new Store());
  server.fault = (path) => (path === "/messages" ? { status: 413, error: "Too long." } : null);
  client.send("one");
  client.send("two");
  await until(() => client.state.pending.every((one) => one.state === "failed"));
  assert.equal(client.state.pending[0]?.reason, "Too long.");
  server.fault = () => null;
  client.discard(client.state.pending[0]!.key);
  client.retry(client.state.pending[0]!.key);
  await until(() => isDone(client, 2));
  assert.deepEqual(texts(client), ["two", "about two"]);
});

test("a busy server is asked again when it said", async () => {
  const [server, url] = await assistant();
  const client = tab(url, new Store());
  const asked: number[] = [];
  server.fault = (path) => (path === "/messages" && asked.push(Date.now()) === 1 ? { status: 429, retryAfter: 1 } : null);
  client.send("hello");
  await until(() => isDone(client, 2));
  assert.ok(asked[1]! - asked[0]! >= 950);
});

test("a reply that could not be stored is shown, and later is the same message", async () => {
  const [server, url] = await assistant();
  const client = tab(url, new Store());
  server.isStored = false;
  server.isStreaming = false;
  client.send("hello");
  await until(() => isDone(client, 2));
  assert.deepEqual(client.state.messages.map((one) => one.id), [null, null]);
  server.isStored = server.isStreaming = true;
  client.send("next");
  await until(() => isDone(client, 4) && client.state.messages.every((one) => one.id !== null));
  assert.deepEqual(texts(client), ["hello", "about hello", "next", "about next"]);
});

test("without a stream the history is looked at", async () => {
  const [server, url] = await assistant();
  server.isStreaming = false;
  const client = tab(url, new Store());
  client.send("hello");
  await until(() => isDone(client, 2));
  server.say("later");
  await until(() => isDone(client, 3), 15);
});

test("deleting and beginning anew leave nothing here", async () => {
  const [server, url] = await assistant();
  const storage = new Store();
  const client = tab(url, storage);
  client.send("hello");
  await until(() => isDone(client, 2));
  server.fault = () => "before";
  assert.equal(await client.deleteChat(), false);
  assert.equal(client.state.messages.length, 2);
  server.fault = () => null;
  assert.equal(await client.deleteChat(), true);
  assert.deepEqual([client.state.messages.length, client.state.started, storage.length, server.messages.length], [0, false, 0, 0]);
});

test("a browser that forbids storage can chat all the same", async () => {
  const [, url] = await assistant();
  const client = tab(url, forbidden);
  client.send("hello");
  await until(() => isDone(client, 2));
});

test("an answer is rated", async () => {
  const [server, url] = await assistant();
  const client = tab(url, new Store());
  client.send("hello");
  await until(() => isDone(client, 2));
  assert.equal(await client.rate(client.state.messages[1]!, "up"), true);
  assert.equal(client.state.messages[1]!.rating, "up");
  server.fault = () => "before";
  assert.equal(await client.rate(client.state.messages[1]!, null), false);
});

test("events are put together from pieces cut anywhere", () => {
  const stream = "retry: 1\n\n: \n\nid: 1\r\nevent: message\r\ndata: a\r\ndata: b\r\n\r\nevent: typing\ndata:{}\n\n";
  for (let cut = 1; cut < stream.length; cut++) {
    const events: string[] = [];
    const parser = new EventParser(({ name, data }) => events.push(`${name}=${data}`));
    parser.add(stream.slice(0, cut));
    parser.add(stream.slice(cut));
    assert.deepEqual(events, ["message=a\nb", "typing={}"], `cut at ${cut}`);
  }
});

test("messages come out in order however they come in", () => {
  const message = (id: number | null, key: string): Message => ({ id, key, from: "staff", name: null, text: key, at: 0, buttons: [], source: null, danger: null, booking: null, rateable: false, rating: null });
  let all: readonly Message[] = [];
  for (const id of [3, 1, 2, 5]) all = merge(all, [message(id, `k${id}`)]);
  assert.deepEqual(all.map((one) => one.id), [1, 2, 3, 5]);
  assert.equal(complete(all), 3);
  assert.equal(merge(all, [message(3, "k3")]), all);
});
