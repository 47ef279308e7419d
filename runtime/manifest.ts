/**
 * The contract between compiler and runtime: types and constants only.
 * This is the one file of `runtime/` that `transformer/` may import. It imports nothing.
 */

/** Version of the contract between emitted code and `backstitch/internal`. Bumped when emitted code changes shape. */
export const CODE_FORMAT = 1;

/** What a suspension waits for, as far as syntax tells. `await` is any other expression. */
export type SuspensionKind = "step" | "sleep" | "wait" | "call" | "combination" | "await";

/** A place in the author's file. Lines and columns count from 1. */
export interface SourceRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One variable that lives across a suspension. `scope` is the path of the scope that declares it ("" is the function). */
export interface SlotInfo {
  readonly scope: string;
  readonly name: string;
  /** The static type as the checker prints it; absent in syntactic builds. */
  readonly type?: string;
}

/** A construct around a suspension, outermost first. */
export interface EnclosingConstruct {
  readonly kind: "if" | "else" | "switch" | "loop" | "try" | "catch" | "finally" | "block" | "callback";
  /** Loop variable, label or other name that the author gave it. */
  readonly name?: string;
}

/** Where control can go from a suspension. A target is a label, `return` or `throw`. */
export interface Edge {
  readonly to: string;
  /** Source text of the condition under which the edge is taken, when there is one. */
  readonly when?: string;
}

/** All that the build knows of one suspension. */
export interface LabelInfo {
  readonly kind: SuspensionKind;
  readonly range: SourceRange;
  readonly slots: readonly SlotInfo[];
  readonly within: readonly EnclosingConstruct[];
  /** Taken when the suspension succeeds. */
  readonly next: readonly Edge[];
  /** Taken when it fails: the rollback edges. */
  readonly rollback: readonly Edge[];
}

/** One durable function. */
export interface FunctionManifest {
  /** The code id: the function's id, or package name and export for helpers, plus the path of names inside it. */
  readonly code: string;
  readonly range: SourceRange;
  /** Hash of the author's text of the function, white space and comments left out. */
  readonly hash: string;
  readonly labels: Readonly<Record<string, LabelInfo>>;
  /** Labels that are reached first from the function's start. */
  readonly entry: readonly Edge[];
  readonly layout: FrameLayout;
  /** Of an outermost function: the functions in it that can be stored, its step callbacks included, by their ids. */
  readonly closures?: Readonly<Record<string, ClosureInfo>>;
  /** Of an outermost function: names of the module whose values its variables may hold. */
  readonly outer?: readonly string[];
}

/** A function that can be stored. */
export interface ClosureInfo {
  /** As in `FrameLayout.captures`, and never left out. */
  readonly scopes: readonly string[];
  /** Where a frame may hold it, when that is only where the step waits whose callback it is. */
  readonly at?: { readonly code: string; readonly label: string };
  /** Labels of the outermost function at which it is not made yet. */
  readonly notAt?: readonly string[];
}

/** All durable functions of one source file. */
export interface Manifest {
  readonly format: typeof CODE_FORMAT;
  /** Version of the compiler that wrote it. */
  readonly compiler: string;
  readonly functions: readonly FunctionManifest[];
}

/** Scope path of the record of temporaries: values of operands in front of a suspension. No construct has this name. */
export const temporariesPath = "~";

/** Behind the name of a loop over keys, in layouts. */
export const keysSuffix = " in";

/** What ids of functions in a table end with when several would be equal. In front of it is what the author called them. */
export const ordinalOfId = /(#\d+\/\d+)?'*$/;

/** Which slots of which scope are live, by scope path. */
export type LiveSlots = Readonly<Record<string, readonly string[]>>;

/** What a slot starts with in a frame that lacks it: the one value, or undefined when there is none. */
export type SlotDefault = readonly [] | readonly [string | number | boolean | null];

/** How the code in front of a `finally` leaves the statement: `value` is that of a chain with `.finally(f)`. */
export type WayOut = "return" | "jump" | "value";

/**
 * What frames of a function hold: by it a frame is written, and an older one is held to it when it is loaded.
 *
 * `labels[l]` lists the slots to encode when the function is parked at `l`.
 * `kept[s]` lists the slots of scope `s` that closures capture: they are encoded whenever the scope is.
 * What says nothing is left out.
 */
export interface FrameLayout {
  readonly labels: Readonly<Record<string, LiveSlots>>;
  readonly kept?: LiveSlots;
  /** Kinds of the labels that are not steps. */
  readonly kinds?: Readonly<Record<string, SuspensionKind>>;
  /** Loops over collections around a label, outermost first; `keysSuffix` is behind the name of one over keys. */
  readonly cursors?: Readonly<Record<string, readonly string[]>>;
  /** `finally` blocks around a label that suspend, with the ways in which their code may have been entered. */
  readonly completions?: Readonly<Record<string, Readonly<Record<string, readonly WayOut[]>>>>;
  /** By scope and name. */
  readonly defaults?: Readonly<Record<string, Readonly<Record<string, SlotDefault>>>>;
  /** Of an outermost function: scopes whose records a closure in it is made with, when not its own scope alone, or none. */
  readonly captures?: LiveSlots;
  /** Names of the parameters of a function that is no handler; one that calls may leave out ends with a question mark. */
  readonly parameters?: readonly string[];
}

/** What emitted code hands to `$.durable`: the part of the manifest that the runtime needs. */
export interface CodeInfo extends FrameLayout {
  readonly code: string;
  readonly hash: string;
  readonly format: number;
  /** Number of leading arguments that the frame keeps; absent keeps all. */
  readonly arity?: number;
}
