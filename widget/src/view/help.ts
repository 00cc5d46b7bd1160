/** Ways to a person, which work without the chat. */

import type { Texts } from "../locales/en.ts";
import { h } from "./dom.ts";

/** What is dialled for a number as people write it. */
export function dial(phone: string): string {
  return `tel:${phone.replace(/[^\d+]/g, "")}`;
}

/** Calls and texts for somebody in danger, the most urgent first. */
export function dangerActions(texts: Texts, kind: "crisis" | "medical_emergency"): HTMLElement {
  const link = (href: string, text: string): HTMLElement => h("a", { class: "action", href }, text);
  const call911 = link("tel:911", texts.call911);
  const lifeline = [link("tel:988", texts.call988), link("sms:988", texts.text988)];
  const chat = h(
    "a",
    { class: "action", href: "https://988lifeline.org/chat/", target: "_blank", rel: "noopener noreferrer" },
    texts.chat988,
  );
  const actions = kind === "crisis" ? [...lifeline, call911, chat] : [call911];
  return h("div", { class: "actions" }, ...actions);
}

/** The line that is always there. */
export function safetyLine(texts: Texts, onPerson: () => void): HTMLElement {
  return h(
    "div",
    { class: "safety" },
    h(
      "span",
      {},
      `${texts.danger} `,
      h("a", { href: "tel:911", "aria-label": texts.call911 }, "911"),
      " · ",
      h("a", { href: "tel:988", "aria-label": texts.call988 }, "988"),
    ),
    h("button", { type: "button", class: "link", click: onPerson }, texts.person),
  );
}
