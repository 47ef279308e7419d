/** What is removed of what is over. Part of `store.ts`. */

/** How many a store has removed: ended runs, and events that were nobody's. */
export interface Pruned {
  readonly runs: number;
  readonly events: number;
}

/** Which ended runs a store removes, with their steps and with events that no other run has; the first to end first. */
export interface PruneRequest {
  readonly app: string;
  /** Those that ended before this time; and events received before it that nobody took, or that did not fit. */
  readonly before?: number;
  /** All but so many that ended last, and those that ended in the same millisecond as the last of them. */
  readonly keep?: number;
  /** At most so many of both. */
  readonly limit: number;
}
