/** Whether code puts an object that a run may keep into a value of its module: `jobs.set(id, job)`, `shop.current = order`. */
import type tsTypes from "typescript";
import { isWrapper } from "../discover/unwrap.ts";
import type { TypeScript } from "../ir.ts";
import { isLogicalOperator } from "./operands.ts";

const puttingMethods: ReadonlySet<string> = new Set(["add", "fill", "push", "set", "splice", "unshift"]);

/** `shop` in `shop.list.push(order)`, `jobs` in `jobs[id] = job`. */
export function takesOurs(ts: TypeScript, node: tsTypes.Identifier): boolean {
  let target: tsTypes.Node = node;
  let method: string | undefined;
  while (isOwner(ts, target)) {
    target = target.parent;
    if (ts.isPropertyAccessExpression(target)) method = target.name.text;
  }
  const { parent } = target;
  if (target === node) return false;
  if (ts.isCallExpression(parent) && parent.expression === target) {
    return puttingMethods.has(method ?? "") && parent.arguments.some((argument) => mayBeOurs(ts, argument));
  }
  if (!ts.isBinaryExpression(parent) || parent.left !== target) return false;
  const { kind } = parent.operatorToken;
  const isAssignment = kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  return isAssignment && mayBeOurs(ts, parent.right);
}

/** `shop.plans` in `shop.plans.pro`. */
export function isOwner(ts: TypeScript, node: tsTypes.Node): boolean {
  const { parent } = node;
  if (isWrapper(ts, parent)) return true;
  return (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent)) && parent.expression === node;
}

/** Whether a value may be, or hold, an object that a variable of the unit has, or a part of another value of the module. */
function mayBeOurs(ts: TypeScript, node: tsTypes.Node): boolean {
  if (ts.isIdentifier(node)) return node.text !== "undefined";
  if (node.kind === ts.SyntaxKind.ThisKeyword) return true;
  if (ts.isFunctionLike(node) || givesPrimitive(ts, node)) return false;
  // The key of an element, and what is compared, are no part of a value.
  if (ts.isElementAccessExpression(node)) return mayBeOurs(ts, node.expression);
  return ts.forEachChild(node, (child) => mayBeOurs(ts, child) || undefined) ?? false;
}

function givesPrimitive(ts: TypeScript, node: tsTypes.Node): boolean {
  if (ts.isTemplateExpression(node) || ts.isTypeOfExpression(node) || ts.isVoidExpression(node)) return true;
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node) || ts.isTypeNode(node)) return true;
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return kind >= ts.SyntaxKind.FirstBinaryOperator && kind <= ts.SyntaxKind.LastBinaryOperator && !passesOn(ts, kind);
}

/** Operators whose result is one of their operands. */
function passesOn(ts: TypeScript, kind: tsTypes.SyntaxKind): boolean {
  const { SyntaxKind } = ts;
  const isAssignment = kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment;
  return isAssignment || kind === SyntaxKind.CommaToken || isLogicalOperator(ts, kind);
}
