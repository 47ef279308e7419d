/**
 * Generator functions whose generators can live across a suspension of the code around them. Such a function has frames
 * as an async one has, one per generator, with `yield` in the place of `await`.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/unwrap.ts";
import type { FunctionNode, NestedFunction, TypeScript } from "../ir.ts";
import { isMovableClass } from "./classes.ts";
import { usingKeyword } from "./resources.ts";

/** A sync generator function that can stand elsewhere, and whose code can be entered again. */
export function isStoredGenerator(ts: TypeScript, fn: NestedFunction): fn is FunctionNode {
  if (ts.isClassStaticBlockDeclaration(fn) || !fn.asteriskToken || !fn.body) return false;
  if ((ts.getCombinedModifierFlags(fn) & ts.ModifierFlags.Async) !== 0) return false;
  if (ts.isMethodDeclaration(fn) && !ts.isObjectLiteralExpression(fn.parent)) return false;
  return !holdsObstacle(ts, fn.body);
}

/** The function is a generator function that was found to be one of these. */
export function isGenerator({ asteriskToken }: FunctionNode): boolean {
  return asteriskToken !== undefined;
}

/** What cannot be entered again: such a generator ends within its segment, or blocks its run. */
function holdsObstacle(ts: TypeScript, node: tsTypes.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isClassLike(node) && !isMovableClass(ts, node)) return true;
  if (ts.isVariableDeclarationList(node) && usingKeyword(ts, node)) return true;
  if (ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node)) return true;
  // The method of `super` would be fetched again.
  if (ts.isCallExpression(node) && isOfSuper(ts, node.expression) && node.arguments.some((each) => yields(ts, each))) {
    return true;
  }
  return ts.forEachChild(node, (child) => holdsObstacle(ts, child)) ?? false;
}

function isOfSuper(ts: TypeScript, expression: tsTypes.Expression): boolean {
  const callee = unwrap(ts, expression);
  const isAccess = ts.isPropertyAccessExpression(callee) || ts.isElementAccessExpression(callee);
  return isAccess && callee.expression.kind === ts.SyntaxKind.SuperKeyword;
}

function yields(ts: TypeScript, node: tsTypes.Node): boolean {
  if (ts.isYieldExpression(node)) return true;
  return !ts.isFunctionLike(node) && (ts.forEachChild(node, (child) => yields(ts, child)) ?? false);
}

/** Binding them at the call evaluates something, which must not be evaluated again. */
export function bindsParameters(ts: TypeScript, fn: FunctionNode): boolean {
  return fn.parameters.some(
    ({ name, initializer, dotDotDotToken }) => !ts.isIdentifier(name) || initializer !== undefined || dotDotDotToken,
  );
}
