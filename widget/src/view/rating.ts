/** Thumbs under an answer, and what was wrong with it. */

import type { Message, Rating } from "../client/types.ts";
import type { Texts } from "../locales/en.ts";
import { h, icon, ICONS } from "./dom.ts";

const MOST = 500; // characters of a reason

/** Whether the server has noted a rating. */
export type Rate = (message: Message, rating: Rating, reason?: string) => Promise<boolean>;

/** The thumbs of an answer. */
export function thumbs(message: Message, texts: Texts, rate: Rate, say: (text: string) => void): HTMLElement {
  const box = h("div", { class: "rating" });
  const set = async (rating: Rating, reason?: string): Promise<void> => {
    say((await rate(message, rating, reason)) ? (rating ? texts.thanks : "") : texts.notSaved);
  };
  const thumb = (rating: "up" | "down", label: string, path: string): HTMLElement => {
    const isSet = message.rating === rating;
    const press = (): void => {
      if (isSet) void set(null);
      else if (rating === "up") void set("up");
      else ask(box, texts, (reason) => void set("down", reason));
    };
    return h("button", { type: "button", class: "thumb", "aria-label": label, "aria-pressed": String(isSet), title: label, click: press }, icon(path));
  };
  box.append(thumb("up", texts.helpful, ICONS.up), thumb("down", texts.unhelpful, ICONS.down));
  return box;
}

function ask(box: HTMLElement, texts: Texts, done: (reason: string) => void): void {
  const before = [...box.childNodes];
  const more = h("textarea", { rows: "2", maxlength: String(MOST - 100), "aria-label": texts.reasonMore, placeholder: texts.reasonMore });
  const back = (): void => {
    box.replaceChildren(...before);
    (before[1] as HTMLElement).focus();
  };
  const choices = texts.reasons.split("|").map((reason) =>
    h("label", { class: "chip" }, h("input", { type: "radio", name: "reason", value: reason }), reason),
  );
  const form = h(
    "form",
    {
      class: "reason",
      submit: (event: SubmitEvent) => {
        event.preventDefault();
        const chosen = form.querySelector<HTMLInputElement>("input:checked")?.value ?? "";
        back();
        done([chosen, more.value.trim()].filter(Boolean).join(": "));
      },
      keydown: (event: KeyboardEvent) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        back();
      },
    },
    h("fieldset", {}, h("legend", {}, texts.reasonTitle), ...choices),
    more,
    h("div", { class: "row" }, h("button", { class: "button strong" }, texts.send), h("button", { type: "button", class: "button", click: back }, texts.cancel)),
  );
  box.replaceChildren(form);
  form.scrollIntoView({ block: "nearest" });
  form.querySelector("input")?.focus();
}
