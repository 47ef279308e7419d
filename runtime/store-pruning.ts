/** What is removed of what is over. Part of `store.ts`. */

/** How many a store has removed: ended runs, and events that were nobody's. */
export interface Pruned {
  readonly runs: number;
  readonly events: number;
  /** Whether a limit was reached, so that there may be more. */
  readonly more: boolean;
}

/** Which ended runs a store removes, with their steps and with events that no other run has; the first to end first. */
export interface PruneRequest {
  readonly app: string;
  /** Those that ended before this time; and events received before it that no run has, but for those still to be routed. */
  readonly before?: number;
  /** All but so many that ended last, and those that ended in the same millisecond as the last of them. */
  readonly keep?: number;
  /** At most so many of both. */
  readonly limit: number;
  /** At most so many step records: of a run that has more, the first ones go, and the run itself in a later call. */
  readonly stepLimit: number;
}

/**
 * Which step records a store removes of runs that go on: those of the first ops, up to one that is to be kept. Ops go with
 * all their attempts.
 */
export interface StepPruneRequest {
  readonly app: string;
  /** Attempts that ended before this time. */
  readonly before?: number;
  /** All but so many of a run: those of its last ops. An op of which some are among them is kept. */
  readonly keep?: number;
  /** Cursor: the `next` of the call before. */
  readonly after?: string;
  /** It looks at so many runs. */
  readonly runs: number;
  /** At most so many records, but for the attempts of one op. */
  readonly limit: number;
}

export interface PrunedSteps {
  readonly steps: number;
  /** Where to go on; absent when all runs have been looked at. */
  readonly next?: string;
}

export interface PruningStore {
  /**
   * Removes ended runs, with events that no other run has; and events that no run has, by their age. Runs stay whose records
   * others take over: those that have not ended, and those that went on from a step.
   */
  prune(request: PruneRequest): Promise<Pruned>;
  /**
   * Removes step records of runs that are `running`, and notes of each run up to which op (`stepsRemoved`). Those that another
   * run takes over stay.
   */
  pruneSteps(request: StepPruneRequest): Promise<PrunedSteps>;
}
