/** Frames as a `migrate` hook gets them: what an author may read and change of a run that older code parked. */
import type { AwaitedImage } from "./engine/awaited-cursors.ts";
import type { CursorImage } from "./engine/cursors.ts";
import type { Resource } from "./engine/resources.ts";
import type { SuspensionKind } from "./manifest.ts";
import type { Untyped } from "./types.ts";

/** One call of a durable function as older code stored it. */
export interface StoredFrame {
  readonly runId: string;
  /** Code id: the id of the function, or package and name for a helper; behind it the names of nested functions. */
  code: string;
  /** Hash of the code that stored it, as in the manifest; undefined when it was not kept. */
  readonly hash: string | undefined;
  /** Where it is parked; "" when its code has not begun. */
  label: string;
  /** What it waits for there. */
  kind: SuspensionKind;
  /**
   * The arguments of the call, but those that the code cannot see, and the names of its parameters. Those of a handler that only
   * reads values of its event are not in the frame: `args[0]` is frozen and has `event`, `events` and `runId`.
   */
  readonly args: Untyped[];
  parameters: readonly string[];
  /** Loops over collections that it is in: where each stands. */
  readonly cursors: Record<string, CursorImage | AwaitedImage>;
  /** How the `finally` blocks that it is in were entered: `throw`, `return`, or a jump such as `break outer`. */
  readonly completions: Record<string, { readonly kind: string; readonly value?: Untyped }>;
  /** What `using` declared in the scopes that it is in and is still to be disposed of, by the scope's first resource. */
  readonly resources: Record<string, readonly Resource[]>;
  /** The step or sleep that it waits for, when it waits for one alone. */
  readonly step: StoredStepCall | undefined;
  /** The variables of a scope, by name; "" is the function's own. The scope is added when the frame has none. */
  scope(path: string): Record<string, Untyped>;
  /** Drops a scope that the new code has no more. */
  dropScope(path: string): void;
}

/** A step that was begun and is not settled. */
export interface StoredStepCall {
  readonly id: string;
  readonly kind: string;
  /** Its callback, which runs again if the step is tried again; undefined for a sleep. */
  readonly callback: StoredFunction | undefined;
}

/** A function of the run, in a variable or as the callback of a step. */
export interface StoredFunction {
  /** Its name in the manifest: a callback is called after its step. */
  id: string;
  /** The records of the variables that it refers to, in the order of the manifest. */
  scopes: readonly Record<string, Untyped>[];
}

/**
 * Brings a frame that older code stored to the loaded code, and gives it back; throws to leave the run as it is, blocked
 * with the reason. It is called once for each frame of a run, before its code goes on, and only when that code is other
 * than the one that stored the frame. It must be sync, and do nothing else: it may be called again after a crash.
 *
 * @example
 * client.createFunction({
 *   id: "checkout",
 *   triggers: { event: "cart/paid" },
 *   migrate(frame) {
 *     if (frame.label === "charge") frame.scope("").currency ??= "EUR";
 *     return frame;
 *   },
 * }, async ({ event, step }) => { … });
 */
export type Migrate = (frame: StoredFrame) => StoredFrame;
