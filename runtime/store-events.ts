/** What is sent: events and signals, and what became of events. Part of `store.ts`. */
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

/**
 * What became of an event: it is still to be routed; runs, waits or limits took it; nobody did; or it does not fit the schema
 * of somebody who would.
 */
export type EventFate = "queued" | "taken" | "unwanted" | "unfit";

/** An event that not all took who might. */
export interface Stray {
  readonly fate: "unwanted" | "unfit";
  /** What is wrong with it. Text of the codec. */
  readonly problem?: string;
}

/** An event that turned out not to fit when a run was given it. What it was known as before is kept. */
export interface UnfitEvent {
  /** Its id. */
  readonly event: string;
  /** Text of the codec. */
  readonly problem: string;
}

/** An event as shown to people. */
export interface EventView extends StoredEvent {
  readonly fate: EventFate;
  /** Text of the codec. */
  readonly problem?: string;
}

/** Events are listed newest first: by `receivedAt`, those of one time by the order in which they were stored. */
export interface EventQuery {
  readonly app: string;
  readonly id?: string;
  readonly name?: string;
  readonly fate?: Stray["fate"];
  /** Received at this time or later. */
  readonly from?: number;
  /** Received before this time. */
  readonly until?: number;
  /** Only events behind this one in the list: the id of the last one of the page before. One that is not stored has none. */
  readonly before?: string;
  /** Most events to give; there are no more when there are fewer. */
  readonly limit: number;
}
