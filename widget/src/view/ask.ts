/** A question that the visitor answers before they go on. */

import { h } from "./dom.ts";

/** One way to answer. */
export interface Choice {
  text: string;
  isStrong?: boolean;
  href?: string;
  choose?: () => void;
}

/** Show a question over the conversation; Escape and the last choice leave it. */
export function ask(place: HTMLElement, title: string, choices: Choice[]): void {
  const before = (place.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
  const leave = (): void => {
    box.remove();
    before?.focus();
  };
  const box = h(
    "div",
    {
      class: "ask",
      role: "alertdialog",
      "aria-label": title,
      "aria-modal": "true",
      keydown: (event: KeyboardEvent) => {
        const all = [...box.querySelectorAll<HTMLElement>("a,button")];
        const at = all.findIndex((one) => one.matches(":focus"));
        if (event.key === "Escape") {
          event.preventDefault();
          event.stopPropagation();
          leave();
        } else if (event.key === "Tab") {
          event.preventDefault();
          all.at((at + (event.shiftKey ? -1 : 1)) % all.length)?.focus();
        }
      },
    },
    h("p", {}, title),
    h(
      "div",
      { class: "buttons" },
      ...choices.map(({ text, isStrong, href, choose }) => {
        const props = { class: isStrong ? "button strong" : "button", click: () => (leave(), choose?.()) };
        return href ? h("a", { ...props, href }, text) : h("button", { ...props, type: "button" }, text);
      }),
    ),
  );
  place.append(box);
  box.querySelector<HTMLElement>("a,button")?.focus();
}
