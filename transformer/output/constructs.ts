/**
 * What a frame holds for the constructs around a suspension: cursors of loops, pending `finally` blocks, resources. And
 * whether one of them is a rollback or clean-up.
 */
import type tsTypes from "typescript";
import { awaitSuffix, keysSuffix, type WayOut } from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { userOf } from "../analyse/functions.ts";
import { finallyName } from "../analyse/paths.ts";
import { managedResources } from "../analyse/suspensions.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Suspension, TypeScript } from "../ir.ts";
import { define } from "./tables.ts";

export interface Constructs {
  /** Of loops, outermost first. */
  readonly cursors: string[];
  /** Of the `finally` blocks that it is in, and of what ends like one. */
  readonly completions: Record<string, readonly WayOut[]>;
  readonly resources: string[];
  /** It is part of a rollback or of clean-up. */
  readonly isShielded: boolean;
}

/** The names of cursors, `finally` blocks and resources. */
type ConstructNames = ReadonlyMap<tsTypes.Node, string>;

export function constructsAround(
  ts: TypeScript,
  { suspensions, cursors: names }: Analysis,
  suspension: Suspension,
): Constructs {
  const { node, owner, yields } = suspension;
  const isShielded = !yields && (isEnd(suspensions, suspension) || isInCleanUp(ts, suspensions, suspension));
  const found: Constructs = { cursors: [], completions: {}, resources: [], isShielded };
  endOf(ts, suspensions, suspension, names, found);
  if (suspensions.namedCallbacks.has(node)) inFinallyCallback(ts, suspensions, node, found);
  for (let child = node; child !== owner; child = child.parent) {
    const { parent } = child;
    if (suspensions.inlined.get(parent) === "finally") inFinallyCallback(ts, suspensions, parent, found);
    inConstruct(ts, child, parent, names, found);
    const first = managedResources(parent, suspensions)?.lists[0];
    if (first && first.end <= node.pos) found.resources.unshift(names.get(first) as string);
  }
  // By `return(value)`.
  if (yields) {
    for (const [name, ways] of Object.entries(found.completions)) {
      define(found.completions, name, [...new Set<WayOut>([...ways, "return"])].sort());
    }
  }
  return found;
}

/** What a statement awaits by itself when it ends. */
function isEnd({ loops }: Analysis["suspensions"], suspension: Suspension): boolean {
  return !suspension.operand && loops.get(suspension.node)?.next !== suspension;
}

function isInCleanUp(
  ts: TypeScript,
  { inlined, namedCallbacks }: Analysis["suspensions"],
  { node, owner }: Suspension,
): boolean {
  for (let child = node; child !== owner; child = child.parent) {
    const { parent } = child;
    if (ts.isCatchClause(parent) || (ts.isTryStatement(parent) && parent.finallyBlock === child)) return true;
    const isCallback = inlined.has(child) || namedCallbacks.has(child);
    if (isCallback && isRollback(ts, child as tsTypes.Expression)) return true;
  }
  return false;
}

/** `f` of `.catch(f)`, `.then(_, f)` or `.finally(f)`. */
function isRollback(ts: TypeScript, callback: tsTypes.Expression): boolean {
  const call = userOf(ts, callback) as tsTypes.CallExpression;
  const { name } = unwrap(ts, call.expression) as tsTypes.PropertyAccessExpression;
  const [, second] = call.arguments;
  return name.text !== "then" || (second !== undefined && unwrap(ts, second) === callback);
}

/** What a statement awaits by itself: the next result or the end of a `for await`, the end of resources. */
function endOf(
  ts: TypeScript,
  suspensions: Analysis["suspensions"],
  suspension: Suspension,
  names: ConstructNames,
  { cursors, completions, resources }: Constructs,
): void {
  const { loops, disposals } = suspensions;
  const { node, operand } = suspension;
  if (operand) return;
  const loop = loops.get(node);
  const name = names.get(node);
  if (loop && name !== undefined && (loop.next === suspension || loop.end === suspension)) {
    cursors.push(name + awaitSuffix);
    if (loop.end === suspension) define(completions, name, waysOut(ts, [labelled(ts, node)]));
    return;
  }
  for (const [scope, end] of disposals) {
    const first = end === suspension ? managedResources(scope, suspensions)?.lists[0] : undefined;
    const name = first && names.get(first);
    if (name === undefined) continue;
    define(completions, name, waysOut(ts, [node]));
    if (scope === node) resources.push(name);
  }
}

/** A callback of a `.finally` that is lowered in place, or called there: the frame holds what stands in front of it. */
function inFinallyCallback(
  ts: TypeScript,
  { all, chains }: Analysis["suspensions"],
  callback: tsTypes.Node,
  { completions }: Constructs,
): void {
  for (const chain of chains.values()) {
    const link = chain.links.find(
      ({ method, callbacks }) =>
        method === "finally" && callbacks.some((given) => given && unwrap(ts, given) === callback),
    );
    const label = all.find(({ operand }) => operand === chain.base)?.label ?? "";
    if (link) define(completions, finallyName(label, chain, link), ["value"]);
  }
}

/** `child` is the part of `construct` that the suspension is in. */
function inConstruct(
  ts: TypeScript,
  child: tsTypes.Node,
  construct: tsTypes.Node,
  names: ConstructNames,
  { cursors, completions }: Constructs,
): void {
  const name = names.get(construct);
  if (name === undefined) return;
  if (ts.isTryStatement(construct)) {
    const { tryBlock, catchClause, finallyBlock } = construct;
    if (finallyBlock === child)
      define(completions, name, waysOut(ts, catchClause ? [tryBlock, catchClause] : [tryBlock]));
  } else if (ts.isForInStatement(construct)) {
    if (construct.expression !== child) cursors.unshift(name + keysSuffix);
  } else if (ts.isForOfStatement(construct) && construct.expression !== child) {
    cursors.unshift(construct.awaitModifier ? name + awaitSuffix : name);
  }
}

/** How code leaves what a `finally` or its like stands behind, but for errors and its end. */
function waysOut(ts: TypeScript, parts: readonly tsTypes.Node[]): WayOut[] {
  const found = new Set<WayOut>();
  /** `inside` are the statements within it that a jump can stop at: their labels, loops and switches. */
  const visit = (node: tsTypes.Node, inside: readonly string[]): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isReturnStatement(node)) found.add("return");
    if (ts.isBreakOrContinueStatement(node)) {
      const target = node.label?.text ?? (ts.isContinueStatement(node) ? "continue" : "break");
      if (!inside.includes(target)) found.add("jump");
    }
    const targets = ts.isLabeledStatement(node)
      ? [node.label.text]
      : ts.isIterationStatement(node, false)
        ? ["continue", "break"]
        : ts.isSwitchStatement(node)
          ? ["break"]
          : [];
    ts.forEachChild(node, (child) => visit(child, [...inside, ...targets]));
  };
  for (const part of parts) visit(part, []);
  return [...found].sort();
}

/** A loop with its labels. */
function labelled(ts: TypeScript, loop: tsTypes.Node): tsTypes.Node {
  let outermost = loop;
  while (ts.isLabeledStatement(outermost.parent)) outermost = outermost.parent;
  return outermost;
}
