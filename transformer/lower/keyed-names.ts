/** Functions and classes that are named after the value of a computed key. */
import type tsTypes from "typescript";
import { nameOfId } from "../../runtime/manifest.ts";
import { isProto } from "../analyse/functions.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { Context } from "./context.ts";

/** What becomes a record whose id does not end with the name of the property, after which it is named. */
export function isNameless({ ts, analysis }: Context, { name, initializer }: tsTypes.PropertyAssignment): boolean {
  const value = unwrap(ts, initializer);
  const isAnonymous =
    ts.isArrowFunction(value) || ((ts.isFunctionExpression(value) || ts.isClassExpression(value)) && !value.name);
  const id = isAnonymous ? analysis.closures.records.get(value)?.id : undefined;
  return id !== undefined && nameOfId(id) === undefined && !isProto(ts, name);
}

/** Whether a class is the value of such a property. */
export function isNamedByKey(context: Context, made: tsTypes.ClassLikeDeclaration): boolean {
  const { ts } = context;
  let property = made.parent;
  while (ts.isParenthesizedExpression(property)) property = property.parent;
  return (
    ts.isPropertyAssignment(property) && unwrap(ts, property.initializer) === made && isNameless(context, property)
  );
}
