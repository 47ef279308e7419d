/** Steps and durable calls that nobody waits for: nearly always an `await` that was forgotten. */
import type tsTypes from "typescript";
import { combinator } from "../analyse/combinators.ts";
import { isLogicalOperator } from "../analyse/operands.ts";
import { chainOf, toolCall } from "../analyse/tools.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { Binding, TypeScript } from "../ir.ts";
import { stepIn } from "./callbacks.ts";
import type { Check } from "./check-units.ts";
import { isDurableCall } from "./durable-calls.ts";
import { calledFunction, isAsync } from "./own-callbacks.ts";

/** `void step.run(…)` says that it is meant. */
export function checkAwaited(check: Check): void {
  const { ts, analysis } = check;
  for (const node of analysis.nodes.of<tsTypes.ExpressionStatement>(ts.SyntaxKind.ExpressionStatement)) {
    for (const value of droppedBy(ts, node.expression)) checkDropped(check, value);
  }
  for (const value of neverRead(check)) checkDropped(check, value);
}

/** `a` and `b` in `c ? a : b`, `b` in `c && b`. */
function droppedBy(ts: TypeScript, expression: tsTypes.Expression): tsTypes.Expression[] {
  const value = unwrap(ts, expression);
  if (ts.isConditionalExpression(value))
    return [value.whenTrue, value.whenFalse].flatMap((each) => droppedBy(ts, each));
  if (!ts.isBinaryExpression(value)) return [value];
  const { kind } = value.operatorToken;
  if (kind === ts.SyntaxKind.CommaToken) return [value.left, value.right].flatMap((each) => droppedBy(ts, each));
  return isLogicalOperator(ts, kind) ? droppedBy(ts, value.right) : [];
}

/** What a variable is given that nobody reads. */
function neverRead(check: Check): tsTypes.Expression[] {
  const { ts, analysis } = check;
  const { nodes, bindings } = analysis;
  const given = new Map<Binding, tsTypes.Expression>();
  for (const { name, initializer } of nodes.of<tsTypes.VariableDeclaration>(ts.SyntaxKind.VariableDeclaration)) {
    const value = initializer && unwrap(ts, initializer);
    const binding = value && ts.isCallExpression(value) ? bindings.byIdentifier.get(name) : undefined;
    if (binding && value) given.set(binding, value);
  }
  // A text that is evaluated may read any of them.
  if (given.size === 0 || bindings.evaluated.size > 0) return [];
  for (const [name, binding] of bindings.byIdentifier) {
    if (!ts.isVariableDeclaration(name.parent) || name.parent.name !== name) given.delete(binding);
  }
  return [...given.values()].filter((value) => runsSteps(check, chainBase(ts, value)));
}

function checkDropped(check: Check, value: tsTypes.Expression): void {
  const { ts, analysis, facts, report } = check;
  const { bindings, tools } = analysis;
  if (chainOf(ts, value, bindings, tools)) return report.warn("step-not-awaited", value, textOf(value));
  // What a step's callback calls belongs to it, and runs no steps.
  if (isInCallback(check, value)) return;
  const isCombination = combinator(ts, value, bindings, facts) !== undefined && holdsStep(check, value);
  const base = chainBase(ts, value);
  const isCall = base === value ? isDurableCall(check, value) : isDurableCall(check, base) && runsSteps(check, base);
  if (isCombination || isCall || mapsSteps(check, value)) {
    return report.warn("call-not-awaited", value, textOf(value));
  }
  checkForEach(check, value);
}

function isInCallback({ ts, analysis }: Check, node: tsTypes.Node): boolean {
  let fn = node.parent;
  for (; fn !== analysis.unit.fn; fn = fn.parent) {
    if (ts.isFunctionLike(fn) && analysis.closures.records.get(fn)?.role === "callback") return true;
  }
  return false;
}

/** A helper that is async, as far as can be told, or a function of the unit that holds a step. */
function runsSteps(check: Check, call: tsTypes.Expression): boolean {
  const { ts, analysis } = check;
  const callee = ts.isCallExpression(call) ? unwrap(ts, call.expression) : undefined;
  const own = callee && ts.isIdentifier(callee) ? analysis.bindings.byIdentifier.get(callee)?.closure : undefined;
  if (own) return holdsStep(check, own);
  const helper = callee && calledFunction(check, callee);
  return !helper || isAsync(check, helper);
}

/** `pay(step)` in `pay(step).catch(() => 0)`. */
function chainBase(ts: TypeScript, value: tsTypes.Expression): tsTypes.Expression {
  if (!ts.isCallExpression(value) || !ts.isPropertyAccessExpression(value.expression)) return value;
  const { name, expression } = value.expression;
  return /^(?:then|catch|finally)$/.test(name.text) ? chainBase(ts, unwrap(ts, expression)) : value;
}

function holdsStep(check: Check, value: tsTypes.Node): boolean {
  const { ts, analysis } = check;
  const holds = (node: tsTypes.Node): boolean =>
    (ts.isCallExpression(node) &&
      (isDurableCall(check, node) || toolCall(ts, node, analysis.bindings, analysis.tools) !== undefined)) ||
    (ts.forEachChild(node, holds) ?? false);
  return holds(value);
}

/** `items.map(async (item) => { await step.run(…); })` */
function mapsSteps(check: Check, value: tsTypes.Expression): boolean {
  return visitedSteps(check, value, /^(?:map|flatMap)$/) !== undefined;
}

/** `items.forEach(async (item) => { await step.run(…); });` */
function checkForEach(check: Check, value: tsTypes.Expression): void {
  const visited = visitedSteps(check, value, /^forEach$/);
  if (visited) check.report.warn("for-each-not-awaited", visited.name, { tool: visited.tool });
}

/** The method by which a collection gives its items to an async function with steps, and the first of these. */
function visitedSteps(check: Check, value: tsTypes.Expression, methods: RegExp) {
  const { ts, analysis } = check;
  if (!ts.isCallExpression(value) || !ts.isPropertyAccessExpression(value.expression)) return undefined;
  const { name } = value.expression;
  const [callback] = value.arguments;
  if (!methods.test(name.text) || !callback) return undefined;
  const given = unwrap(ts, callback);
  const fn = (ts.isIdentifier(given) && analysis.bindings.byIdentifier.get(given)?.closure) || given;
  const tool = analysis.closures.records.get(fn)?.durable ? stepIn(check, callback) : undefined;
  return tool === undefined ? undefined : { name, tool };
}

function textOf(call: tsTypes.Expression): { call: string } {
  const [line = ""] = call.getText().split("\n");
  return { call: line.length > 40 ? `${line.slice(0, 39)}…` : line };
}
