/**
 * Classes in the code of a unit. One that can live across a suspension is a record like a closure: its body moves to the
 * unit's table. Its heritage and computed keys are evaluated where it stands, and are stored with it.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import { isErased } from "../discover/nodes.ts";
import type { Scope, TypeScript } from "../ir.ts";
import { type FileFacts, isConstantName } from "./file-facts.ts";
import { accessorKey, isStatic, usesOwnCall, usesSuper } from "./functions.ts";
import { type Operand, operandsOf } from "./operands.ts";
import type { Bindings } from "./scopes.ts";

/** Classes that are made again. Decorators may do anything, so that a class with one is not. */
export function isMovableClass(ts: TypeScript, node: tsTypes.Node): node is tsTypes.ClassLikeDeclaration {
  if (!ts.isClassLike(node) || isErased(ts, node) || isDecorated(ts, node)) return false;
  return !node.members.some(
    (member) => ts.isPropertyDeclaration(member) && isStatic(ts, member) && isAutoAccessor(ts, member),
  );
}

function isDecorated(ts: TypeScript, node: tsTypes.ClassLikeDeclaration): boolean {
  const nodes: tsTypes.Node[] = [node, ...node.members];
  for (const member of node.members) if (ts.isFunctionLike(member)) nodes.push(...member.parameters);
  return nodes.some(
    (at) =>
      "modifiers" in at && (at.modifiers as tsTypes.NodeArray<tsTypes.Node>)?.some((each) => ts.isDecorator(each)),
  );
}

/** A field that nothing outside of the class can see. */
function isHiddenState(ts: TypeScript, member: tsTypes.ClassElement): boolean {
  return ts.isPropertyDeclaration(member) && (ts.isPrivateIdentifier(member.name) || isAutoAccessor(ts, member));
}

export function isAutoAccessor(ts: TypeScript, member: tsTypes.PropertyDeclaration): boolean {
  return member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AccessorKeyword) ?? false;
}

/** The private static fields. */
export function privateStatics(
  ts: TypeScript,
  node: tsTypes.ClassLikeDeclaration,
): readonly tsTypes.PropertyDeclaration[] {
  return node.members.filter(
    (member): member is tsTypes.PropertyDeclaration =>
      ts.isPropertyDeclaration(member) && ts.isPrivateIdentifier(member.name) && isStatic(ts, member),
  );
}

/** The private members that instances have. */
export function hiddenMembers(ts: TypeScript, node: tsTypes.ClassLikeDeclaration): readonly string[] {
  const names = new Set<string>();
  for (const member of node.members) {
    if (isStatic(ts, member) || !member.name) continue;
    if (ts.isPrivateIdentifier(member.name)) names.add(member.name.text);
    else if (isHiddenState(ts, member)) names.add(member.name.getText());
  }
  return [...names];
}

/**
 * The private fields of instances that can be made again: by a call of the constructor that does nothing but give an
 * object its private names. Undefined when there is nothing private, or the constructor acts before its body.
 */
export function privateFields(ts: TypeScript, node: tsTypes.ClassLikeDeclaration): readonly string[] | undefined {
  if (hiddenMembers(ts, node).length === 0) return undefined;
  const isPlain = ({ name, initializer }: tsTypes.ParameterDeclaration) => ts.isIdentifier(name) && !initializer;
  const own = node.members.filter((member) => !isStatic(ts, member));
  for (const member of own) {
    if (ts.isPropertyDeclaration(member) && isAutoAccessor(ts, member)) return undefined;
    if (ts.isConstructorDeclaration(member) && !member.parameters.every(isPlain)) return undefined;
  }
  const fields = own.filter((member) => ts.isPropertyDeclaration(member) && ts.isPrivateIdentifier(member.name));
  return fields.map((member) => (member.name as tsTypes.PrivateIdentifier).text);
}

/** The parts of a class that stay inside of it: all but its name, heritage and computed keys. */
export function bodyOf(ts: TypeScript, node: tsTypes.ClassLikeDeclaration): readonly tsTypes.Node[] {
  const parts: tsTypes.Node[] = [];
  for (const member of node.members) {
    ts.forEachChild(member, (child) => {
      if (child !== member.name) parts.push(child);
    });
  }
  return parts;
}

/** Heritage and computed keys that are not read again in the table: evaluated once, where the class stands. */
export function valuesOf(
  { ts, bindings, facts }: { readonly ts: TypeScript; readonly bindings: Bindings; readonly facts: FileFacts },
  node: tsTypes.ClassLikeDeclaration,
  isSaved: (operand: tsTypes.Node) => boolean,
): readonly (Operand & { readonly name: string })[] {
  let keys = 0;
  return operandsOf(ts, node).flatMap((operand) => {
    const isLiteralKey = operand.role === "key" && ts.isLiteralExpression(operand.node);
    if (isLiteralKey || (!isSaved(operand.node) && isReadAgain(ts, bindings, facts, operand.node))) return [];
    const name = operand.role === "key" ? `key${++keys}` : "base";
    return [{ ...operand, name }];
  });
}

/** `null`, or what the module has: a name that is never assigned to, a path of names. */
function isReadAgain(ts: TypeScript, bindings: Bindings, facts: FileFacts, node: tsTypes.Node): boolean {
  const inner = ts.isExpression(node) ? unwrap(ts, node) : node;
  if (inner.kind === ts.SyntaxKind.NullKeyword) return true;
  if (ts.isPropertyAccessExpression(inner)) return isReadAgain(ts, bindings, facts, inner.expression);
  return ts.isIdentifier(inner) && !bindings.byIdentifier.has(inner) && isConstantName(ts, facts, inner);
}

/** The function of a field that uses nothing of its class: it can stand elsewhere. */
export function isMovableField(
  ts: TypeScript,
  bindings: Bindings,
  fn: tsTypes.Node,
): fn is tsTypes.Node & { readonly parent: tsTypes.PropertyDeclaration } {
  const isFunction = ts.isArrowFunction(fn) || (ts.isFunctionExpression(fn) && !fn.asteriskToken);
  if (!isFunction || !ts.isPropertyDeclaration(fn.parent) || !isMovableClass(ts, fn.parent.parent)) return false;
  return !usesClass(ts, bindings, fn) && (ts.isFunctionExpression(fn) || !usesOwnCall(ts, fn));
}

/** A function that uses what only code inside of a class can: private names, `super`, the name of the class. */
export function usesClass(ts: TypeScript, bindings: Bindings, node: tsTypes.Node): boolean {
  if (ts.isPrivateIdentifier(node) || node.kind === ts.SyntaxKind.SuperKeyword) return true;
  if (bindings.byIdentifier.get(node)?.scope.kind === "class") return true;
  return ts.forEachChild(node, (child) => usesClass(ts, bindings, child)) ?? false;
}

/** Fields with a function that uses its class or its object: it is made inside of the class, by name. `others` are those of what else is. */
export function boundFields(
  ts: TypeScript,
  bindings: Bindings,
  node: tsTypes.ClassLikeDeclaration,
  others: readonly string[],
): ReadonlyMap<tsTypes.PropertyDeclaration, string> {
  const found = new Map<tsTypes.PropertyDeclaration, string>();
  const taken = new Set<string>(others);
  for (const member of node.members) {
    if (!ts.isPropertyDeclaration(member) || !member.initializer || isAutoAccessor(ts, member)) continue;
    const fn = unwrap(ts, member.initializer);
    const isFunction = ts.isArrowFunction(fn) || ts.isFunctionExpression(fn);
    const isPrivateStatic = ts.isPrivateIdentifier(member.name) && isStatic(ts, member);
    if (!isFunction || isPrivateStatic || usesSuper(ts, fn) || isMovableField(ts, bindings, member.initializer))
      continue;
    const name = fieldName(ts, member.name) ?? member.name.getText();
    const base = isStatic(ts, member) ? `static ${name}` : name;
    let id = base;
    for (let ordinal = 2; taken.has(id); ordinal++) id = `${base}#${ordinal}`;
    taken.add(id);
    found.set(member, id);
  }
  return found;
}

/** Undefined for a computed key. */
export function fieldName(ts: TypeScript, name: tsTypes.PropertyName): string | undefined {
  if (!ts.isComputedPropertyName(name)) return accessorKey(ts, name);
  return ts.isLiteralExpression(name.expression) ? name.expression.text : undefined;
}

/** The uses of the name of a class in its own heritage or keys, where it means a class that is not there yet. */
export function ownNamesOutside(
  ts: TypeScript,
  bindings: Bindings,
  node: tsTypes.ClassLikeDeclaration,
): readonly tsTypes.Node[] {
  const scope = bindings.scopes.get(node) as Scope;
  const found: tsTypes.Node[] = [];
  const visit = (at: tsTypes.Node): void => {
    if (bindings.byIdentifier.get(at)?.scope === scope) found.push(at);
    ts.forEachChild(at, visit);
  };
  for (const operand of operandsOf(ts, node)) visit(operand.node);
  return found;
}
