/** The conversation: only what has changed is drawn again, and it stays where the visitor reads. */

import type { Message, State } from "../client/types.ts";
import type { Texts } from "../locales/en.ts";
import { bubble, dayOf, waiting, type Actions } from "./bubbles.ts";
import { h } from "./dom.ts";
import { markup } from "./markup.ts";

const AT_END = 60; // pixels
const MARGIN = 12;

interface Drawn {
  source: unknown;
  isLast: boolean;
  element: HTMLElement;
}

/** The list of messages. */
export class MessageList {
  private readonly items = h("ol", { class: "items" });
  private readonly dots = h("div", { class: "typing", hidden: true }, h("span"), h("span"), h("span"));
  private readonly latest: HTMLElement;
  readonly scroller: HTMLElement;
  private readonly drawn = new Map<string, Drawn>();
  private readonly greeting: HTMLElement;
  private readonly starters: HTMLElement;
  private isAtEnd = true;
  private target = -1; // where we have scrolled to

  constructor(
    private readonly texts: Texts,
    private readonly locale: string,
    private readonly actions: Actions,
    start: (question: string) => void,
  ) {
    this.starters = h(
      "div",
      { class: "buttons", role: "group", "aria-label": texts.startersLabel },
      ...texts.starters.split("|").map((one) => h("button", { type: "button", class: "button", lang: "en", click: () => start(one) }, one)),
    );
    this.greeting = h("li", { class: "message assistant" }, h("div", { class: "bubble-text" }, ...markup(texts.greeting)), this.starters);
    this.latest = h("button", { type: "button", class: "latest", hidden: true, click: () => this.toEnd() }, `${texts.latest} ↓`);
    this.scroller = h(
      "div",
      { class: "scroller", role: "log", "aria-live": "off", "aria-label": texts.message, tabindex: "0", scroll: () => this.scrolled() },
      this.items,
      this.dots,
      this.latest,
    );
  }

  /** Show a state. */
  draw(state: State): void {
    this.starters.hidden = state.started;
    const lastReply = state.pending.length ? undefined : lastOf(state.messages);
    const elements: HTMLElement[] = [this.greeting];
    let day = "";
    for (const message of state.messages) {
      const of = dayOf(message.at, this.texts, this.locale);
      if (of !== day) elements.push(this.element(`day ${of}`, of, false, () => h("li", { class: "day" }, of)));
      day = of;
      const isLast = message === lastReply;
      elements.push(this.element(message.key, message, isLast, () => bubble(message, isLast, this.texts, this.locale, this.actions)));
    }
    for (const one of state.pending) elements.push(this.element(one.key, one, false, () => waiting(one, this.texts, this.actions)));
    this.place(elements);
    this.dots.hidden = !state.typing;
    if (this.isAtEnd) this.toEnd();
    else this.latest.hidden = false;
  }

  /** Go to the newest message; what is longer than the window is read from its beginning. */
  toEnd(): void {
    const own = [...this.items.querySelectorAll<HTMLElement>(":scope > .visitor")].pop();
    const { box } = this;
    const top = (own ?? this.greeting).getBoundingClientRect().top - box.getBoundingClientRect().top - MARGIN;
    this.target = Math.max(0, Math.min(box.scrollHeight - box.clientHeight, box.scrollTop + top));
    box.scrollTop = this.target;
    this.isAtEnd = true;
    this.latest.hidden = true;
  }

  /** What scrolls: the list, or where there is little room the whole chat. */
  private get box(): HTMLElement {
    const isWhole = getComputedStyle(this.scroller).overflowY === "visible";
    return (isWhole && this.scroller.closest("dialog")) || this.scroller;
  }

  private element(key: string, source: unknown, isLast: boolean, make: () => HTMLElement): HTMLElement {
    const before = this.drawn.get(key);
    if (before && before.source === source && before.isLast === isLast) return before.element;
    const element = make();
    this.drawn.set(key, { source, isLast, element });
    return element;
  }

  /** Put the elements in order, without moving those that stand right: focus and reading position stay. */
  private place(elements: HTMLElement[]): void {
    const wanted = new Set(elements);
    for (const child of [...this.items.children]) if (!wanted.has(child as HTMLElement)) child.remove();
    elements.forEach((element, i) => {
      const there = this.items.children[i];
      if (there !== element) this.items.insertBefore(element, there ?? null);
    });
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END || Math.abs(scrollTop - this.target) < 4;
    if (this.isAtEnd) this.latest.hidden = true;
  }
}

/** The last reply, if the visitor has said nothing after it. */
function lastOf(messages: readonly Message[]): Message | undefined {
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i]!;
    if (message.from === "visitor") return undefined;
    if (message.buttons.length) return message;
  }
  return undefined;
}
