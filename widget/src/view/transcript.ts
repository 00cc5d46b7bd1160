/** The conversation on paper or in a file. */

import type { State } from "../client/types.ts";
import type { Texts } from "../locales/en.ts";
import { plain } from "../text/markdown.ts";
import { speaker } from "./bubbles.ts";
import { fill, h, sheet } from "./dom.ts";

/** Everything that was said, as text. */
export function transcript({ messages, pending }: State, texts: Texts, locale: string): string {
  const said = messages.map((message) => {
    const { from, text, at } = message;
    const words = from === "visitor" ? text : plain(text);
    return `${new Date(at * 1000).toLocaleString(locale)}  ${speaker(message, texts)}:\n${words}\n`;
  });
  const unsent = pending.map(({ text }) => `${texts.you} (${texts.failed}):\n${text}\n`);
  return [fill(texts.transcriptTitle, { title: texts.title }), "", ...said, ...unsent].join("\n");
}

/** Have the browser save a text. */
export function download(text: string, name: string): void {
  const href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

/** Print the chat alone, without the page around it. */
export function print(): void {
  const alone = sheet("@media print{body *:not(:has(clinic-chat)):not(clinic-chat){display:none!important}}");
  document.adoptedStyleSheets.push(alone);
  window.print();
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== alone);
}
