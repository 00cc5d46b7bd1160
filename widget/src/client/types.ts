/** What the client tells the view, and what the view may ask of it. */

/** A button under a reply. */
export interface Button {
  title: string;
  payload: string;
}

/** Thumbs up, thumbs down, or taken back. */
export type Rating = "up" | "down" | null;

/** A message as the server keeps it. */
export interface Message {
  /** Its number in the conversation; null while the server could not store it. */
  id: number | null;
  /** Names the message for good: the same key is the same message. */
  key: string;
  from: "visitor" | "assistant" | "staff";
  /** Of the member of staff who wrote it. */
  name: string | null;
  text: string;
  /** Unix seconds. */
  at: number;
  buttons: Button[];
  /** The section of the clinic's guide that the answer rests on. */
  source: string | null;
  danger: "crisis" | "medical_emergency" | null;
  /** The reference of the consultation request that this message confirms. */
  booking: string | null;
  rateable: boolean;
  rating: Rating;
}

/** Who talks with the visitor instead of the assistant. */
export interface Presence {
  staff: { name: string } | null;
}

/** A message of the visitor that the server has not confirmed yet. */
export interface Pending {
  key: string;
  text: string;
  payload?: string;
  at: number;
  /** waiting: for the line, or for the message before it; failed: refused, the visitor decides. */
  state: "waiting" | "sending" | "failed";
  /** Why it failed, in the server's words. */
  reason?: string;
}

/** All that the view shows. A new object after each change; parts that did not change stay the same objects. */
export interface State {
  /** In order, each key once. */
  messages: readonly Message[];
  pending: readonly Pending[];
  typing: boolean;
  /** The name of the member of staff who talks with the visitor instead of the assistant. */
  staff: string | null;
  /** idle: no conversation yet. */
  connection: "idle" | "connecting" | "online" | "offline";
  /** Whether this browser has a conversation: it began with the visitor's first message. */
  started: boolean;
  /** The key of the last message that the visitor has seen with the panel open; shared by all tabs. */
  seen: string | null;
  /** Whether earlier messages are still being fetched. */
  loading: boolean;
}

/** `change`: State changed. `reply`: detail is a Message that this tab sees for the first time, live, from the assistant or staff (never replayed history). `send`: detail is a Pending. */
export type ClientEvent = "change" | "reply" | "send";

/** One conversation with the clinic's assistant, shared by all tabs of this browser. */
export interface Client extends EventTarget {
  readonly state: State;
  /** Read what is stored, and if there is a conversation fetch its history and listen. */
  start(): void;
  /** Stop listening and sending in this tab. */
  stop(): void;
  /** Take a message in: it is shown at once, kept over reloads, and sent when it can be. */
  send(text: string): void;
  /** Press a button of a reply. */
  press(button: Button): void;
  /** Send a failed message again. */
  retry(key: string): void;
  /** Drop a failed or waiting message. */
  discard(key: string): void;
  /** Rate an answer; resolves to whether the server has it. */
  rate(message: Message, rating: Rating, reason?: string): Promise<boolean>;
  /** Note that the visitor has seen everything up to now. */
  markSeen(): void;
  /** Begin a new conversation: this browser forgets the present one, the clinic keeps it. */
  newChat(): void;
  /** Delete what was said, on the server and here; resolves to whether the server did. */
  deleteChat(): Promise<boolean>;
}
