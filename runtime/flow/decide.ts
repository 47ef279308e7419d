/**
 * What becomes of an event, as pure functions of what is stored and of time: whether it starts a run, joins one, or
 * starts none. What they decide upon is named in the changes they give, so that of two workers one decides anew.
 */
import type { Join, StateChange, StoredState } from "../store.ts";
import type { Rate } from "./options.ts";

/** A state with what is to become of it. */
export type Change = Pick<StateChange, "after" | "expiresAt" | "run">;

/**
 * Whether an event of the time `at` may start a run, of at most so many in any period. The times of events count, which
 * may lie behind or ahead: what a worker finds when it starts again counts as if it had been there.
 */
export function rateAllows(
  value: string | undefined,
  at: number,
  now: number,
  { limit, periodMs }: Rate,
): Change | undefined {
  const starts = value === undefined ? [] : (JSON.parse(value) as number[]);
  if (starts.filter((start) => Math.abs(at - start) < periodMs).length >= limit) return undefined;
  const kept = [...starts.filter((start) => start + periodMs > Math.min(at, now)), at];
  return { after: JSON.stringify(kept), expiresAt: kept.reduce((a, b) => Math.max(a, b), now) + periodMs };
}

/**
 * When a run may start that wants to at `now`: GCRA. `value` is when the next one would start if they came evenly.
 *
 * @param burst how many may start at once after a rest
 */
export function throttledStart(
  value: string | undefined,
  now: number,
  { limit, periodMs, burst }: Rate & { readonly burst: number },
): { readonly start: number; readonly change: Change } {
  const interval = periodMs / limit;
  const even = Math.max(now, value === undefined ? 0 : Number(value));
  const start = Math.max(now, Math.ceil(even - (burst - 1) * interval));
  const next = even + interval;
  return { start, change: { after: String(next), expiresAt: Math.ceil(next) } };
}

/** A run that other events may join, and how it changes with this one. */
export interface Joining {
  readonly change: Change;
  /** When the run is due. */
  readonly wakeAt: number;
}

interface Debounced {
  /** When the first of its events came. */
  readonly since: number;
  /** When the last one came. */
  readonly last: number;
}

/**
 * @param state with the run that waits; another is as none
 * @param run id of the run that is created if none waits
 * @returns undefined when the run has a later event already
 */
export function debounced(
  state: StoredState,
  at: number,
  run: string,
  { periodMs, timeoutMs }: { readonly periodMs: number; readonly timeoutMs: number },
): Joining | undefined {
  const waiting = valueOfWaiting<Debounced>(state);
  if (waiting && at < waiting.last) return undefined;
  const since = waiting?.since ?? at;
  const wakeAt = Math.max(at, Math.min(at + periodMs, since + timeoutMs));
  const after: Debounced = { since, last: at };
  return { wakeAt, change: { after: JSON.stringify(after), run: waiting ? (state.run?.id as string) : run } };
}

interface Batch {
  readonly count: number;
  /** The batch is due then, if it does not become full. */
  readonly wakeAt: number;
  /** No event of it is from later. */
  readonly last: number;
}

/** As `debounced`. A full batch is due, and is joined no more. */
export function batched(
  state: StoredState,
  at: number,
  run: string,
  { maxSize, timeoutMs }: { readonly maxSize: number; readonly timeoutMs: number },
): Joining {
  const waiting = valueOfWaiting<Batch>(state);
  const last = Math.max(at, waiting?.last ?? at);
  const wakeAt = Math.max(last, waiting?.wakeAt ?? at + timeoutMs);
  const after: Batch = { count: (waiting?.count ?? 0) + 1, wakeAt, last };
  const isFull = after.count >= maxSize;
  const change = { after: JSON.stringify(after) };
  if (isFull) return { wakeAt: last, change: { ...change, expiresAt: last } };
  return { wakeAt, change: { ...change, run: waiting ? (state.run?.id as string) : run } };
}

/** The run of a state that events may join. */
export function waitingRun({ run }: StoredState): string | undefined {
  return run?.is === "waiting" ? run.id : undefined;
}

function valueOfWaiting<Value>(state: StoredState): Value | undefined {
  return waitingRun(state) === undefined ? undefined : (JSON.parse(state.value as string) as Value);
}

export function joinOf(run: string, keeps: Join["keeps"], { wakeAt }: Joining): Join {
  return { run, keeps, wakeAt };
}
