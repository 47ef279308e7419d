/** Which callbacks of a chain can be lowered in place. */
import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";
import { mayBeEarly } from "./early.ts";
import type { FileFacts } from "./file-facts.ts";
import { readsOwnCall } from "./functions.ts";
import { mayBeHandle } from "./handles.ts";
import { isForAwait, resourcesOf } from "./resources.ts";
import type { Bindings } from "./scopes.ts";

interface Around {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
  readonly facts: FileFacts;
}

/** An arrow function, or a function expression that uses nothing of its own call. */
export function canInline(
  around: Around,
  node: tsTypes.Expression,
): node is tsTypes.ArrowFunction | (tsTypes.FunctionExpression & { body: tsTypes.Block }) {
  const { ts } = around;
  if (!ts.isArrowFunction(node)) {
    if (!ts.isFunctionExpression(node) || node.asteriskToken || node.name || readsOwnCall(ts, node)) return false;
  }
  return !declaresParameterAgain(around, node) && !returnsFromTry(around, node.body);
}

/** `(x) => { var x = 1; }`: in place, the block would declare the name of what is given to it. */
function declaresParameterAgain({ bindings }: Around, fn: tsTypes.ArrowFunction | tsTypes.FunctionExpression): boolean {
  const names = bindings.scopes.get(fn)?.names;
  const inBody = bindings.scopes.get(fn.body)?.names;
  return [...(names?.values() ?? [])].some(({ name, kind, declarations }) => {
    if (kind !== "param") return false;
    const other = inBody?.get(name);
    const isAgain = other !== undefined && (other.kind === "var" || other.kind === "function");
    return isAgain || declarations.some(({ pos }) => pos >= fn.body.pos);
  });
}

/** What a callback returns from a `try` is not seen by its `catch`: awaited in place, it would be. So with resources. */
function returnsFromTry(around: Around, node: tsTypes.Node, inTry = false): boolean {
  const { ts } = around;
  if (ts.isFunctionLike(node)) return false;
  if (inTry && ts.isReturnStatement(node) && node.expression) return mayBeHandle(around, node.expression);
  const inside = inTry || ts.isTryStatement(node) || isForAwait(ts, node) || resourcesOf(ts, node) !== undefined;
  return ts.forEachChild(node, (child) => returnsFromTry(around, child, inside)) ?? false;
}

/**
 * A name that is certain to have its value, which nothing reassigns: it can be read late. What a path of names leads to may be
 * another by then, and to read it may throw.
 */
export function isStableName({ ts, bindings, facts }: Around, node: tsTypes.Expression): node is tsTypes.Identifier {
  if (!ts.isIdentifier(node) || node.text === "undefined") return false;
  const binding = bindings.byIdentifier.get(node);
  if (!binding) return facts.declared.has(node.text) && !facts.assigned.has(node.text);
  return !binding.reassigned && !mayBeEarly(ts, bindings, node, binding);
}

/** `undefined` or `null` as a callback: passes through. */
export function isNothing(ts: TypeScript, node: tsTypes.Expression): boolean {
  return node.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(node) && node.text === "undefined");
}
