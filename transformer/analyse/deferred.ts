/**
 * `new Promise(…)` of which only code of the run has what settles it: the engine makes these, so that they can be stored
 * while they are pending. A promise of which anything else may have hold (a timer, an emitter, the module) stays the
 * language's: whatever is not known to keep it within the run is thought to let it out.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/unwrap.ts";
import type { Binding, TypeScript } from "../ir.ts";
import type { Analysis } from "./analyse-unit.ts";
import type { FileFacts } from "./file-facts.ts";
import { isAsync } from "./functions.ts";
import { keepsAll } from "./kept-values.ts";
import {
  adding,
  containerOf,
  type DeferredNames,
  functionAround,
  isPartOf,
  isPromise,
  receiverOf,
  targetOf,
} from "./takers.ts";
import { isAssignment } from "./targets.ts";

/** The function that is given what settles the promise. */
type Executor = tsTypes.ArrowFunction | tsTypes.FunctionExpression;

export function isDeferred(
  ts: TypeScript,
  { bindings, unit }: Pick<Analysis, "bindings" | "unit">,
  facts: FileFacts,
  node: tsTypes.Node,
): node is tsTypes.NewExpression {
  const names: DeferredNames = { ts, bindings, facts };
  if (!ts.isNewExpression(node) || !isPromise(names, node.expression) || bindings.evaluated.size > 0) return false;
  const [argument, ...others] = node.arguments ?? [];
  const executor = argument && unwrap(ts, argument);
  if (!executor || others.length > 0) return false;
  if (!ts.isArrowFunction(executor) && !ts.isFunctionExpression(executor)) return false;
  if (executor.asteriskToken || isAsync(ts, executor)) return false;
  const keepers = keepersOf(names, executor);
  return keepers !== undefined && keepsAll(names, keepers, functionsAround(ts, node, unit.fn));
}

/** Who calls one of these, such as a step or an emitter, calls it when it is no code of the run. */
function functionsAround(ts: TypeScript, node: tsTypes.Node, unit: tsTypes.Node): tsTypes.Node[] {
  const found: tsTypes.Node[] = [];
  for (let fn = functionAround(ts, node); fn !== unit; fn = functionAround(ts, fn)) found.push(fn);
  return found;
}

/** The variables that keep what settles the promise; undefined when it is given to anything else, or kept by none. */
function keepersOf(names: DeferredNames, executor: Executor): ReadonlySet<Binding> | undefined {
  const { byIdentifier } = names.bindings;
  const keepers = new Set<Binding>();
  for (const { name, dotDotDotToken, initializer } of executor.parameters) {
    const binding = byIdentifier.get(name);
    if (!binding || dotDotDotToken || initializer || binding.reassigned) return undefined;
    for (const { node } of binding.references) {
      const keeper = keeperOf(names, node, executor);
      if (keeper === undefined) return undefined;
      if (keeper !== "none") keepers.add(keeper);
    }
  }
  return keepers.size > 0 ? keepers : undefined;
}

/** `release = resolve`, `queue.push({ resolve })`: `release`, `queue`. "none" where it is only called, or named. */
function keeperOf(names: DeferredNames, use: tsTypes.Node, executor: Executor): Binding | "none" | undefined {
  const { ts } = names;
  let at = use;
  for (;;) {
    const { parent } = at;
    if (ts.isParameter(parent)) return "none";
    if (ts.isBinaryExpression(parent)) {
      const isGiven = isAssignment(ts, parent) && parent.right === at && isUnused(ts, parent, executor);
      return isGiven ? outside(executor, targetOf(names, parent.left)) : undefined;
    }
    if (ts.isCallExpression(parent) && parent.expression === at) {
      const around = functionAround(ts, parent);
      if (around === executor) return "none";
      // Whoever has the function around it can call it.
      at = around;
    } else if (ts.isCallExpression(parent)) {
      const receiver = receiverOf(ts, parent, adding);
      return receiver && outside(executor, containerOf(names, receiver));
    } else if (isPartOf(ts, parent)) at = parent;
    else return undefined;
  }
}

/** The value of an expression is dropped: it stands by itself, or is what the executor returns. */
function isUnused(ts: TypeScript, node: tsTypes.Node, executor: Executor): boolean {
  const { parent } = node;
  if (ts.isParenthesizedExpression(parent)) return isUnused(ts, parent, executor);
  return ts.isExpressionStatement(parent) || parent === executor;
}

/** Not a variable of the executor itself. */
function outside(executor: Executor, binding: Binding | undefined): Binding | undefined {
  return binding?.declarations.some(({ pos, end }) => pos >= executor.pos && end <= executor.end) ? undefined : binding;
}
