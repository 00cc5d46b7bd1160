/** Where the visitor writes. */

import type { Texts } from "../locales/en.ts";
import { fill, h, icon, ICONS } from "./dom.ts";

const MOST = 2000; // characters that the server takes
const WARN = 200; // characters before that

/** The field and its button; what stands in it stays when the chat is closed. */
export class Composer {
  readonly field: HTMLTextAreaElement;
  readonly form: HTMLFormElement;
  private readonly button: HTMLButtonElement;
  private readonly count = h("span", { class: "count-left", role: "status" });

  constructor(
    private readonly texts: Texts,
    private readonly send: (text: string) => void,
  ) {
    this.field = h("textarea", {
      rows: "1",
      dir: "auto",
      "aria-label": texts.message,
      placeholder: texts.placeholder,
      enterkeyhint: "send",
      input: () => this.changed(),
      keydown: (event: KeyboardEvent) => {
        // While somebody composes a character, Enter chooses it.
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.submit();
      },
    });
    this.button = h("button", { class: "send", "aria-label": texts.send, title: texts.send }, icon(ICONS.send));
    this.form = h(
      "form",
      {
        class: "composer",
        submit: (event: SubmitEvent) => {
          event.preventDefault();
          this.submit();
        },
      },
      this.field,
      this.button,
      this.count,
    );
    this.changed();
  }

  private submit(): void {
    const text = this.field.value.trim();
    if (!text || this.field.value.length > MOST) return;
    this.field.value = "";
    this.changed();
    this.send(text);
    this.field.focus();
  }

  /** Fit the field to its text, and say how much room is left. */
  changed(): void {
    const left = MOST - this.field.value.length;
    this.button.disabled = !this.field.value.trim() || left < 0;
    this.field.setAttribute("aria-invalid", String(left < 0));
    this.count.textContent = left > WARN ? "" : fill(left < 0 ? this.texts.tooLong : this.texts.left, { n: Math.abs(left) });
    this.field.style.setProperty("height", "auto");
    this.field.style.setProperty("height", `${this.field.scrollHeight}px`);
  }
}
