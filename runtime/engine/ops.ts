/** Steps, timers and waits of a run, from their creation until their outcome is delivered. */
import type { CheckedBackoff } from "../retry.ts";
import type { NewWait, SentSignal, StoredEvent } from "../store.ts";
import type { Handle, HandleImage, Maker } from "./handle.ts";
import type { Outcome } from "./outcome.ts";

/**
 * `event`, `signal` and `invoke` wait for mail, and so does `sendSignal`, whose mail is there with its commit; `fetch` runs
 * code of the engine; `send` is done with its commit, unless it runs code of a middleware before.
 */
export type OpKind = "step" | "fetch" | "sleep" | "event" | "signal" | "invoke" | "send" | "sendSignal";

/** What the id of a step says beside its name. */
export interface OpOptions {
  readonly retries?: number;
  /** Milliseconds that an attempt may take. */
  readonly timeoutMs?: number;
  readonly backoff?: CheckedBackoff;
}

/** What becomes visible with the commit that first holds an op. */
export interface Announcement {
  readonly wait?: NewWait;
  readonly events?: readonly StoredEvent[];
  readonly signal?: SentSignal;
}

/** What has not been delivered. Owned by its activation; the driver moves it on. */
export interface Op {
  /** From 1, never used twice in a run. */
  readonly number: number;
  readonly id: string;
  readonly kind: OpKind;
  readonly handle: Handle;
  /** The step's callback. Other ops have none. */
  readonly callback: ((...input: unknown[]) => unknown) | undefined;
  readonly input: readonly unknown[];
  readonly options: OpOptions | undefined;
  /** Attempt that runs or comes next, from 0. */
  attempt: number;
  /**
   * When the next attempt may begin, or when a sleep or a wait is over: milliseconds since the epoch. 0 is at once,
   * Infinity never.
   */
  dueAt: number;
  /** When the code came to a sleep or a wait: milliseconds since the epoch. 0 for what is tried. */
  readonly madeAt: number;
  /** Ended but not delivered. */
  outcome: Outcome | undefined;
  /** Its attempt is running in this process. Not stored. */
  running: boolean;
  /** The attempt that a worker may have begun which was lost. Not stored. */
  lostAttempt: number | undefined;
  /** Until it is committed. Not stored: a stored op was announced. */
  announcement: Announcement | undefined;
}

/** An op to be made: what is left out is as for a step that begins at once. */
export type NewOp = Pick<Op, "kind"> &
  Partial<Pick<Op, "callback" | "input" | "options" | "dueAt" | "outcome" | "announcement">>;

/**
 * Ops that run code, again and again until it succeeds or its attempts are used up. Of those that send events, the ones
 * that a middleware is to change: they have the events as their input.
 */
export function isTried({ kind, input }: Pick<NewOp, "kind" | "input">): boolean {
  return kind === "step" || kind === "fetch" || (kind === "send" && input?.[0] !== undefined);
}

/** Ops for which nobody waits any more when the handler has ended: what they would be given is dropped. */
export function isWait({ kind }: Pick<Op, "kind">): boolean {
  return kind === "sleep" || kind === "event" || kind === "signal" || kind === "invoke";
}

/** Tried ops that count for `concurrency`: those that work for the author. */
export function isWork({ kind }: Pick<Op, "kind">): boolean {
  return kind === "step" || kind === "fetch";
}

/** Whether an op is to begin, or its timer to go off. */
export function isDue(op: Op, now: number): boolean {
  return !op.running && op.outcome === undefined && op.dueAt <= now;
}

/** An op as what settles its handle. */
export class OpMaker implements Maker {
  readonly #number: number;

  constructor(number: number) {
    this.#number = number;
  }

  stored(): HandleImage {
    return { op: this.#number };
  }

  awaited(): readonly Handle[] {
    return [];
  }
}
