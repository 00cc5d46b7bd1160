/** Puts messages in order, each once, whichever way they came. */

import type { Message } from "./types.ts";

/** The messages with further ones: by key, in the order of their numbers; those without a number stay where they were. */
export function merge(known: readonly Message[], more: readonly Message[]): readonly Message[] {
  const fresh = more.filter((message) => !known.some((one) => same(one, message)));
  if (!fresh.length) return known;
  const merged = known.map((one) => fresh.find((message) => message.key === one.key) ?? one);
  for (const message of fresh) if (!merged.some((one) => one.key === message.key)) insert(merged, message);
  return sorted(merged);
}

/** The last number up to which nothing is missing: what lies behind it is asked for again. */
export function complete(messages: readonly Message[]): number {
  let last = 0;
  for (const { id } of messages) {
    if (id === null) continue;
    if (last && id > last + 1) return last;
    last = id;
  }
  return last;
}

function insert(messages: Message[], message: Message): void {
  const { id } = message;
  const at = id === null ? -1 : messages.findIndex((one) => one.id !== null && one.id > id);
  messages.splice(at < 0 ? messages.length : at, 0, message);
}

/** A message that got its number late may stand in the wrong place. */
function sorted(messages: Message[]): Message[] {
  const numbered = messages.filter((one) => one.id !== null).sort((a, b) => a.id! - b.id!);
  return messages.map((one) => (one.id === null ? one : numbered.shift()!));
}

function same(a: Message, b: Message): boolean {
  return a.key === b.key && a.id === b.id && a.rating === b.rating && a.text === b.text;
}
