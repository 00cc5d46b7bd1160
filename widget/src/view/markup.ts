/** Turns a text of ours into elements. */

import { parse, type Inline } from "../text/markdown.ts";
import { h } from "./dom.ts";

/** The elements of a text. */
export function markup(text: string): HTMLElement[] {
  return parse(text).map((block) => {
    if (block.kind === "paragraph") {
      return h("p", {}, ...block.lines.flatMap((line, i) => (i ? [h("br"), ...pieces(line)] : pieces(line))));
    }
    const items = block.items.map((item) => h("li", {}, ...pieces(item)));
    return block.start === null ? h("ul", {}, ...items) : h("ol", { start: String(block.start) }, ...items);
  });
}

function pieces(line: Inline[]): (Node | string)[] {
  return line.map((piece) => {
    if (piece.kind === "bold") return h("strong", {}, piece.text);
    if (piece.kind === "text") return piece.text;
    const isPage = piece.href.startsWith("https:");
    return h("a", { href: piece.href, target: isPage && "_blank", rel: isPage && "noopener noreferrer" }, piece.text);
  });
}
