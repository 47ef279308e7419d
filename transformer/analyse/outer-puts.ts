/** Whether code puts an object that a run may keep into a value of its module: `jobs.set(id, job)`, `shop.current = order`. */
import type tsTypes from "typescript";
import { isWrapper } from "../discover/unwrap.ts";
import type { TypeScript } from "../ir.ts";
import { isLogicalOperator } from "./operands.ts";
import { isAssignment } from "./targets.ts";

const puttingMethods: ReadonlySet<string> = new Set(["add", "fill", "push", "set", "splice", "unshift"]);

/** Those that give their own object. */
const selfGiving: ReadonlySet<string> = new Set(["add", "copyWithin", "fill", "reverse", "set", "sort"]);

/**
 * `shop` in `shop.list.push(order)`, `jobs` in `jobs[id] = job`, in `jobs.set(1, job).set(2, other)`, and in
 * `(jobs[id] ??= []).push(job)`.
 */
export function takesOurs(ts: TypeScript, node: tsTypes.Identifier): boolean {
  for (let target: tsTypes.Node | undefined = node; target; ) {
    while (isOwner(ts, target)) target = target.parent;
    if (target === node) return false;
    if (puts(ts, target)) return true;
    target = givenOn(ts, target);
  }
  return false;
}

/** `shop.list.push` in a call that is given an object of ours, `jobs[id]` in an assignment of one. */
function puts(ts: TypeScript, target: tsTypes.Node): boolean {
  const { parent } = target;
  if (ts.isBinaryExpression(parent)) {
    return parent.left === target && isAssignment(ts, parent) && mayBeOurs(ts, parent.right);
  }
  if (!ts.isCallExpression(parent) || parent.expression !== target) return false;
  const method = methodOf(ts, target);
  // Under a name that is computed, any of them may be called.
  const isPut = method === undefined || puttingMethods.has(method);
  return isPut && parent.arguments.some((argument) => mayBeOurs(ts, argument));
}

/** What has the target, or a part of it, as its value: an assignment, a choice, or a call of what gives its own object. */
function givenOn(ts: TypeScript, target: tsTypes.Node): tsTypes.Node | undefined {
  const { parent } = target;
  if (ts.isBinaryExpression(parent)) return passesOn(ts, parent.operatorToken.kind) ? parent : undefined;
  const isCall = ts.isCallExpression(parent) && parent.expression === target;
  return isCall && selfGiving.has(methodOf(ts, target) ?? "") ? parent : undefined;
}

/** `find` in `plans.find` and `plans["find"]`; undefined where it is computed. */
export function methodOf(ts: TypeScript, callee: tsTypes.Node): string | undefined {
  if (ts.isPropertyAccessExpression(callee)) return callee.name.text;
  const key = ts.isElementAccessExpression(callee) ? callee.argumentExpression : undefined;
  return key && ts.isStringLiteralLike(key) ? key.text : undefined;
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
  if (ts.isFunctionLike(node)) return isCalled(ts, node);
  if (givesPrimitive(ts, node)) return false;
  // The key of an element, and what is compared, are no part of a value.
  if (ts.isElementAccessExpression(node)) return mayBeOurs(ts, node.expression);
  return ts.forEachChild(node, (child) => mayBeOurs(ts, child) || undefined) ?? false;
}

/** `(() => order)()` */
function isCalled(ts: TypeScript, fn: tsTypes.Node): boolean {
  let outer = fn;
  while (isWrapper(ts, outer.parent)) outer = outer.parent;
  return ts.isCallExpression(outer.parent) && outer.parent.expression === outer;
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
