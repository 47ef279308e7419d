/**
 * The contract between compiler and runtime: types and constants only.
 * This is the one file of `runtime/` that `transformer/` may import. It imports nothing.
 */

/** Version of the contract between emitted code and `backstitch/internal`. Bumped when emitted code changes shape. */
export const CODE_FORMAT = 1;

/** What a suspension waits for, as far as syntax tells. `await` is any other expression. */
export type SuspensionKind = "step" | "sleep" | "wait" | "call" | "combination" | "await" | "yield";

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
  /** Source text of its condition, of the loop's head, or of what the `switch` compares. */
  readonly text?: string;
}

/** Where control can go: to a label, to a place where it divides, or out of the function. */
export type Edge = ({ readonly to: string } | { readonly branch: string } | { readonly end: "return" | "throw" }) & {
  /** The outcome of the branch under which the edge is taken: `yes`, `no`, `next`, `done`, the text of a `case`. */
  readonly when?: string;
};

/** A place between suspensions where control divides, and what comes next depends on it. */
export interface BranchInfo {
  readonly kind: "if" | "switch" | "loop" | "finally";
  /** Source text of the condition or of the loop's head. */
  readonly text: string;
  readonly range: SourceRange;
  readonly within: readonly EnclosingConstruct[];
  readonly next: readonly Edge[];
}

/** What is waited for: one of a combination's elements, what a handle stands for, or the function that a call runs. */
export interface Part {
  readonly kind: SuspensionKind;
  /** As its label would be. */
  readonly name: string;
  /** Code id of the durable function that it runs, as far as syntax tells. */
  readonly code?: string;
  /** Source text of the list, when it stands for one part per element. */
  readonly each?: string;
  /** What callbacks of `.then` and `.finally` behind it wait for. */
  readonly next?: readonly Part[];
  /** What a `.catch` behind it waits for. Empty when the failure is ignored. */
  readonly rollback?: readonly Part[];
  /** What each `.rollback` behind it registers: it runs when the function fails later on. */
  readonly undo?: readonly Part[];
  /** Of a combination. */
  readonly method?: CombinationMethod;
  readonly parts?: readonly Part[];
}

/** `map` is `step.map`. */
export type CombinationMethod = "all" | "allSettled" | "any" | "race" | "map";

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
  /** What it waits for, unless that is the one op that its label names. */
  readonly part?: Part;
}

/** One durable function. */
export interface FunctionManifest {
  /** The code id: the function's id, or package name and export for helpers, plus the path of names inside it. */
  readonly code: string;
  readonly range: SourceRange;
  /** Hash of the author's text of the function, white space and comments left out; and of where its module is (`placeIn`). */
  readonly hash: string;
  readonly labels: Readonly<Record<string, LabelInfo>>;
  /** What edges name as `branch`. Absent when control never divides. */
  readonly branches?: Readonly<Record<string, BranchInfo>>;
  /** What is reached first from the function's start. */
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
  /** The author's file, from the folder of this manifest. Only in manifests that a build wrote. */
  readonly source?: string;
  readonly functions: readonly FunctionManifest[];
}

/** Scope path of the record of temporaries: values of operands in front of a suspension. No construct has this name. */
export const temporariesPath = "~";

/** Behind the name of a loop over keys, in layouts. */
export const keysSuffix = " in";

/** Behind the name of a loop that awaits its items, in layouts. */
export const awaitSuffix = " await";

/** What ids of functions in a table end with when several would be equal. In front of it is what the author called them. */
const ordinalOfId = /(#\d+\/\d+)?'*$/;

/** What the function of an id in a table is called; undefined for one that the language gives no name. */
export function nameOfId(id: string): string | undefined {
  const base = id.replace(ordinalOfId, "");
  const name = base.slice(base.lastIndexOf("/") + 1);
  return name.endsWith(")") ? undefined : name;
}

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
  /** Loops over collections around a label, outermost first; a suffix tells those over keys and those of `for await`. */
  readonly cursors?: Readonly<Record<string, readonly string[]>>;
  /** `finally` blocks around a label that suspend, with the ways in which their code may have been entered. */
  readonly completions?: Readonly<Record<string, Readonly<Record<string, readonly WayOut[]>>>>;
  /**
   * Labels of rollbacks and of clean-up, which are not cancelled: in a `catch` or `finally`, in a callback of a chain that
   * is one, and where a statement ends an iterator or a resource by itself.
   */
  readonly shielded?: readonly string[];
  /** Scopes around a label whose resources the frame keeps, once the first is declared. */
  readonly resources?: Readonly<Record<string, readonly string[]>>;
  /** By scope and name. */
  readonly defaults?: Readonly<Record<string, Readonly<Record<string, SlotDefault>>>>;
  /** Of an outermost function: scopes whose records a closure in it is made with, when not its own scope alone, or none. */
  readonly captures?: LiveSlots;
  /** Names of the parameters of a function that is no handler; one that calls may leave out ends with a question mark. */
  readonly parameters?: readonly string[];
}

/** Characters of a hash that are of the text of the function. */
export const TEXT_HASH_LENGTH = 16;

/** The part of a hash that tells the module: helpers of one name and text may stand in two, and mean other things there. */
export function placeIn(hash: string): string {
  return hash.slice(TEXT_HASH_LENGTH);
}

/** What emitted code hands to `$.durable`: the part of the manifest that the runtime needs. */
export interface CodeInfo extends FrameLayout {
  readonly code: string;
  readonly hash: string;
  readonly format: number;
  /** Number of leading arguments that the frame keeps; absent keeps all. */
  readonly arity?: number;
  /** Not of an async function: its call gives what its code returns. Absent: it gives a promise of its own. */
  readonly returnsHandle?: true;
  /** Of an outermost function: all that callbacks of steps do with values of the run, where they only read some. */
  readonly reads?: Readonly<Record<string, readonly ReadPath[]>>;
  /** Of a handler: all that its code does with its arguments, tools aside, where it only reads some values of them. */
  readonly argumentReads?: readonly ReadPath[];
  /** Of an outermost function: variables that callbacks of steps alone write to, by the callback. */
  readonly writes?: Readonly<Record<string, readonly SlotPath[]>>;
  /** Arrays that only get longer, by scope and name. */
  readonly grows?: Readonly<Record<string, Readonly<Record<string, GrowingArray>>>>;
}

/**
 * An array that the function only pushes to, or asks for its length, before it has come to any label but those of `except`.
 *
 * Nobody else has hold of it there; so what it held when the function was parked is what it holds the next time. The same is
 * true of its elements when they are `own`. Of others it is true when they are objects of primitives (`flat`), or when they
 * are primitives themselves.
 */
export interface GrowingArray {
  readonly elements: "own" | "flat" | "primitive";
  readonly except?: readonly string[];
}

/** The number of a record among those that a closure is made with, and the name of a slot. */
export type SlotPath = readonly [scope: number, name: string];

/**
 * First the number of a record among those that a closure is made with, -1 for the arguments of the call; then keys. Of the
 * arguments alone, keys.
 */
export type ReadPath = readonly (string | number)[];

/** A value of a table by label, path or id. Authors choose these, and may choose `toString`. */
export function own<Value>(table: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
