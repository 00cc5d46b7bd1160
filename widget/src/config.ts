/** What a page says about its chat: `data-` attributes of `<clinic-chat>` or of the script. */
export interface Config {
  /** Where the assistant is; empty: where the script came from. */
  server: string;
  title: string;
  color: string;
  /** `en`, `es`, or `auto`: the page's language, else the browser's. */
  locale: string;
  /** Link of the privacy notice. */
  privacy: string;
  phone: string;
  /** Page that says how to reach the clinic. */
  contact: string;
}

/** The chat of a page, as the launcher and the panel see each other. */
export interface Host extends HTMLElement {
  readonly config: Config;
  readonly root: ShadowRoot;
  readonly isOpen: boolean;
  texts: Record<string, string>;
  close(): void;
  /** Show how many replies the visitor has not seen. */
  badge(count: number): void;
  emit(name: string, detail?: object): void;
}

/** The panel of a chat. */
export interface Panel {
  show(): void;
  hide(): void;
  send(text: string): void;
  /** Attributes or texts have changed. */
  refresh(): Promise<void>;
}

/** What the panel's file gives the launcher. */
export interface PanelModule {
  createPanel(host: Host): Promise<Panel>;
}
