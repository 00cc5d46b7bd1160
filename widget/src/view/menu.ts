/** The menu of rarer wishes. */

import { h, icon, ICONS } from "./dom.ts";

/** A wish; null is left out. */
export type Item = { text: string; choose: () => void } | { text: string; href: string } | null;

/** A button that opens a menu, by mouse, touch or keyboard. */
export function menu(label: string, items: Item[]): HTMLElement {
  const list = h("div", { role: "menu", class: "menu", hidden: true, "aria-label": label });
  const button = h(
    "button",
    { type: "button", class: "icon", "aria-label": label, title: label, "aria-haspopup": "menu", "aria-expanded": "false", click: () => show(list.hidden) },
    icon(ICONS.more),
  );
  const show = (isShown: boolean): void => {
    list.hidden = !isShown;
    button.setAttribute("aria-expanded", String(isShown));
    if (isShown) (list.firstElementChild as HTMLElement).focus();
  };
  for (const item of items) {
    if (!item) continue;
    const close = (): void => {
      show(false);
      button.focus();
      if ("choose" in item) item.choose();
    };
    const common = { role: "menuitem", tabindex: "-1", click: close };
    list.append(
      "href" in item
        ? h("a", { ...common, href: item.href, target: "_blank", rel: "noopener noreferrer" }, item.text)
        : h("button", { ...common, type: "button" }, item.text),
    );
  }
  return h(
    "div",
    {
      class: "menu-box",
      keydown: (event: KeyboardEvent) => {
        if (list.hidden) return;
        const all = [...list.children] as HTMLElement[];
        const at = all.findIndex((one) => one.matches(":focus"));
        const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
        if (event.key === "Escape") {
          event.stopPropagation();
          event.preventDefault();
          show(false);
          button.focus();
        } else if (to !== undefined) {
          event.preventDefault();
          all.at(to % all.length)?.focus();
        } else if (event.key === "Tab") show(false);
      },
      focusout: (event: FocusEvent) => {
        if (!(event.currentTarget as HTMLElement).contains(event.relatedTarget as Node | null) && event.relatedTarget) show(false);
      },
    },
    button,
    list,
  );
}
