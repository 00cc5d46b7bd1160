/** The chat itself: what the launcher loads when it is opened. */

import { createClient } from "./client/client.ts";
import type { Client, Message, Pending } from "./client/types.ts";
import type { Config, Host, Panel } from "./config.ts";
import { en, type Texts } from "./locales/en.ts";
import css from "./panel.css";
import { plain } from "./text/markdown.ts";
import { Announcer } from "./view/announcer.ts";
import { ask, type Choice } from "./view/ask.ts";
import { speaker } from "./view/bubbles.ts";
import { Composer } from "./view/composer.ts";
import { fill, h, icon, ICONS, sheet } from "./view/dom.ts";
import { dial, safetyLine } from "./view/help.ts";
import { MessageList } from "./view/list.ts";
import { menu } from "./view/menu.ts";
import { download, print, transcript } from "./view/transcript.ts";

const NARROW = "(max-width: 600px), (max-height: 500px)";
const PATIENCE = 3000; // milliseconds until a wait is spoken of

/** The chat of a page. */
export async function createPanel(host: Host): Promise<Panel> {
  const client = createClient({ server: host.config.server });
  const panel = new ChatPanel(host, client);
  await panel.refresh();
  client.start();
  return panel;
}

class ChatPanel implements Panel {
  private readonly announcer = new Announcer();
  private readonly dialog = h("dialog", {
    part: "panel",
    "aria-labelledby": "title",
    cancel: (event: Event) => {
      event.preventDefault();
      this.host.close();
    },
    keydown: (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.host.close();
    },
  });
  private texts: Texts = en;
  private locale = "en";
  private list!: MessageList;
  private composer!: Composer;
  private banner!: HTMLElement;
  private consent!: HTMLElement;
  private partner!: HTMLElement;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: Host,
    private readonly client: Client,
  ) {
    host.root.adoptedStyleSheets.push(sheet(css));
    host.root.append(this.dialog, ...this.announcer.elements);
    client.addEventListener("change", () => this.draw());
    client.addEventListener("reply", (event) => this.hear((event as CustomEvent<Message>).detail));
    client.addEventListener("send", (event) => host.emit("send", { key: (event as CustomEvent<Pending>).detail.key }));
    window.visualViewport?.addEventListener("resize", () => this.fit());
    window.visualViewport?.addEventListener("scroll", () => this.fit());
    window.matchMedia(NARROW).addEventListener("change", () => host.isOpen && this.show());
  }

  show(): void {
    this.dialog.close();
    this.announcer.elements.forEach((element) => this.dialog.append(element));
    if (window.matchMedia(NARROW).matches) this.dialog.showModal();
    else this.dialog.show();
    this.fit();
    this.draw();
    this.list.toEnd();
    this.composer.changed();
    // The keyboard of a phone would cover what we say first.
    if (window.matchMedia("(pointer: coarse)").matches) this.list.scroller.focus();
    else this.composer.field.focus();
  }

  hide(): void {
    this.dialog.close();
    this.announcer.elements.forEach((element) => this.host.root.append(element));
  }

  send(text: string): void {
    this.client.send(text);
  }

  async refresh(): Promise<void> {
    const wanted = this.host.config.locale;
    const chosen = wanted && wanted !== "auto" ? wanted : document.documentElement.lang || navigator.language;
    this.locale = chosen;
    const words = chosen.toLowerCase().startsWith("es") ? (await import("./locales/es.ts")).es : en;
    const { title } = this.host.config;
    this.texts = { ...words, ...(title && { title }), ...this.host.texts };
    this.build();
    this.draw();
  }

  private build(): void {
    const { texts, client, host } = this;
    const draft = this.composer?.field.value ?? "";
    this.list = new MessageList(
      texts,
      this.locale,
      {
        rate: (message, rating, reason) => client.rate(message, rating, reason),
        say: (text) => this.note(text),
        press: (button) => this.pressed(() => client.press(button)),
        retry: (key) => client.retry(key),
        discard: (key) => client.discard(key),
      },
      (question) => this.pressed(() => client.send(question)),
    );
    this.composer = new Composer(texts, (text) => client.send(text));
    this.composer.field.value = draft;
    this.partner = h("span");
    this.banner = h("p", { class: "banner", role: "status" });
    this.consent = h("p", { class: "consent" }, `${texts.consent} `, this.privacyLink(host.config));
    this.dialog.setAttribute("lang", this.locale);
    this.dialog.replaceChildren(
      h(
        "div",
        { class: "head" },
        h("div", { class: "names" }, h("h2", { id: "title" }, texts.title), this.partner),
        this.menu(),
        h("button", { type: "button", class: "icon", "aria-label": texts.close, title: texts.close, click: () => host.close() }, icon(ICONS.close)),
      ),
      safetyLine(texts, () => this.person()),
      this.banner,
      this.list.scroller,
      this.consent,
      this.composer.form,
      ...this.announcer.elements,
    );
  }

  /** A button that goes away when it is pressed must not take the focus with it. */
  private pressed(act: () => void): void {
    act();
    this.list.scroller.focus({ preventScroll: true });
  }

  private menu(): HTMLElement {
    const { texts, host } = this;
    const { privacy } = host.config;
    return menu(texts.menu, [
      { text: texts.newChat, choose: () => this.ask(texts.newChatAsk, { text: texts.newChat, isStrong: true, choose: () => this.client.newChat() }) },
      { text: texts.download, choose: () => download(this.transcript(), "chat.txt") },
      { text: texts.print, choose: () => this.print() },
      { text: texts.erase, choose: () => this.ask(texts.eraseAsk, { text: texts.erase, isStrong: true, choose: () => void this.erase() }) },
      privacy ? { text: texts.privacy, href: privacy } : null,
      { text: texts.language, choose: () => (host.dataset["locale"] = this.isSpanish() ? "en" : "es") },
    ]);
  }

  private isSpanish(): boolean {
    return this.locale.toLowerCase().startsWith("es");
  }

  private privacyLink({ privacy }: Config): HTMLElement | null {
    return privacy ? h("a", { href: privacy, target: "_blank", rel: "noopener noreferrer" }, this.texts.privacy) : null;
  }

  private ask(question: string, ...choices: Choice[]): void {
    ask(this.dialog, question, [...choices, { text: this.texts.cancel }]);
  }

  /** Bring the visitor to a person: by the chat, and by what works without it. */
  private person(): void {
    const { texts } = this;
    const { phone, contact } = this.host.config;
    const isOffline = this.client.state.connection === "offline";
    const here = { text: texts.askHere, isStrong: true, choose: () => this.client.send(texts.personText) };
    if (!phone && !contact && !isOffline) return here.choose();
    const ways: Choice[] = [];
    if (phone) ways.push({ text: fill(texts.callClinic, { phone }), href: dial(phone) });
    if (contact) ways.push({ text: texts.contactPage, href: contact });
    this.ask(isOffline ? `${texts.personTitle}. ${texts.personOffline}` : texts.personTitle, ...ways, here);
  }

  private async erase(): Promise<void> {
    this.note((await this.client.deleteChat()) ? this.texts.erased : this.texts.eraseFailed);
    this.composer.field.focus();
  }

  private transcript(): string {
    return transcript(this.client.state, this.texts, this.locale);
  }

  private print(): void {
    // What the browser shows on top of the page is printed as one screen only.
    this.dialog.close();
    this.dialog.show();
    print();
    this.show();
  }

  private draw(): void {
    const { state } = this.client;
    this.list.draw(state);
    this.partner.textContent = state.staff ? fill(this.texts.talkingWith, { name: state.staff }) : this.texts.subtitle;
    this.banner.textContent = state.connection === "offline" ? this.texts.offline : state.loading && !state.messages.length ? this.texts.loading : "";
    this.consent.hidden = state.started;
    if (this.host.isOpen && !document.hidden) this.client.markSeen();
    else this.host.badge(unseen(state.messages, state.seen));
    this.waitFor(state.typing);
  }

  private waitFor(isTyping: boolean): void {
    if (isTyping) this.typingTimer ??= setTimeout(() => this.announcer.say(this.texts.typing), PATIENCE);
    else {
      clearTimeout(this.typingTimer);
      this.typingTimer = undefined;
    }
  }

  private hear(message: Message): void {
    const who = message.from === "staff" ? `${speaker(message, this.texts)}: ` : "";
    this.announcer.say(who + plain(message.text), message.danger !== null);
    this.host.emit("reply", { id: message.id, key: message.key });
    if (message.booking) this.host.emit("bookingrequested", { reference: message.booking });
  }

  /** Tell about something that is not part of the conversation. */
  private note(text: string): void {
    if (!text) return;
    this.banner.textContent = text;
    this.announcer.say(text);
    setTimeout(() => this.banner.textContent === text && this.draw(), 6000);
  }

  /** Stay above the keyboard of a phone. */
  private fit(): void {
    const { visualViewport: view } = window;
    if (!view) return;
    this.dialog.style.setProperty("--view-height", `${view.height}px`);
    this.dialog.style.setProperty("--view-top", `${view.offsetTop}px`);
  }
}

function unseen(messages: readonly Message[], seen: string | null): number {
  const at = messages.findIndex((one) => one.key === seen);
  return messages.slice(at + 1).filter((one) => one.from !== "visitor").length;
}
