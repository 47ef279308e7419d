/**
 * Cancellation unwinds a run: whatever it waits for is interrupted, but for what its rollbacks and clean-up wait for.
 *
 * A frame is shielded while it is parked in a `catch` or `finally`, and so is a callback of `.catch` or `.finally`; what
 * they wait for, through calls and combinations, goes on as usual. Any other op is settled with a `CancelledError`, now
 * and whenever the run is parked again, until the handler has ended.
 */
import { SafeSet } from "../codec/index.ts";
import { CancelledError } from "../errors.ts";
import type { Activation } from "./activation.ts";
import { errorsOf, joinedBy } from "./causes.ts";
import type { Frame } from "./frame.ts";
import type { Handle } from "./handle.ts";
import type { Op } from "./ops.ts";
import { Reaction } from "./reactions.ts";

/** How far a cancellation has come. */
export interface Cancelling {
  /** An await of the run has thrown `CancelledError`. */
  readonly interrupted?: boolean;
}

/** Ops that are not shielded, those whose attempts run among them. */
export function exposedOps(activation: Activation): Op[] {
  const shielded = shieldedHandles(activation);
  return [...activation.ops.values()].filter(({ handle }) => !shielded.has(handle));
}

/** An op that can be interrupted now: an attempt that runs is left to settle. */
export function isInterruptible(op: Op): boolean {
  return !op.running && op.outcome === undefined;
}

/** @param failure of the attempt that was aborted */
export function interrupt(op: Op, failure?: unknown): CancelledError {
  const error = new CancelledError();
  if (failure !== undefined) Object.defineProperty(error, "cause", { ...hidden, value: failure });
  op.announcement = undefined;
  op.outcome = { ok: false, error };
  return error;
}

const hidden = { enumerable: false, writable: true, configurable: true };

/** What a cancelled run would announce is not announced: the op is interrupted instead. */
export function withhold(op: Op): void {
  if (!op.announcement) return;
  op.announcement = undefined;
  op.outcome = undefined;
}

/** Whether a handler that ended so was cancelled: it passed the cancellation on, as it is or as a cause. */
export function comesFromCancellation(error: unknown): boolean {
  for (const at of errorsOf(error)) {
    if (at instanceof CancelledError) return true;
    if (at instanceof AggregateError && joinedBy(at).some(comesFromCancellation)) return true;
  }
  return false;
}

/** Handles for which frames wait, however indirectly. */
export function awaitedByFrames({ frames }: Activation): Set<Handle> {
  return withAwaited([...frames].flatMap(({ waiting }) => waiting ?? []));
}

/** Handles for which callbacks and maps wait, whether anybody waits for these or not. */
export function awaitedByReactions({ reactions }: Activation): Set<Handle> {
  return withAwaited([...reactions].map(({ handle }) => handle));
}

/** Whether an op is waited for in a `catch` or `finally`, or in the callback of one. */
export function isShieldedOp({ handle }: Op): boolean {
  return shieldedHandles(handle.activation).has(handle);
}

function shieldedHandles(activation: Activation): Set<Handle> {
  const { rollbacks } = activation;
  const open: Handle[] = rollbacks.current ? [rollbacks.current] : [];
  for (const frame of activation.frames) if (frame.waiting && isShielded(frame)) open.push(frame.waiting);
  for (const work of activation.reactions) if (work instanceof Reaction && work.shields) open.push(work.source);
  return withAwaited(open);
}

/** Handles, with those without which they cannot settle. */
function withAwaited(handles: readonly Handle[]): Set<Handle> {
  const found = new SafeSet<Handle>();
  const open = [...handles];
  for (let handle = open.pop(); handle; handle = open.pop()) {
    if (found.has(handle)) continue;
    found.add(handle);
    open.push(...(handle.maker?.awaited() ?? []));
  }
  return found;
}

function isShielded({ place, info }: Frame): boolean {
  return !place.returned && (info.shielded?.includes(place.label) ?? false);
}
