/** Reads the small markdown of our answers. What is not exactly that stays text: no character is ever dropped. */

/** A piece of a line. */
export type Inline =
  | { kind: "text"; text: string }
  | { kind: "bold"; text: string }
  | { kind: "link"; text: string; href: string };

/** A paragraph of lines, or a list; `start` is the first number of a numbered one. */
export type Block =
  | { kind: "paragraph"; lines: Inline[][] }
  | { kind: "list"; start: number | null; items: Inline[][] };

const SAFE = /^(?:https:\/\/|tel:|sms:|mailto:)[^\s]+$/;
const BULLET = /^\s{0,3}[-*•]\s+(?=\S)/;
const NUMBER = /^\s{0,3}(\d{1,4})[.)]\s+(?=\S)/;
// Nothing in it may be repeated without a bound: a hostile text must not take long.
const PIECE =
  /\*\*(?=\S)([^*[\]\n]{0,300}[^*[\]\s])\*\*|\[([^\][\n]{1,200})\]\(([^()\s]{1,500})\)|https:\/\/[^\s<>"'()[\]]{1,500}/g;

/** The blocks of a text. */
export function parse(text: string): Block[] {
  const blocks: Block[] = [];
  for (const line of text.split("\n")) {
    const last = blocks[blocks.length - 1];
    const number = NUMBER.exec(line);
    const mark = number ?? BULLET.exec(line);
    if (mark) {
      const items = inline(line.slice(mark[0].length));
      const isNext = last?.kind === "list" && (number ? last.start !== null && last.start + last.items.length === +number[1]! : last.start === null);
      if (isNext) last.items.push(items);
      else blocks.push({ kind: "list", start: number ? +number[1]! : null, items: [items] });
    } else if (last?.kind === "paragraph") last.lines.push(inline(line));
    else blocks.push({ kind: "paragraph", lines: [inline(line)] });
  }
  return blocks;
}

/** What is read aloud, and what stands in a transcript. */
export function plain(text: string): string {
  return parse(text)
    .map((block) =>
      block.kind === "list"
        ? block.items.map((item, i) => (block.start === null ? "- " : `${block.start + i}. `) + flat(item)).join("\n")
        : block.lines.map(flat).join("\n"),
    )
    .join("\n");
}

function flat(pieces: Inline[]): string {
  return pieces.map((piece) => piece.text).join("");
}

function inline(line: string): Inline[] {
  const pieces: Inline[] = [];
  let end = 0;
  const add = (piece: Inline): void => {
    if (piece.text) pieces.push(piece);
  };
  for (const match of line.matchAll(PIECE)) {
    const piece = pieceOf(match);
    if (!piece) continue;
    add({ kind: "text", text: line.slice(end, match.index) });
    add(piece);
    end = match.index + (piece.kind === "link" && !match[2] ? piece.text.length : match[0].length);
  }
  add({ kind: "text", text: line.slice(end) });
  return pieces;
}

function pieceOf([whole, bold, label, target]: RegExpMatchArray): Inline | null {
  if (bold) return { kind: "bold", text: bold };
  if (label) return target && SAFE.test(target) ? { kind: "link", text: label, href: target } : null;
  const url = whole!.replace(/[.,;:!?]+$/, ""); // the sentence's, not the address's
  return SAFE.test(url) ? { kind: "link", text: url, href: url } : null;
}
