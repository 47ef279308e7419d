/** What is recorded of the steps of a run. Part of `store.ts`. */

/** One attempt of a step, a sleep or another op. */
export interface StepRecord {
  /** Number of the op in its run, from 1, never used twice. */
  readonly op: number;
  /** Attempt of the op, from 0. */
  readonly attempt: number;
  readonly id: string;
  readonly kind: string;
  readonly status: "completed" | "failed" | "retrying";
  readonly input?: string;
  readonly output?: string;
  readonly error?: string;
  /** It ran in a `catch` or `finally`, or in the callback of one. */
  readonly rollback?: true;
  /** When the attempt began, or the wait. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** A step record as read back: `index` counts the earlier ops with the same id of which there are records (`id:1`, `id:2`, …). */
export interface StoredStep extends StepRecord {
  readonly index: number;
}

/** Which steps `listSteps` gives. */
export interface StepPage {
  /** Cursor: those behind this op. */
  readonly after?: number;
  /** So many ops, so that none is cut in two. */
  readonly limit?: number;
  /** How many ops up to `after` there are of each id: whoever has read them knows it, and else they are counted. */
  readonly counted?: ReadonlyMap<string, number>;
}

/** How an op ended that has ended. */
export interface RecordedOutcome extends StepRecord {
  readonly status: "completed" | "failed";
  /** Grows with each commit of the run. */
  readonly seq: number;
}
