/** Builds elements; every text goes in as text. */

type Child = Node | string | null | false | undefined;
type Props = Record<string, string | boolean | null | undefined | ((event: never) => void)>;

/** An element with attributes, listeners (functions, by the event's name) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return element;
}

/** A line drawing; decoration only, the words stand beside it. */
export function icon(path: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** A text with its `{name}` places filled. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** A style sheet that a strict content security policy allows. */
export function sheet(css: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

export const ICONS = {
  chat: "M4 5h16v11H9l-5 4z",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M4 12l16-8-6 16-3-7z",
  up: "M7 11v9H4v-9zm0 0l4-8c1.500 0 2.500 1 2.500 2.500V9H19c1 0 2 1 1.700 2l-1.500 7c-.2 1-1 2-2 2H7",
  down: "M7 13V4H4v9zm0 0l4 8c1.500 0 2.500-1 2.500-2.500V15H19c1 0 2-1 1.700-2l-1.500-7c-.2-1-1-2-2-2H7",
} as const;
