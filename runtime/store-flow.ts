/** What stores keep for limits, and for runs that wait for more events. Part of `store.ts`. */
import type { Stray } from "./store-events.ts";

/** What only so many ops may have a slot of at once, of any run, function and app that names it. */
export interface Pool {
  readonly name: string;
  readonly limit: number;
}

/** An op asks for a slot in each of these pools. It gets them one after the other, and waits with those that it has. */
export interface SlotRequest {
  readonly op: number;
  /** Not empty. All requests must agree on the order of any two pools, or ops wait for each other. */
  readonly pools: readonly Pool[];
  /** Of those that wait in a pool, the one with the least is served first; of equal ones, the one that began first. */
  readonly rank: number;
}

/** A commit was written, and these ops of its run have all their slots by it. Others hear of it by mail. */
export interface Granted {
  readonly granted: readonly number[];
}

/** Names a state: what decides on the runs of a function, of this kind and with this key. */
export interface StateKey {
  readonly app: string;
  readonly functionId: string;
  readonly kind: string;
  readonly key: string;
}

/** A run that a state names: no worker has had it, or one has, or it has ended. */
export interface JoinedRun {
  readonly id: string;
  readonly is: "waiting" | "begun" | "over";
}

export interface StoredState extends StateKey {
  /** Absent when there is none. */
  readonly value?: string;
  readonly run?: JoinedRun;
}

/** What a state becomes. It goes when its run ends, and may go from `expiresAt` on. */
export interface StateChange extends StateKey {
  /** What this was decided upon; undefined when there was none. */
  readonly before: string | undefined;
  readonly after: string;
  readonly expiresAt?: number;
  readonly run?: string;
}

/** An event joins a run that no worker has had yet. */
export interface Join {
  readonly run: string;
  /** `last`: the run is of this event from now on. `all`: the event is one more of its events. */
  readonly keeps: "last" | "all";
  readonly wakeAt: number;
}

/** Whether an event was routed, or must be decided upon anew. */
export type Routed = "routed" | "conflict";

/** What comes of an event beside the runs that it starts. */
export interface Routing {
  readonly joins?: readonly Join[];
  readonly states?: readonly StateChange[];
  /** Of an event that is not taken as it should be. */
  readonly stray?: Stray;
  readonly now: number;
}
