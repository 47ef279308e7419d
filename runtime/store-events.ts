/** What is sent: events and signals. Part of `store.ts`. */
import type { OpKey } from "./store-names.ts";

/** Names an event. Each app has ids of its own: two apps in one store may be sent events of the same id. */
export type EventKey = Pick<StoredEvent, "app" | "id">;

/** An event as stored. `data` is text of the codec. */
export interface StoredEvent {
  readonly id: string;
  readonly app: string;
  readonly name: string;
  readonly data: string;
  readonly receivedAt: number;
  /** Id of the one function that the event starts a run of; absent for an event that triggers may want. */
  readonly target?: string;
  /** The op that waits for the run which the event starts. */
  readonly parent?: OpKey;
}

/** A signal that an op sends to the op that waits for it, of any run of the app. */
export interface SentSignal {
  readonly op: number;
  readonly name: string;
  /** Text of the codec. */
  readonly text: string;
}
