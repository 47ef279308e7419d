/** Which callbacks of a chain can be lowered in place. */
import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";
import { usesOwnCall } from "./functions.ts";
import { mayBeHandle } from "./handles.ts";
import { isForAwait, resourcesOf } from "./resources.ts";
import type { Bindings } from "./scopes.ts";

interface Around {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
}

/** An arrow function, or a function expression that uses nothing of its own call. */
export function canInline(
  around: Around,
  node: tsTypes.Expression,
): node is tsTypes.ArrowFunction | (tsTypes.FunctionExpression & { body: tsTypes.Block }) {
  const { ts } = around;
  if (ts.isArrowFunction(node)) return !returnsFromTry(around, node.body);
  if (!ts.isFunctionExpression(node) || node.asteriskToken || node.name) return false;
  return !usesOwnCall(ts, node.body) && !returnsFromTry(around, node.body);
}

/** What a callback returns from a `try` is not seen by its `catch`: awaited in place, it would be. So with resources. */
function returnsFromTry(around: Around, node: tsTypes.Node, inTry = false): boolean {
  const { ts } = around;
  if (ts.isFunctionLike(node)) return false;
  if (inTry && ts.isReturnStatement(node) && node.expression) return mayBeHandle(around, node.expression);
  const inside = inTry || ts.isTryStatement(node) || isForAwait(ts, node) || resourcesOf(ts, node) !== undefined;
  return ts.forEachChild(node, (child) => returnsFromTry(around, child, inside)) ?? false;
}

/** A name or a path of names that nothing in the unit reassigns: its value can be read late. */
export function isStablePath(around: Around, node: tsTypes.Expression): boolean {
  const { ts } = around;
  if (ts.isPropertyAccessExpression(node)) return isStablePath(around, node.expression);
  if (!ts.isIdentifier(node) || node.text === "undefined") return false;
  const binding = around.bindings.byIdentifier.get(node);
  return binding === undefined || !binding.reassigned;
}

/** `undefined` or `null` as a callback: passes through. */
export function isNothing(ts: TypeScript, node: tsTypes.Expression): boolean {
  return node.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(node) && node.text === "undefined");
}
