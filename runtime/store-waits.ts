/** For what runs wait. Part of `store.ts`. */
import type { OpKey, WaitMatch } from "./store-names.ts";

/** What a run, or an op of it, waits for from outside. It is gone once it was met, and when its run ends. */
export interface NewWait {
  /** 0 is the run itself. */
  readonly op: number;
  /** `cancel` is met by events, as `event`, and cancels the run. */
  readonly kind: "event" | "signal" | "cancel";
  /** Name of the event or of the signal. A signal is waited for by one op of an app at a time. */
  readonly name: string;
  /** Only events that have this value at this path meet it, so that it is found by them and not by trying. */
  readonly match?: WaitMatch;
  /** What an event must satisfy besides. Stores keep it and do not look at it. */
  readonly filter?: string;
  /** It is not met any more from this time on. */
  readonly until?: number;
  /** Of a signal that is waited for already: which of the two ops gives way. Default `fail`: the new one. */
  readonly onConflict?: "fail" | "replace";
}

export interface StoredWait extends OpKey {
  /** Names the wait in its store. */
  readonly id: number;
  readonly kind: "event" | "cancel";
  readonly filter?: string;
  readonly until?: number;
}

/** Which waits `waitsFor` gives. */
export interface WaitQuery {
  readonly app: string;
  readonly name: string;
  /** Those with this match; undefined is those with none. */
  readonly match: WaitMatch | undefined;
  /** Cursor: the `id` of the last one of the page before. */
  readonly after?: number;
  readonly limit: number;
}
