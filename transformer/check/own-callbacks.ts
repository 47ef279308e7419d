/** Functions of the author's own that are not compiled: what they wait for of what they are given, and what they make. */
import type tsTypes from "typescript";
import { boundFunction } from "../discover/bound-function.ts";
import { takesTools } from "../discover/helpers.ts";
import { findImports } from "../discover/imports.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { FunctionNode } from "../ir.ts";
import type { Check } from "./check-units.ts";

/**
 * Which parameters the function behind `callee` calls and waits for in its own async code. What is not async calls its
 * callbacks within a segment of its caller; what only begins or keeps them, or hands them on, may be right.
 */
export function awaitedParameters(check: Check, callee: tsTypes.Expression): (index: number) => boolean {
  const fn = calledFunction(check, callee);
  if (!fn?.body || !isAsync(check, fn) || takesTools(check.ts, fn, findImports(check.ts, fn.getSourceFile()))) {
    return () => false;
  }
  const awaited = awaitedNames(check, fn.body);
  return (index) => {
    const { name } = fn.parameters[index] ?? {};
    return name !== undefined && check.ts.isIdentifier(name) && awaited.has(name.text);
  };
}

/** `wrapped("io")`, of a function that is not compiled and returns one that it makes: nothing tells how to make it again. */
export function isMadeOutside(check: Check, value: tsTypes.Expression): boolean {
  const { ts } = check;
  const call = unwrap(ts, value);
  const body = ts.isCallExpression(call) ? calledFunction(check, call.expression)?.body : undefined;
  if (!body) return false;
  const isMade = (expression: tsTypes.Expression | undefined) => {
    const given = expression && unwrap(ts, expression);
    return given !== undefined && (ts.isArrowFunction(given) || ts.isFunctionExpression(given));
  };
  if (!ts.isBlock(body)) return isMade(body);
  return body.statements.some((statement) => ts.isReturnStatement(statement) && isMade(statement.expression));
}

/** A function of the module, by name; with types, also one of another module, or a method. */
export function calledFunction(
  { ts, analysis, queries }: Check,
  expression: tsTypes.Expression,
): FunctionNode | undefined {
  const callee = unwrap(ts, expression);
  if (ts.isIdentifier(callee)) {
    if (analysis.bindings.byIdentifier.has(callee)) return undefined;
    const fn = boundFunction(ts, callee);
    if (fn) return fn;
  }
  const found = queries?.declarationOfCallee(callee);
  const declared =
    found && ts.isVariableDeclaration(found) && found.initializer ? unwrap(ts, found.initializer) : found;
  const isFunction =
    declared !== undefined &&
    (ts.isFunctionDeclaration(declared) ||
      ts.isMethodDeclaration(declared) ||
      ts.isArrowFunction(declared) ||
      ts.isFunctionExpression(declared));
  // What stands in the durable function is compiled with it.
  return isFunction && !isWithin(declared, analysis.unit.fn) ? declared : undefined;
}

function isWithin(node: tsTypes.Node, outer: tsTypes.Node): boolean {
  return node.getSourceFile() === outer.getSourceFile() && outer.pos <= node.pos && node.end <= outer.end;
}

export function isAsync({ ts }: Pick<Check, "ts">, fn: FunctionNode): boolean {
  return (ts.getCombinedModifierFlags(fn) & ts.ModifierFlags.Async) !== 0;
}

/** `await fn(1)`, `return fn?.()`, outside of functions within. */
function awaitedNames({ ts }: Check, body: tsTypes.Node): ReadonlySet<string> {
  const names = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: tsTypes.Node): void => {
    if (ts.isVariableDeclaration(node) || ts.isBindingElement(node)) declared.add(node.name.getText());
    if (ts.isFunctionLike(node)) return;
    const isAwaited = ts.isAwaitExpression(node) || ts.isReturnStatement(node);
    const call = isAwaited && node.expression ? unwrap(ts, node.expression) : undefined;
    if (call && ts.isCallExpression(call) && ts.isIdentifier(call.expression)) names.add(call.expression.text);
    ts.forEachChild(node, visit);
  };
  visit(body);
  for (const name of declared) names.delete(name);
  return names;
}
