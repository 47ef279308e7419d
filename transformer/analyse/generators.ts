/**
 * Generator functions whose generators can live across a suspension of the code around them. Such a function has frames
 * as an async one has, one per generator, with `yield` in the place of `await`.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/unwrap.ts";
import type { FunctionNode, NestedFunction, TypeScript } from "../ir.ts";
import { fieldName, isMovableClass } from "./classes.ts";
import { isAsync, isInBody } from "./functions.ts";
import { isKeepable, isPrivateMethod } from "./private-methods.ts";
import { isForAwait, usingKeyword } from "./resources.ts";
import type { Bindings } from "./scopes.ts";

/** A generator function that can stand elsewhere, and whose code can be entered again. */
export function isStoredGenerator(ts: TypeScript, fn: NestedFunction): fn is FunctionNode {
  if (!ts.isFunctionLike(fn) || !canEnterAgain(ts, fn)) return false;
  if (ts.isMethodDeclaration(fn) && ts.isClassLike(fn.parent) && !isReplaceable(ts, fn, fn.parent)) return false;
  return true;
}

function canEnterAgain(ts: TypeScript, fn: tsTypes.FunctionLikeDeclaration): boolean {
  if (!fn.asteriskToken || !fn.body || holdsObstacle(ts, fn.body, ts.isClassLike(fn.parent))) return false;
  if (!isAsync(ts, fn)) return true;
  return !holdsAsyncObstacle(ts, fn.body) && (!bindsParameters(ts, fn) || bindsApart(ts, fn));
}

/** Whether what binds the parameters of an async one can stand in a function of its own. */
function bindsApart(ts: TypeScript, fn: tsTypes.FunctionLikeDeclaration): boolean {
  const isOfHome = (node: tsTypes.Node): boolean =>
    node.kind === ts.SyntaxKind.SuperKeyword || (ts.forEachChild(node, isOfHome) ?? false);
  return !ts.isClassLike(fn.parent) && !isOfHome(fn);
}

/**
 * In an async generator nobody is told what a `yield*` is left with, which a `finally` around it would have to know; nor the
 * item of a `for await` whose target suspends: the language has it.
 */
function holdsAsyncObstacle(ts: TypeScript, node: tsTypes.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (isForAwait(ts, node) && isAccess(ts, node.initializer) && yields(ts, node.initializer)) return true;
  if (ts.isTryStatement(node) && node.finallyBlock && delegates(ts, node)) return true;
  return ts.forEachChild(node, (child) => holdsAsyncObstacle(ts, child)) ?? false;
}

type Access = tsTypes.PropertyAccessExpression | tsTypes.ElementAccessExpression;

function isAccess(ts: TypeScript, node: tsTypes.Node): node is Access {
  return ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
}

/** A method of a class whose function is found by its key when the class is made: no other generator function can be there. */
function isReplaceable(ts: TypeScript, method: tsTypes.MethodDeclaration, made: tsTypes.ClassLikeDeclaration): boolean {
  if (!isMovableClass(ts, made)) return false;
  if (isPrivateMethod(ts, method)) return isKeepable(ts, method);
  const key = knownKey(ts, method.name);
  return made.members.every((member) => {
    if (!ts.isMethodDeclaration(member) || !member.asteriskToken || canEnterAgain(ts, member)) return true;
    if (ts.isPrivateIdentifier(member.name)) return true;
    const other = knownKey(ts, member.name);
    return key !== undefined && other !== undefined && key !== other;
  });
}

/** Two keys that are known and differ cannot be the same; undefined for one that is not known. */
function knownKey(ts: TypeScript, name: tsTypes.PropertyName): string | undefined {
  const known = fieldName(ts, name);
  if (known !== undefined) return known;
  return ts.isComputedPropertyName(name) && /^Symbol\.\w+$/.test(name.expression.getText())
    ? `[${name.expression.getText()}]`
    : undefined;
}

/** The generator methods of a class that have frames. */
export function generatorMethods(
  made: tsTypes.ClassLikeDeclaration,
  functions: ReadonlyMap<FunctionNode, unknown>,
): readonly tsTypes.MethodDeclaration[] {
  return made.members.filter((member): member is tsTypes.MethodDeclaration =>
    functions.has(member as tsTypes.MethodDeclaration),
  );
}

/** A method of a class that is made in code with frames: what else belongs to the class is left alone. */
export function isGeneratorMethod(ts: TypeScript, fn: NestedFunction): boolean {
  if (!ts.isMethodDeclaration(fn) || !ts.isClassLike(fn.parent) || !isStoredGenerator(ts, fn)) return false;
  const made = fn.parent;
  for (let at: tsTypes.Node = made; at.parent && !ts.isFunctionLike(at); at = at.parent) {
    if (isInBody(ts, at, made)) return false;
  }
  return true;
}

/**
 * Its generators end where they are made: each call is spread, destructured, given to `Array.from`, or gone through by a
 * loop that does not suspend.
 */
export function isUsedUp(ts: TypeScript, bindings: Bindings, fn: NestedFunction): boolean {
  const { parent } = fn;
  const name = ts.isFunctionDeclaration(fn) ? fn.name : ts.isVariableDeclaration(parent) ? parent.name : undefined;
  const binding = name && bindings.byIdentifier.get(name);
  if (binding?.closure !== fn || binding.reassigned || binding.declarations.length > 1) return false;
  return binding.references.every(({ node }) => {
    const call = node.parent;
    return ts.isCallExpression(call) && call.expression === node && isGoneThrough(ts, call);
  });
}

function isGoneThrough(ts: TypeScript, value: tsTypes.Expression): boolean {
  const { parent } = value;
  if (ts.isSpreadElement(parent)) return true;
  if (ts.isForOfStatement(parent)) return parent.expression === value && !suspends(ts, parent);
  if (ts.isVariableDeclaration(parent)) return ts.isArrayBindingPattern(parent.name) && !suspends(ts, parent.name);
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    return parent.right === value && ts.isArrayLiteralExpression(parent.left) && !suspends(ts, parent.left);
  }
  return ts.isCallExpression(parent) && parent.expression.getText() === "Array.from" && parent.arguments[0] === value;
}

function suspends(ts: TypeScript, node: tsTypes.Node): boolean {
  if (ts.isAwaitExpression(node) || ts.isYieldExpression(node)) return true;
  if (ts.isForOfStatement(node) && node.awaitModifier) return true;
  if (ts.isVariableDeclarationList(node) && usingKeyword(ts, node)) return true;
  return !ts.isFunctionLike(node) && (ts.forEachChild(node, (child) => suspends(ts, child)) ?? false);
}

/** The function is a generator function that was found to be one of these. */
export function isGenerator({ asteriskToken }: FunctionNode): boolean {
  return asteriskToken !== undefined;
}

/** The function is one of these, and awaits. */
export function isAsyncGenerator(ts: TypeScript, fn: FunctionNode): boolean {
  return isGenerator(fn) && isAsync(ts, fn);
}

/** Whether a node belongs to the own code of such a function. */
export function isInAsyncGenerator(ts: TypeScript, node: tsTypes.Node, fn: FunctionNode): boolean {
  if (!isAsyncGenerator(ts, fn)) return false;
  let at = node.parent;
  while (!ts.isFunctionLike(at)) at = at.parent;
  return at === fn;
}

/** Whether values of a durable function may be generators that can be stored. */
export function makesGenerators({
  suspensions,
}: {
  readonly suspensions: { readonly owners: readonly FunctionNode[] };
}): boolean {
  return suspensions.owners.some(isGenerator);
}

/** What cannot be entered again, such as a class in a method of another one: such a generator ends within its segment, or blocks its run. */
function holdsObstacle(ts: TypeScript, node: tsTypes.Node, isInMethod: boolean): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isClassLike(node) && (!isMovableClass(ts, node) || isInMethod)) return true;
  if (ts.isVariableDeclarationList(node) && usingKeyword(ts, node)) return true;
  if (ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node)) return true;
  // The method of `super` would be fetched again.
  if (ts.isCallExpression(node) && isOfSuper(ts, node.expression) && node.arguments.some((each) => yields(ts, each))) {
    return true;
  }
  return ts.forEachChild(node, (child) => holdsObstacle(ts, child, isInMethod)) ?? false;
}

function isOfSuper(ts: TypeScript, expression: tsTypes.Expression): boolean {
  const callee = unwrap(ts, expression);
  return isAccess(ts, callee) && callee.expression.kind === ts.SyntaxKind.SuperKeyword;
}

/** A `for await` of an async generator that stays as it is: its code is not entered again within a turn. */
export function staysNative(ts: TypeScript, node: tsTypes.Node, fn: FunctionNode | undefined): boolean {
  if (!fn || !isGenerator(fn) || !isForAwait(ts, node)) return false;
  return !yields(ts, node.initializer) && !yields(ts, node.statement);
}

function yields(ts: TypeScript, node: tsTypes.Node): boolean {
  if (ts.isYieldExpression(node)) return true;
  return !ts.isFunctionLike(node) && (ts.forEachChild(node, (child) => yields(ts, child)) ?? false);
}

function delegates(ts: TypeScript, node: tsTypes.Node): boolean {
  if (ts.isYieldExpression(node) && node.asteriskToken) return true;
  return !ts.isFunctionLike(node) && (ts.forEachChild(node, (child) => delegates(ts, child)) ?? false);
}

/** A generator function whose first act is to bind its parameters. */
export function bindsAtCall(ts: TypeScript, fn: FunctionNode): boolean {
  return isGenerator(fn) && bindsParameters(ts, fn);
}

/** Binding them at the call evaluates something, which must not be evaluated again. */
function bindsParameters(ts: TypeScript, fn: tsTypes.SignatureDeclaration): boolean {
  return fn.parameters.some(
    ({ name, initializer, dotDotDotToken }) => !ts.isIdentifier(name) || initializer !== undefined || dotDotDotToken,
  );
}
