/**
 * Promises that only other code of the run settles. Nothing that is due beside the await of one begins or comes, so that
 * code behind a step never settles it.
 */
import type tsTypes from "typescript";
import { toolCall } from "../analyse/tools.ts";
import { isWrapper, unwrap } from "../discover/unwrap.ts";
import type { Binding, FunctionNode } from "../ir.ts";
import type { Check } from "./check-units.ts";

export function checkDeferred(check: Check): void {
  const { ts, analysis, report } = check;
  for (const made of analysis.nodes.of<tsTypes.NewExpression>(ts.SyntaxKind.NewExpression)) {
    const [argument] = made.arguments ?? [];
    if (!argument || !isPromise(check, made.expression)) continue;
    const executor = unwrap(ts, argument);
    if (!ts.isArrowFunction(executor) && !ts.isFunctionExpression(executor)) continue;
    const keeper = keeperOf(check, executor);
    if (keeper) report.warn("settled-by-the-run", made, { name: keeper.name });
  }
}

function isPromise({ ts, analysis, facts }: Check, callee: tsTypes.Expression): boolean {
  if (!ts.isIdentifier(callee) || callee.text !== "Promise") return false;
  return !analysis.bindings.byIdentifier.has(callee) && !facts.declared.has("Promise");
}

/** The variable that keeps what settles the promise; undefined if anything else may have hold of it. */
function keeperOf(check: Check, executor: FunctionNode): Binding | undefined {
  const { byIdentifier } = check.analysis.bindings;
  const uses = executor.parameters.flatMap(({ name }) => byIdentifier.get(name)?.references ?? []);
  const keepers = uses.filter(({ read }) => read).map(({ node }) => keptBy(check, node, executor));
  return keepers.every((keeper) => keeper && !escapes(check, keeper, executor)) ? keepers[0] : undefined;
}

/** `release = resolve` and `queue.push(() => resolve(1))` within the executor: `release`, `queue`. */
function keptBy(check: Check, use: tsTypes.Node, executor: FunctionNode): Binding | undefined {
  const { ts } = check;
  let at = use;
  while (at !== executor) {
    const { parent } = at;
    if (isAssignment(check, parent) && parent.right === at) return rootOf(check, parent.left, executor);
    if (!ts.isCallExpression(parent)) {
      if (!isPartOf(check, parent)) return undefined;
      at = parent;
      continue;
    }
    const receiver = parent.expression === at ? undefined : receiverOf(check, parent, adding);
    if (receiver) return rootOf(check, receiver, executor);
    // What the call does with it, it does when the function around it is called.
    at = functionAround(check, parent);
  }
  return undefined;
}

/** The value is what is around it, or in it. */
function isPartOf({ ts }: Check, node: tsTypes.Node): boolean {
  if (isWrapper(ts, node) || ts.isObjectLiteralExpression(node) || ts.isArrayLiteralExpression(node)) return true;
  return ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node) || ts.isArrowFunction(node);
}

/** The variable of the run at the root of `x.y[z]`, if it is none of the executor's own. */
function rootOf({ ts, analysis }: Check, target: tsTypes.Expression, executor: tsTypes.Node): Binding | undefined {
  let root = unwrap(ts, target);
  while (ts.isPropertyAccessExpression(root) || ts.isElementAccessExpression(root)) root = unwrap(ts, root.expression);
  const binding = ts.isIdentifier(root) ? analysis.bindings.byIdentifier.get(root) : undefined;
  return binding?.declarations.some((name) => isInside(name, executor)) ? undefined : binding;
}

/** Whether code that is not of the run may call what the variable keeps. */
function escapes(check: Check, binding: Binding, executor: FunctionNode, seen = new Set<Binding>()): boolean {
  if (seen.has(binding)) return false;
  seen.add(binding);
  return binding.references.some(({ node }) => {
    if (isInside(node, executor) || binding.declarations.includes(node as tsTypes.Identifier)) return false;
    if (isGiven(check, node)) return true;
    for (let fn = functionAround(check, node); isWithin(fn, binding); fn = functionAround(check, fn)) {
      if (isGiven(check, fn)) return true;
      const holder = check.analysis.bindings.all.find(({ closure }) => closure === fn);
      if (holder && escapes(check, holder, executor, seen)) return true;
    }
    return false;
  });
}

/** It is given to a call that may keep it, returned, or put where others find it. */
function isGiven(check: Check, node: tsTypes.Node): boolean {
  const { ts, analysis } = check;
  let at = node;
  while (isPartOf(check, at.parent) && !ts.isArrowFunction(at.parent)) at = at.parent;
  const { parent } = at;
  if (ts.isReturnStatement(parent)) return true;
  if (isAssignment(check, parent)) return parent.right === at && rootOf(check, parent.left, node) === undefined;
  if (!ts.isCallExpression(parent) || parent.expression === at) return false;
  if (receiverOf(check, parent, adding) || receiverOf(check, parent, callingAtOnce)) return false;
  return toolCall(ts, parent, analysis.bindings, analysis.tools) === undefined;
}

const adding = /^(?:push|unshift|add|set)$/;
const callingAtOnce =
  /^(?:map|flatMap|forEach|filter|some|every|find|findIndex|findLast|findLastIndex|reduce|reduceRight|sort|then|catch|finally)$/;

function receiverOf({ ts }: Check, call: tsTypes.CallExpression, method: RegExp): tsTypes.Expression | undefined {
  const callee = unwrap(ts, call.expression);
  return ts.isPropertyAccessExpression(callee) && method.test(callee.name.text) ? callee.expression : undefined;
}

function isAssignment({ ts }: Check, node: tsTypes.Node): node is tsTypes.BinaryExpression {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function functionAround({ ts }: Check, node: tsTypes.Node): tsTypes.Node {
  let at = node.parent;
  while (!ts.isFunctionLike(at) && !ts.isSourceFile(at)) at = at.parent;
  return at;
}

/** The function stands in the scope of the variable. */
function isWithin(fn: tsTypes.Node, { declarations }: Binding): boolean {
  return declarations.every((name) => !isInside(name, fn)) && !("fileName" in fn);
}

function isInside(node: tsTypes.Node, outer: tsTypes.Node): boolean {
  return node.pos >= outer.pos && node.end <= outer.end;
}
