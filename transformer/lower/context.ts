/** What the lowering of one unit reads and the little that it records. */
import type tsTypes from "typescript";
import { type Analysis, type FunctionAnalysis, heldBy } from "../analyse/analyse-unit.ts";
import type { FileFacts } from "../analyse/file-facts.ts";
import { functionAround } from "../analyse/paths.ts";
import { startOf } from "../discover/nodes.ts";
import type { Binding, FunctionNode, Rope, Scope, Span, TypeScript } from "../ir.ts";
import { type FileNames, quote, span } from "./text.ts";

export interface Context {
  readonly ts: TypeScript;
  readonly file: tsTypes.SourceFile;
  readonly analysis: Analysis;
  readonly facts: FileFacts;
  /** The durable function whose code is being lowered. */
  readonly current: FunctionAnalysis;
  readonly names: FileNames;
  /** Name of the frame, `$` unless the author uses it. */
  readonly frame: string;
  /** Name of the record variable of each scope that holds slots. */
  readonly records: ReadonlyMap<Scope, string>;
  /** The literals that `$.durable` and `$.nested` get. */
  readonly infos: ReadonlyMap<FunctionNode, string>;
  /** Nodes that hold a scope with a record. */
  readonly recordHolders: ReadonlySet<tsTypes.Node>;
  /** Scopes whose record is not made yet where code is lowered: the head of a loop stands outside of its turns. */
  readonly outside: ReadonlySet<Scope>;
  /** Name of the record of temporaries. */
  readonly temporaries: string;
  /** Nodes that cannot be copied as they are. */
  readonly edited: ReadonlySet<tsTypes.Node>;
  /** Names of loops and `finally` blocks in frames. */
  readonly paths: ReadonlyMap<tsTypes.Node, string>;
  /** Names of the records that hold the home object of a method, by method: in its body `super` is used. */
  readonly homes: Map<tsTypes.Node, string>;
  /** Bodies for the unit's table, filled while lowering. */
  readonly table: { readonly id: string; readonly parameters: readonly string[]; body: Rope }[];
}

/** Where a statement stands, as far as jumps care: a list from the innermost construct outwards. */
export type Place =
  | { readonly kind: "unit" }
  | { readonly kind: "breakable"; readonly node: tsTypes.Node; readonly target: JumpTarget; readonly outer: Place }
  /** A `switch` that the compiler made: an unlabelled `break` must not stop there. */
  | { readonly kind: "generated"; readonly outer: Place }
  | { readonly kind: "finally"; readonly finalizer: Finalizer; readonly outer: Place }
  | { readonly kind: "callback"; readonly callback: InlinedCallback; readonly outer: Place };

export type Breakable = Extract<Place, { kind: "breakable" }>;

/** A statement that `break` or `continue` can name. `label` is made on demand when the author gave none. */
export interface JumpTarget {
  readonly labels: readonly string[];
  readonly isLoop: boolean;
  /** A loop or a `switch`: `break` without a label stops there. */
  readonly isBreakable: boolean;
  generated: string | undefined;
}

/** A `finally` that suspends: ways out of its body are recorded and taken behind it. */
export interface Finalizer {
  /** Its JavaScript label, and its name in the frame. */
  readonly label: string;
  readonly name: string;
  /** Pending completions that the body can leave with, and how each goes on behind the `finally`. */
  readonly exits: Map<string, (outer: Place) => Rope>;
}

/** A callback of a chain lowered in place: its `return` gives a value to the chain. */
export interface InlinedCallback {
  readonly deliver: (value: Rope | undefined) => Rope;
  /** Label of the block around the body; made when a `return` is not the last statement. */
  label: string | undefined;
  /** The `return` that ends the body: it needs no jump. */
  readonly last: tsTypes.Node | undefined;
}

/** The author's text of a node, without leading white space and comments. */
export function textOf({ file }: Context, node: tsTypes.Node): Span {
  return span(startOf(node, file), node.end);
}

export function slotName(context: Context, binding: Binding): string | undefined {
  return context.analysis.slots.all.has(binding) ? `${recordOf(context, binding.scope)}.${binding.name}` : undefined;
}

export function recordOf(context: Context, scope: Scope): string {
  return context.records.get(scope) as string;
}

/** The scope that a node opens, when it holds slots. */
export function slotScope(context: Context, node: tsTypes.Node): Scope | undefined {
  const scope = context.analysis.bindings.scopes.get(node);
  return scope && context.records.has(scope) ? scope : undefined;
}

/**
 * `const v_order = $.scope("order");` with what initialises it, if anything does. The scopes of a function that stays
 * native are seen by its closures only: `const v_make = $.env();`.
 */
export function openRecord(context: Context, scope: Scope, init?: Rope, keyword = "const"): Rope {
  return [`${keyword} ${recordOf(context, scope)} = `, newRecord(context, scope, init), ";"];
}

/** The record of a scope that is entered, as an expression. */
export function newRecord(context: Context, scope: Scope, init?: Rope): Rope {
  const record = recordOf(context, scope);
  const owner = functionAround(scope, context.analysis.bindings);
  const isDurable = context.analysis.functions.has(owner as FunctionNode);
  const path = isDurable ? quote(context.analysis.paths.get(scope) as string) : "";
  const made: Rope = init ? [isDurable ? ", " : "", `(${record}) => { `, init, " }"] : "";
  return [`${context.frame}.${isDurable ? "scope" : "env"}(${path}`, made, ")"];
}

const none: readonly string[] = [];

export function labelsIn(context: Context, node: tsTypes.Node | undefined): readonly string[] {
  const held = heldBy(context.analysis, node);
  return held.length === 0 ? none : held.map(({ label }) => label);
}

/** `$.in("a", "b")` */
export function reenters(context: Context, labels: readonly string[]): string {
  return `${context.frame}.in(${labels.map(quote).join(", ")})`;
}

export function live(context: Context): string {
  return `${context.frame}.live`;
}

export function isHolder(context: Context, node: tsTypes.Node | undefined): boolean {
  return node !== undefined && context.analysis.suspensions.holders.has(node);
}
