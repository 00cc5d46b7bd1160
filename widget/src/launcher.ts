/**
 * `<clinic-chat>`: the bubble. The chat itself is loaded when it is opened, or when this browser has a conversation.
 *
 * Events on the element: `open`, `close`, `send` {key}, `reply` {id, key}, `bookingrequested` {reference}. They hold no
 * words of the conversation: other scripts of a page have no business with them.
 */

import { storageKey } from "./client/storage.ts";
import type { Config, Host, Panel, PanelModule } from "./config.ts";
import css from "./launcher.css";
import { h, icon, ICONS, sheet } from "./view/dom.ts";

const HERE = import.meta.url;
const ATTRIBUTES = ["server", "title", "color", "locale", "privacy", "phone", "contact"] as const;
const WORDS = {
  en: ["Open chat", "Close chat", "new messages", "The chat could not be loaded. Please try again.", "In danger? Call 911, or call or text 988."],
  es: ["Abrir el chat", "Cerrar el chat", "mensajes nuevos", "No se pudo cargar el chat. Inténtelo de nuevo.", "¿En peligro? Llame al 911, o llame o escriba al 988."],
} as const;

class ClinicChat extends HTMLElement implements Host {
  static readonly observedAttributes = ["open", ...ATTRIBUTES.map((name) => `data-${name}`)];
  readonly root = this.attachShadow({ mode: "open" });
  private readonly count = h("span", { class: "count", hidden: true });
  private readonly bubble = h(
    "button",
    { class: "bubble", type: "button", part: "launcher", "aria-expanded": "false", click: () => this.toggle() },
    icon(ICONS.chat),
    this.count,
  );
  private panel: Promise<Panel> | null = null;
  private ownTexts: Record<string, string> = {};

  get config(): Config {
    const read = (name: string): string => this.dataset[name] ?? "";
    const config = Object.fromEntries(ATTRIBUTES.map((name) => [name, read(name)])) as unknown as Config;
    return { ...config, server: config.server || new URL(HERE).origin };
  }

  get isOpen(): boolean {
    return this.hasAttribute("open");
  }

  get texts(): Record<string, string> {
    return this.ownTexts;
  }

  /** Words of your own, by the keys of `locales/en.ts`. */
  set texts(texts: Record<string, string>) {
    this.ownTexts = texts;
    void this.panel?.then((panel) => panel.refresh());
  }

  connectedCallback(): void {
    this.root.adoptedStyleSheets = [sheet(css)];
    this.root.append(this.bubble);
    this.badge(0);
    this.paint();
    if (this.isOpen) void this.follow();
    else if (hasConversation(this.config.server)) {
      (globalThis.requestIdleCallback ?? setTimeout)(() => void this.load().catch(() => undefined));
    }
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now || !this.isConnected) return;
    if (name === "open") void this.follow();
    else {
      this.paint();
      void this.panel?.then((panel) => panel.refresh());
    }
  }

  open(): void {
    this.setAttribute("open", "");
  }

  close(): void {
    this.removeAttribute("open");
  }

  toggle(): void {
    this.toggleAttribute("open");
  }

  /** Send a message as if the visitor had typed it. */
  async send(text: string): Promise<void> {
    (await this.load()).send(text);
  }

  badge(count: number): void {
    const [open, close, unread] = WORDS[this.language()];
    this.count.hidden = !count;
    this.count.textContent = String(count);
    const label = this.isOpen ? close : open;
    this.bubble.setAttribute("aria-label", count ? `${label} (${count} ${unread})` : label);
  }

  emit(name: string, detail: object = {}): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  private async follow(): Promise<void> {
    const { isOpen } = this;
    this.bubble.setAttribute("aria-expanded", String(isOpen));
    this.badge(0);
    if (isOpen) this.root.querySelector(".failed")?.remove();
    if (!isOpen && !this.panel) return;
    try {
      const panel = await this.load();
      if (this.isOpen !== isOpen) return;
      if (isOpen) panel.show();
      else panel.hide();
      this.emit(isOpen ? "open" : "close");
      if (!isOpen) this.bubble.focus();
    } catch {
      this.panel = null;
      this.fail();
    }
  }

  private load(): Promise<Panel> {
    this.panel ??= load().then((module) => module.createPanel(this));
    return this.panel;
  }

  /** Without its file the chat can still say where help is. */
  private fail(): void {
    const [, , , failed, danger] = WORDS[this.language()];
    const { phone } = this.config;
    this.root.append(
      h(
        "div",
        { class: "failed", role: "alert" },
        h("p", {}, failed),
        h("p", {}, danger),
        h("p", {}, h("a", { href: "tel:911" }, "911"), " · ", h("a", { href: "tel:988" }, "988"), phone && " · ", phone && h("a", { href: `tel:${phone.replace(/[^\d+]/g, "")}` }, phone)),
      ),
    );
    this.removeAttribute("open");
  }

  private language(): "en" | "es" {
    return language(this.config.locale);
  }

  private paint(): void {
    const { color } = this.config;
    if (!CSS.supports("color", color)) return;
    this.style.setProperty("--chat-accent", color);
    this.style.setProperty("--chat-on-accent", isLight(color) ? "#111" : "#fff");
  }
}

/** `en` or `es`. */
function language(wanted: string): "en" | "es" {
  const chosen = wanted && wanted !== "auto" ? wanted : document.documentElement.lang || navigator.language;
  return chosen.toLowerCase().startsWith("es") ? "es" : "en";
}

/** The panel's file, refused if it is not the one that was built with this launcher. */
function load(): Promise<PanelModule> {
  const href = new URL(FILES.panel, HERE).href;
  document.head.append(h("link", { rel: "modulepreload", href, integrity: FILES.integrity, crossorigin: "anonymous" }));
  return import(href) as Promise<PanelModule>;
}

function hasConversation(server: string): boolean {
  try {
    return localStorage.getItem(storageKey(server)) !== null;
  } catch {
    return false;
  }
}

/** Whether black words are easier to read on a colour than white ones (WCAG's relative luminance). */
function isLight(color: string): boolean {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return false;
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b! > 0.179;
}

if (!customElements.get("clinic-chat")) {
  customElements.define("clinic-chat", ClinicChat);
  const script = [...document.scripts].find((one) => one.type === "module" && one.src === HERE);
  if (script && !document.querySelector("clinic-chat")) {
    const { open, ...data } = script.dataset;
    const chat = document.createElement("clinic-chat");
    Object.assign(chat.dataset, data);
    chat.toggleAttribute("open", open !== undefined);
    document.body.append(chat);
  }
}
