/** What a frame holds at each label, and what `$.durable` and `$.nested` get of it. */
import type tsTypes from "typescript";
import {
  CODE_FORMAT,
  type CodeInfo,
  type FrameLayout,
  type SuspensionKind,
  temporariesPath,
} from "../../runtime/manifest.ts";
import type { Analysis, FunctionAnalysis } from "../analyse/analyse-unit.ts";
import { givesWhatItReturns } from "../analyse/functions.ts";
import { closureScopes, functionAround } from "../analyse/paths.ts";
import { parallelCallback, toolCall, withoutRollbacks } from "../analyse/tools.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, Closure, FunctionNode, Scope, Suspension, TypeScript } from "../ir.ts";
import { argumentReads } from "./argument-reads.ts";
import { type Constructs, constructsAround } from "./constructs.ts";
import { defaultsOf } from "./defaults.ts";
import { growingArrays } from "./growing.ts";
import { hashOf } from "./hash.ts";
import { readsOf } from "./reads.ts";
import { define } from "./tables.ts";
import { writesOf } from "./writes.ts";

type Names = Record<string, readonly string[]>;

export function codeInfo(ts: TypeScript, analysis: Analysis, current: FunctionAnalysis): CodeInfo {
  const { fn, code } = current;
  const arity = arityOf(ts, analysis, fn);
  const reads = fn === analysis.unit.fn ? readsOf(ts, analysis) : {};
  const writes = fn === analysis.unit.fn ? writesOf(analysis) : {};
  const ofArguments = fn === analysis.unit.fn ? argumentReads(ts, analysis) : undefined;
  const grows = growingArrays(ts, analysis, current);
  return {
    code,
    hash: hashOfFunction(ts, analysis, fn),
    format: CODE_FORMAT,
    ...frameLayout(ts, analysis, current),
    ...(arity !== undefined && { arity }),
    ...(givesWhatItReturns(ts, analysis, fn) && { returnsHandle: true }),
    ...(Object.keys(reads).length > 0 && { reads }),
    ...(ofArguments && { argumentReads: ofArguments }),
    ...(Object.keys(writes).length > 0 && { writes }),
    ...(Object.keys(grows).length > 0 && { grows }),
  };
}

export function hashOfFunction(ts: TypeScript, { unit, nodes }: Analysis, fn: FunctionNode): string {
  return hashOf(ts, fn, fn === unit.fn ? nodes.all : nodes.inside(fn)) + unit.place;
}

export function frameLayout(ts: TypeScript, analysis: Analysis, { fn }: FunctionAnalysis): FrameLayout {
  const { bindings, slots, unit } = analysis;
  const labels: Record<string, Names> = {};
  const kinds: Record<string, SuspensionKind> = {};
  const cursors: Names = {};
  const completions: Record<string, Constructs["completions"]> = {};
  const resources: Names = {};
  const shielded: string[] = [];
  for (const suspension of suspensionsOf(analysis, fn)) {
    const { label } = suspension;
    define(labels, label, scopesAt(ts, analysis, suspension));
    const kind = kindOf(ts, analysis, suspension);
    if (kind !== "step") define(kinds, label, kind);
    const around = constructsAround(ts, analysis, suspension);
    if (around.cursors.length > 0) define(cursors, label, around.cursors);
    if (Object.keys(around.completions).length > 0) define(completions, label, around.completions);
    if (around.resources.length > 0) define(resources, label, around.resources);
    if (around.isShielded) shielded.push(label);
  }
  const own = (binding: Binding) => slots.all.has(binding) && functionAround(binding.scope, bindings) === fn;
  const parameters = unit.kind === "handler" && fn === unit.fn ? [] : parametersOf(ts, fn);
  const layout: { -readonly [Field in keyof FrameLayout]: FrameLayout[Field] } = { labels };
  /** A field is left out when it says nothing. */
  const give = <Field extends keyof FrameLayout>(field: Field, value: FrameLayout[Field] & object): void => {
    if (Object.keys(value).length > 0) layout[field] = value;
  };
  give("kept", byScope(analysis, [...slots.kept].filter(own)));
  give("kinds", kinds);
  give("cursors", cursors);
  give("completions", completions);
  give("resources", resources);
  give("shielded", shielded);
  give("defaults", defaultsOf(ts, analysis, bindings.all.filter(own)));
  if (fn === unit.fn) give("captures", capturesOf(ts, analysis));
  give("parameters", parameters);
  return layout;
}

export function suspensionsOf({ suspensions }: Analysis, fn: FunctionNode): Suspension[] {
  return suspensions.all.filter(({ owner }) => owner === fn);
}

/** Slots of scopes that were not entered, or are left, belong to closures alone. */
function scopesAt(ts: TypeScript, analysis: Analysis, suspension: Suspension): Names {
  const temporaries = temporariesAt(analysis, suspension);
  const names: Names = {};
  for (const path of sharedScopes(ts, analysis, suspension)) define(names, path, []);
  const live = liveSlots(analysis, suspension).filter(({ scope }) => isEntered(ts, scope, suspension));
  byScope(analysis, live, names);
  if (temporaries.length > 0) define(names, temporariesPath, temporaries);
  return names;
}

function kindOf(ts: TypeScript, analysis: Analysis, { operand, yields }: Suspension): SuspensionKind {
  if (yields) return "yield";
  if (!operand) return "await";
  const node = unwrap(ts, operand);
  if (isCombination(ts, node)) return "combination";
  const tool = toolCall(ts, withoutRollbacks(ts, node), analysis.bindings, analysis.tools);
  if (tool) return tool;
  if (parallelCallback(ts, node, analysis.bindings, analysis.tools)) return "call";
  const passesStep = ts.isCallExpression(node) && node.arguments.some((argument) => isStep(ts, analysis, argument));
  return passesStep ? "call" : "await";
}

function isCombination(ts: TypeScript, node: tsTypes.Node): boolean {
  const callee = ts.isCallExpression(node) ? unwrap(ts, node.expression) : undefined;
  if (!callee || !ts.isPropertyAccessExpression(callee)) return false;
  return /^Promise\.(all|allSettled|any|race)$/.test(callee.getText());
}

function isStep(ts: TypeScript, { bindings, tools }: Analysis, node: tsTypes.Expression): boolean {
  const binding = ts.isIdentifier(node) ? bindings.byIdentifier.get(node) : undefined;
  return binding !== undefined && (tools.steps.has(binding) || tools.contexts.has(binding));
}

/** Scopes of the closures in the unit's table, where they are not the unit's own scope alone. */
function capturesOf(ts: TypeScript, analysis: Analysis): Names {
  const captures: Names = {};
  for (const closure of analysis.closures.records.values()) {
    const scopes = scopesOfClosure(ts, analysis, closure);
    if (scopes.length > 1 || (scopes.length === 1 && scopes[0] !== "")) define(captures, closure.id, scopes);
  }
  return captures;
}

/**
 * The records that a closure is made with: by their path, behind the id of the nested function whose frame they belong
 * to; `*` stands for those of no frame, with the slots that the closure needs of them. A `var` may be unset for ever.
 */
export function scopesOfClosure(ts: TypeScript, analysis: Analysis, closure: Closure): string[] {
  const { bindings, closures, functions, paths, slots, unit } = analysis;
  const needed = (scope: Scope) =>
    [...closure.captures]
      .filter((binding) => binding.scope === scope && slots.all.has(binding) && binding.kind !== "var")
      .map(({ name }) => name);
  const scopes = closureScopes(analysis, closure).map((scope) => {
    const owner = functionAround(scope, bindings) as FunctionNode;
    const current = functions.get(owner);
    if (!current) return `*${needed(scope)}`;
    const path = paths.get(scope) as string;
    if (owner === unit.fn) return path;
    const record = closures.records.get(owner);
    // A method of a class is no closure.
    return record ? `${record.id}() ${path}` : `${current.code} ${path}`;
  });
  // In front of them stands what a class was made with, or the object of a method with `super`.
  return ts.isClassLike(closure.node) || closure.home ? ["*", ...scopes] : scopes;
}

/** Names of the parameters; those that a call may leave out end with a question mark, patterns have no name. */
function parametersOf(ts: TypeScript, fn: FunctionNode): string[] {
  return fn.parameters.map(({ name, initializer, questionToken, dotDotDotToken }) => {
    const text = ts.isIdentifier(name) ? name.text : ts.isObjectBindingPattern(name) ? "{}" : "[]";
    const isOptional = initializer !== undefined || questionToken !== undefined || dotDotDotToken !== undefined;
    return `${dotDotDotToken ? "..." : ""}${text}${isOptional ? "?" : ""}`;
  });
}

/** The slots of the function's own records; those of the functions around it are stored with their frames. */
export function liveSlots({ bindings, slots }: Analysis, suspension: Suspension): Binding[] {
  const live = [...(slots.live.get(suspension) ?? [])].filter(
    (binding) => slots.all.has(binding) && functionAround(binding.scope, bindings) === suspension.owner,
  );
  return live.sort((a, b) => a.index - b.index);
}

export function temporariesAt({ functions }: Analysis, suspension: Suspension): readonly string[] {
  return functions.get(suspension.owner)?.temporaries.live.get(suspension) ?? [];
}

/** Arguments that a nested function can see; callers such as `map` pass more. Undefined when it can see all of them. */
function arityOf(ts: TypeScript, { unit }: Analysis, fn: FunctionNode): number | undefined {
  if (fn === unit.fn || fn.parameters.some(({ dotDotDotToken }) => dotDotDotToken)) return undefined;
  const usesAll = (node: tsTypes.Node): boolean =>
    (ts.isIdentifier(node) && node.text === "arguments") || (ts.forEachChild(node, usesAll) ?? false);
  return usesAll(fn) ? undefined : fn.parameters.length;
}

/** Scopes around a suspension whose records closures share with the frame: stored even when nothing in them is live. */
function sharedScopes(ts: TypeScript, analysis: Analysis, suspension: Suspension): Set<string> {
  const { bindings, paths, slots } = analysis;
  const { owner } = suspension;
  const shared = new Set<string>();
  const captured = heldByLiveClosures(analysis, suspension);
  if (slots.kept.size === 0 && captured.size === 0) return shared;
  const share = ({ scope }: Binding): void => {
    const path = paths.get(scope);
    if (path === undefined || functionAround(scope, bindings) !== owner) return;
    if (isEntered(ts, scope, suspension)) shared.add(path);
  };
  slots.kept.forEach(share);
  captured.forEach(share);
  return shared;
}

/**
 * The collection of a loop is evaluated outside of the scope of its variable, and so are the next result and the end of a
 * `for await`. The record of a `switch` is made in front of its discriminant.
 */
function isEntered(ts: TypeScript, scope: Scope, { node, operand }: Suspension): boolean {
  const isIn = (part: tsTypes.Node) => part.pos <= node.pos && node.end <= part.end;
  const around = ts.isCaseBlock(scope.node) ? scope.node.parent : scope.node;
  if (!isIn(around)) return false;
  if (!ts.isForOfStatement(around) && !ts.isForInStatement(around)) return true;
  return !isIn(around.expression) && (operand !== undefined || node !== around);
}

/**
 * What the closures capture that are live at a suspension: `d` of `f`, in `f = () => d; d = await …; f()`. A temporary may
 * hold any closure: in `f(d = await …)` it is `f`.
 */
function heldByLiveClosures(analysis: Analysis, suspension: Suspension): ReadonlySet<Binding> {
  const { slots, closures, bindings } = analysis;
  const held = new Set<Binding>();
  const visit = (bindings: Iterable<Binding>): void => {
    for (const { closure } of bindings) {
      const captures = closure && closures.records.get(closure)?.captures;
      for (const binding of captures ?? []) {
        if (held.has(binding) || !slots.all.has(binding)) continue;
        held.add(binding);
        visit([binding]);
      }
    }
  };
  visit(temporariesAt(analysis, suspension).length > 0 ? bindings.all : (slots.live.get(suspension) ?? []));
  return held;
}

function byScope({ paths }: Analysis, bindings: readonly Binding[], into: Names = {}): Names {
  const scopes = new Map<string, string[]>();
  for (const binding of bindings) {
    const path = paths.get(binding.scope) as string;
    const names = scopes.get(path);
    if (names) names.push(binding.name);
    else scopes.set(path, [binding.name]);
  }
  for (const [path, names] of scopes) define(into, path, names);
  return into;
}
