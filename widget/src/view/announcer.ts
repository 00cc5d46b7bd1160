/** Speaks to screen readers: each finished reply once. The list of messages itself is silent. */

import { h } from "./dom.ts";

const FORGET = 15_000; // milliseconds; long spoken by then

/** Two live regions, hidden from sight. */
export class Announcer {
  private readonly polite = h("div", { "aria-live": "polite", "aria-atomic": "false", class: "hidden" });
  private readonly urgent = h("div", { "aria-live": "assertive", "aria-atomic": "false", class: "hidden" });
  readonly elements = [this.polite, this.urgent];

  /** Have a text spoken; an urgent one at once. */
  say(text: string, isUrgent = false): void {
    const line = h("p", {}, text);
    (isUrgent ? this.urgent : this.polite).append(line);
    setTimeout(() => line.remove(), FORGET);
  }
}
