/**
 * Classes that are the values of fields. Such a class may use the private names of the class around it, so that it is made
 * in there; it is a record of its own all the same.
 */
import type tsTypes from "typescript";
import type { Closure, TypeScript } from "../ir.ts";
import { isAutoAccessor, isMovableClass } from "./classes.ts";
import { userOf } from "./functions.ts";
import { operandsOf } from "./operands.ts";

/** The class around one that is made in a field; undefined for any other. */
export function classAround(
  ts: TypeScript,
  node: tsTypes.ClassLikeDeclaration,
): tsTypes.ClassLikeDeclaration | undefined {
  const field = ts.isClassExpression(node) ? userOf(ts, node) : undefined;
  if (!field || !ts.isPropertyDeclaration(field) || !isMovableClass(ts, field.parent)) return undefined;
  return isAutoAccessor(ts, field) || usesOwnNamesEarly(ts, node) ? undefined : field.parent;
}

/** Private names in its own heritage or keys, which would be evaluated outside of it. */
function usesOwnNamesEarly(ts: TypeScript, node: tsTypes.ClassLikeDeclaration): boolean {
  const own = new Set(node.members.flatMap(({ name }) => (name && ts.isPrivateIdentifier(name) ? name.text : [])));
  const uses = (at: tsTypes.Node): boolean =>
    (ts.isPrivateIdentifier(at) && own.has(at.text)) || (ts.forEachChild(at, uses) ?? false);
  return operandsOf(ts, node).some((operand) => uses(operand.node));
}

export type InnerClass = Closure & { readonly node: tsTypes.ClassExpression };

/** The records of the classes in the fields of a class. */
export function innerClasses(
  ts: TypeScript,
  made: tsTypes.ClassLikeDeclaration,
  records: ReadonlyMap<tsTypes.Node, Closure>,
): readonly InnerClass[] {
  const isInner = (record: Closure): record is InnerClass =>
    ts.isClassExpression(record.node) && classAround(ts, record.node) === made;
  return [...records.values()].filter(isInner);
}
