/** What one message looks like. */

import type { Button, Message, Pending } from "../client/types.ts";
import type { Texts } from "../locales/en.ts";
import { fill, h } from "./dom.ts";
import { dangerActions } from "./help.ts";
import { markup } from "./markup.ts";
import { thumbs, type Rate } from "./rating.ts";

/** What a message of the list can do. */
export interface Actions {
  rate: Rate;
  say(text: string): void;
  press(button: Button): void;
  retry(key: string): void;
  discard(key: string): void;
}

/** A message that the server keeps. `isLast`: its buttons can be pressed. */
export function bubble(message: Message, isLast: boolean, texts: Texts, locale: string, actions: Actions): HTMLElement {
  const { from, danger } = message;
  const isOwn = from === "visitor";
  const name = speaker(message, texts);
  const text = isOwn ? [h("p", {}, message.text)] : markup(message.text);
  const buttons = isLast && message.buttons.length > 0;
  return h(
    "li",
    { class: `message ${from}${danger ? " danger" : ""}` },
    h("span", { class: from === "staff" ? "name" : "hidden" }, from === "staff" ? name : `${name}: `),
    h("div", { class: "bubble-text", dir: "auto" }, ...text, danger && dangerActions(texts, danger)),
    h(
      "div",
      { class: "under" },
      message.source && h("span", { class: "source" }, fill(texts.source, { section: message.source })),
      h("time", { datetime: new Date(message.at * 1000).toISOString() }, clock(message.at, locale)),
      message.rateable && message.id !== null && thumbs(message, texts, actions.rate, actions.say),
    ),
    buttons && h("div", { class: "buttons" }, ...message.buttons.map((one) => h("button", { type: "button", class: "button", click: () => actions.press(one) }, one.title))),
  );
}

/** A message that waits. */
export function waiting(pending: Pending, texts: Texts, actions: Actions): HTMLElement {
  const { state, key } = pending;
  const why = state === "failed" ? `${texts.failed} ${pending.reason ?? ""}` : texts[state];
  return h(
    "li",
    { class: `message visitor ${state}` },
    h("span", { class: "hidden" }, `${texts.you}: `),
    h("div", { class: "bubble-text", dir: "auto" }, h("p", {}, pending.text)),
    h(
      "div",
      { class: "under" },
      h("span", {}, why),
      state === "failed" && h("button", { type: "button", class: "link", click: () => actions.retry(key) }, texts.retry),
      state !== "sending" && h("button", { type: "button", class: "link", click: () => actions.discard(key) }, texts.discard),
    ),
  );
}

/** Who wrote a message. */
export function speaker({ from, name }: Message, texts: Texts): string {
  if (from === "staff") return name ? `${name}, ${texts.staff}` : texts.staff;
  return from === "visitor" ? texts.you : texts.assistant;
}

/** The day that messages are of. */
export function dayOf(at: number, texts: Texts, locale: string): string {
  const day = new Date(at * 1000);
  const isToday = day.toDateString() === new Date().toDateString();
  return isToday ? texts.today : day.toLocaleDateString(locale, { weekday: "long", month: "long", day: "numeric" });
}

/** The time of a message. */
export function clock(at: number, locale: string): string {
  return new Date(at * 1000).toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit" });
}
