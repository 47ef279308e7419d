/**
 * Names that a unit uses as values and does not declare: functions, classes and objects of its module and its imports.
 * A variable that holds one across a suspension, or a function that is a property of one, is stored by that name.
 */
import type tsTypes from "typescript";
import type { PackageImports } from "../discover/imports.ts";
import type { Nodes } from "../discover/nodes.ts";
import { isWrapper } from "../discover/unwrap.ts";
import type { TypeScript } from "../ir.ts";
import type { FileFacts } from "./file-facts.ts";
import { isLogicalAssignment, isLogicalOperator } from "./operands.ts";
import type { Bindings } from "./scopes.ts";
import { isReference } from "./targets.ts";
import { givesTool, type Tools } from "./tools.ts";

/** Names that every process has, whose values the codec knows; and `undefined` and its like. */
const builtIn: ReadonlySet<string> = new Set(
  [
    "AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError",
    "FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON",
    "Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol",
    "SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet",
    "decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt",
    "undefined unescape Buffer URL URLSearchParams console crypto fetch process setTimeout structuredClone",
  ].flatMap((line) => line.split(" ")),
);

/** Errors of the package, which the codec knows as well. */
const ourErrors: ReadonlySet<string> = new Set([
  "BackstitchError",
  "CancelledError",
  "NonRetriableError",
  "RetryAfterError",
  "StepError",
]);

export function findOuterNames(
  ts: TypeScript,
  nodes: Nodes,
  bindings: Bindings,
  facts: FileFacts,
  imports: PackageImports,
  tools: Tools,
): ReadonlySet<string> {
  const found = new Set<string>();
  const isThis = (node: tsTypes.Identifier) => isThisOfHelper(ts, node, bindings, tools);
  for (const node of nodes.of<tsTypes.Identifier>(ts.SyntaxKind.Identifier)) {
    const { text } = node;
    if (found.has(text) || bindings.byIdentifier.has(node) || !(isValue(ts, node) || isThis(node))) continue;
    const isKnown = (builtIn.has(text) && !facts.declared.has(text)) || ourErrors.has(imports.named.get(text) ?? "");
    if (!isKnown && text !== "arguments" && !facts.assigned.has(text)) found.add(text);
  }
  return found;
}

/** `shop` in `shop.pay(step)`: the call may keep it. */
function isThisOfHelper(ts: TypeScript, node: tsTypes.Identifier, bindings: Bindings, tools: Tools): boolean {
  const { parent } = node;
  if (!ts.isPropertyAccessExpression(parent) || parent.expression !== node) return false;
  const call = parent.parent;
  return ts.isCallExpression(call) && call.expression === parent && givesTool(ts, call, bindings, tools);
}

/** Whether the value itself, or a property of it, can be kept: it is not just called. */
function isValue(ts: TypeScript, node: tsTypes.Identifier): boolean {
  return isReference(ts, node) && (isPassedOn(ts, node) || isClassOfErrors(ts, node));
}

/** `error instanceof Declined`, `throw new Declined()`: an error that is kept is to have this class again. */
function isClassOfErrors(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const { parent } = node;
  if (ts.isNewExpression(parent)) return parent.expression === node && ts.isThrowStatement(parent.parent);
  return (
    ts.isBinaryExpression(parent) &&
    parent.right === node &&
    parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
  );
}

function isPassedOn(ts: TypeScript, node: tsTypes.Expression): boolean {
  let outer: tsTypes.Node = node;
  while (isWrapper(ts, outer.parent)) outer = outer.parent;
  const { parent } = outer;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.expression !== outer;
  if (ts.isTaggedTemplateExpression(parent)) return parent.tag !== outer;
  if (ts.isPropertyAccessExpression(parent)) return isPassedOn(ts, parent);
  // A key may be a symbol of the module.
  if (ts.isElementAccessExpression(parent)) return parent.expression !== outer || isPassedOn(ts, parent);
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    if (kind === ts.SyntaxKind.InKeyword) return parent.left === outer;
    return isLogicalOperator(ts, kind) || (parent.right === outer && passesRight(ts, kind));
  }
  return !ts.isTypeOfExpression(parent) && !ts.isExpressionStatement(parent) && !ts.isPrefixUnaryExpression(parent);
}

/** Operators whose result is their right operand. */
function passesRight(ts: TypeScript, kind: tsTypes.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.EqualsToken || kind === ts.SyntaxKind.CommaToken || isLogicalAssignment(ts, kind);
}
