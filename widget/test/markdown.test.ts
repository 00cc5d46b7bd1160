import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, plain, type Inline } from "../src/text/markdown.ts";

const flat = (pieces: Inline[]): string => pieces.map((piece) => piece.text).join("");

/** Texts that nearly are markdown, the same in every run. */
function* oddTexts(count: number): Generator<string> {
  const parts = ["*", "**", "_", "[", "]", "(", ")", "<", ">", "&", " ", "\n", "- ", "1. ", "a", "word", "9/10", "https://a.example/x_y", "javascript:x", "[l](https://b.example)", "**b**", "\u{1f642}", "•"];
  let seed = 42;
  const next = (most: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % most;
  for (let i = 0; i < count; i++) yield Array.from({ length: 1 + next(14) }, () => parts[next(parts.length)]).join("");
}

for (const text of ["BP <140/90 and >90/60", "1_2 * 3", "[x](javascript:alert(1))", "Take 1_2 tabs * daily", "2 ** 3 ** 4", "<img src=x onerror=alert(1)>", "a * b", "5 - 3"]) {
  test(`shown as it is: ${text}`, () => {
    assert.deepEqual(parse(text), [{ kind: "paragraph", lines: [[{ kind: "text", text }]] }]);
  });
}

test("what is markup becomes structure", () => {
  assert.deepEqual(parse("Call **988** or [write](sms:988)"), [
    { kind: "paragraph", lines: [[{ kind: "text", text: "Call " }, { kind: "bold", text: "988" }, { kind: "text", text: " or " }, { kind: "link", text: "write", href: "sms:988" }]] },
  ]);
  assert.deepEqual(parse("- one\n- two").map((block) => block.kind), ["list"]);
  assert.deepEqual(parse("3. three\n4. four\n9. nine"), [
    { kind: "list", start: 3, items: [[{ kind: "text", text: "three" }], [{ kind: "text", text: "four" }]] },
    { kind: "list", start: 9, items: [[{ kind: "text", text: "nine" }]] },
  ]);
  assert.deepEqual(parse("see https://a.example/b_c."), [
    { kind: "paragraph", lines: [[{ kind: "text", text: "see " }, { kind: "link", text: "https://a.example/b_c", href: "https://a.example/b_c" }, { kind: "text", text: "." }]] },
  ]);
});

test("no link leads elsewhere than to a page, a call or a message", () => {
  for (const target of ["javascript:alert(1)", "data:text/html,x", "http://a.example", "//a.example", "vbscript:x", "JAVASCRIPT:x", "file:///etc"]) {
    assert.ok(parse(`[x](${target})`).every((block) => block.kind === "paragraph" && block.lines.flat().every((piece) => piece.kind === "text")), target);
  }
});

test("no character is dropped, whatever the text", () => {
  const marks = /^[^\S\n]{0,3}(?:[-*•]|\d{1,4}[.)])[^\S\n]+(?=\S)/gm;
  const link = /\[([^\][\n]+)\]\((?:https:\/\/|tel:|sms:|mailto:)[^()\s]+\)/g;
  const letters = (text: string): string => text.replace(/\*\*|\s/g, "");
  for (const text of oddTexts(5000)) {
    const shown = parse(text).map((block) => (block.kind === "list" ? block.items : block.lines).map(flat).join("\n")).join("\n");
    assert.equal(letters(shown), letters(text.replace(marks, "").replace(link, "$1")), JSON.stringify(text));
  }
});

test("hostile texts take no time", () => {
  for (const piece of ["[", "*", "**", "[a](", "](", "https://", "- ", "1. ", "**a"]) {
    const began = performance.now();
    plain(piece.repeat(20_000 / piece.length));
    assert.ok(performance.now() - began < 500, piece);
  }
});
