/** What becomes of a function nested in a durable one, from syntax alone. */
import type tsTypes from "typescript";
import type { PackageImports } from "../discover/imports.ts";
import { isWrapper } from "../discover/unwrap.ts";
import type { FunctionNode, NestedFunction, TypeScript, Unit } from "../ir.ts";
import { mayNameThis } from "./evals.ts";
import { operandsOf } from "./operands.ts";
import type { Bindings } from "./scopes.ts";
import { isReference } from "./targets.ts";
import { type Tools, toolCall } from "./tools.ts";

interface Surroundings {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
  readonly tools: Tools;
  readonly imports: PackageImports;
}

/** An async function suspends by itself: it gets frames of its own. Async generators and methods of classes do not. */
export function isDurable(ts: TypeScript, fn: NestedFunction): fn is FunctionNode {
  if (ts.isClassStaticBlockDeclaration(fn) || fn.asteriskToken) return false;
  if (!isAsync(ts, fn) || !fn.body) return false;
  if (ts.isMethodDeclaration(fn)) return isMovableMethod(ts, fn);
  return ts.isArrowFunction(fn) || ts.isFunctionExpression(fn) || ts.isFunctionDeclaration(fn);
}

/** A call of it gives what its body returns: a function of its own with a frame that is not async. */
export function givesWhatItReturns(ts: TypeScript, { unit }: { readonly unit: Unit }, fn: FunctionNode): boolean {
  const isHandler = fn === unit.fn && unit.kind === "handler";
  return !isAsync(ts, fn) && fn.asteriskToken === undefined && !isHandler;
}

export function isAsync(ts: TypeScript, fn: tsTypes.SignatureDeclaration): boolean {
  return (ts.getCombinedModifierFlags(fn) & ts.ModifierFlags.Async) !== 0;
}

/** A method of an object literal: it can stand elsewhere. An async one with `super` cannot. */
export function isMovableMethod(ts: TypeScript, fn: tsTypes.Node): fn is tsTypes.MethodDeclaration {
  if (!ts.isMethodDeclaration(fn) || !ts.isObjectLiteralExpression(fn.parent)) return false;
  return !(isAsync(ts, fn) && usesSuper(ts, fn));
}

/** An accessor of an object literal. What stands behind it may be added to its object later. */
export function isMovableAccessor(ts: TypeScript, fn: tsTypes.Node): fn is tsTypes.AccessorDeclaration {
  if (!ts.isGetAccessor(fn) && !ts.isSetAccessor(fn)) return false;
  if (!ts.isObjectLiteralExpression(fn.parent) || ts.isPrivateIdentifier(fn.name)) return false;
  return !fn.parent.properties.some((property) => ts.isMethodDeclaration(property) && !isMovableMethod(ts, property));
}

/** As the name of a property with a value, it sets the prototype. */
export function isProto(ts: TypeScript, name: tsTypes.PropertyName): boolean {
  return (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) && name.text === "__proto__";
}

/** The key of an accessor that has no computed one: `16` for `get 0x10() { … }`. */
export function accessorKey(ts: TypeScript, name: tsTypes.PropertyName): string {
  return ts.isBigIntLiteral(name) ? name.text.replace(/n$/, "") : (name as tsTypes.Identifier).text;
}

/** The method or accessor of an object literal whose `super` a function uses: itself, or the one around an arrow. */
export function superOwner(ts: TypeScript, fn: tsTypes.Node): tsTypes.Node | undefined {
  if (!ts.isFunctionLike(fn) || !usesSuper(ts, fn)) return undefined;
  let owner: tsTypes.Node = fn;
  while (ts.isArrowFunction(owner) || !ts.isFunctionLike(owner)) {
    if (!owner.parent || ts.isClassLike(owner)) return undefined;
    owner = owner.parent;
  }
  return ts.isObjectLiteralExpression(owner.parent) ? owner : undefined;
}

/**
 * A durable function whose body stays in its class, because it may use the `this`, `super` and private names of it: a
 * method, or an arrow function in a field that uses them. It is called through an object.
 */
export function isEntered(ts: TypeScript, fn: FunctionNode): boolean {
  if (ts.isMethodDeclaration(fn)) return ts.isClassLike(fn.parent);
  if (!ts.isArrowFunction(fn)) return false;
  const field = userOf(ts, fn);
  return ts.isPropertyDeclaration(field) && !isStatic(ts, field) && usesThis(ts, fn);
}

/** Whether a member belongs to the class and not to its instances. */
export function isStatic(ts: TypeScript, member: tsTypes.Declaration): boolean {
  return (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) !== 0;
}

/** `this` or `super` of the code around an arrow function, or of a method's own call. */
export function usesThis(ts: TypeScript, fn: FunctionNode): boolean {
  const uses = (node: tsTypes.Node): boolean => {
    if (node.kind === ts.SyntaxKind.ThisKeyword || node.kind === ts.SyntaxKind.SuperKeyword) return true;
    if (mayNameThis(ts, node)) return true;
    if (ts.isTypeNode(node) || (ts.isFunctionLike(node) && !ts.isArrowFunction(node))) return false;
    return ts.forEachChild(node, uses) ?? false;
  };
  return [...fn.parameters, fn.body].some((part) => part !== undefined && uses(part));
}

/** `this`, `arguments`, `new.target` or `super` outside nested functions that have their own. */
export function usesOwnCall(ts: TypeScript, node: tsTypes.Node): boolean {
  if (node.kind === ts.SyntaxKind.ThisKeyword || node.kind === ts.SyntaxKind.SuperKeyword) return true;
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.NewKeyword) return true;
  if (mayNameThis(ts, node)) return true;
  if (ts.isIdentifier(node)) return node.text === "arguments" && isReference(ts, node);
  if (ts.isFunctionLike(node) && !ts.isArrowFunction(node)) return false;
  return ts.forEachChild(node, (child) => usesOwnCall(ts, child)) ?? false;
}

/** As `usesOwnCall`, of a function: its parameters have defaults. */
export function readsOwnCall(ts: TypeScript, { parameters, body }: FunctionNode): boolean {
  return parameters.some((parameter) => usesOwnCall(ts, parameter)) || (body !== undefined && usesOwnCall(ts, body));
}

/** The constant whose value is the `this` of a method's calls: `shop` in `const shop = { async pay(step) { … } };`. */
export function objectNames(ts: TypeScript, fn: FunctionNode): string[] {
  const literal = ts.isMethodDeclaration(fn) ? fn.parent : userOf(ts, fn as tsTypes.Expression).parent;
  if (!literal || !ts.isObjectLiteralExpression(literal) || ts.isArrowFunction(fn) || !usesThis(ts, fn)) return [];
  const user = userOf(ts, literal);
  const isConstant = ts.isVariableDeclaration(user) && (user.parent.flags & ts.NodeFlags.Const) !== 0;
  return isConstant && ts.isIdentifier(user.name) ? [user.name.text] : [];
}

/** `super` in a function, not in functions inside of it that have one of their own. */
export function usesSuper(ts: TypeScript, fn: tsTypes.SignatureDeclaration): boolean {
  const uses = (node: tsTypes.Node): boolean => {
    if (node.kind === ts.SyntaxKind.SuperKeyword) return true;
    if (ts.isClassLike(node)) return operandsOf(ts, node).some((operand) => uses(operand.node));
    const inner = ts.isFunctionLike(node) && !ts.isArrowFunction(node) ? node.name : node;
    return (inner && ts.forEachChild(inner, uses)) ?? false;
  };
  return [...fn.parameters, (fn as tsTypes.FunctionLikeDeclaration).body].some(
    (part) => part !== undefined && uses(part),
  );
}

/** Whether `member` is one of a class, with `node` inside of it. Heritage and keys belong to the code around the class. */
export function isInBody(ts: TypeScript, member: tsTypes.Node, node: tsTypes.Node): boolean {
  if (!ts.isClassLike(member.parent) || !ts.isClassElement(member)) return false;
  const { name } = member;
  return !name || node === member || node.pos < name.pos || node.end > name.end;
}

/** The callback of a step: its call is one attempt, which runs as a whole. */
export function isStepCallback({ ts, bindings, tools }: Surroundings, fn: tsTypes.Expression): boolean {
  const user = userOf(ts, fn);
  return ts.isCallExpression(user) && toolCall(ts, user, bindings, tools) === "step";
}

/** The node that uses an expression, wrappers such as `as` skipped. */
export function userOf(ts: TypeScript, expression: tsTypes.Expression): tsTypes.Node {
  let node: tsTypes.Node = expression;
  if (!isWrapper(ts, expression)) while (isWrapper(ts, node.parent)) node = node.parent;
  return node.parent;
}
