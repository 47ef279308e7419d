/**
 * Private methods whose functions can be values of a run. Nothing outside of a class can find such a function, so that the
 * runtime keeps it, and the private name becomes an accessor that asks for it.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/unwrap.ts";
import type { TypeScript } from "../ir.ts";
import { userOf } from "./functions.ts";
import { accessOf } from "./targets.ts";

type PrivateMethod = tsTypes.MethodDeclaration & { readonly name: tsTypes.PrivateIdentifier };

export function isPrivateMethod(ts: TypeScript, member: tsTypes.Node): member is PrivateMethod {
  return ts.isMethodDeclaration(member) && ts.isPrivateIdentifier(member.name) && member.body !== undefined;
}

/** Its function can be kept apart. What an assignment to the name of a method throws, an accessor does not. */
export function isKeepable(ts: TypeScript, method: PrivateMethod): boolean {
  return accessesOf(ts, method).every((access) => !accessOf(ts, access).write);
}

/** The private methods of a class that are values somewhere. Those that are called only stay as they are. */
export function readMethods(ts: TypeScript, made: tsTypes.ClassLikeDeclaration): readonly PrivateMethod[] {
  return made.members.filter(
    (member): member is PrivateMethod =>
      isPrivateMethod(ts, member) && isSync(ts, member) && isRead(ts, member) && isKeepable(ts, member),
  );
}

function isSync(ts: TypeScript, method: PrivateMethod): boolean {
  return (ts.getCombinedModifierFlags(method) & ts.ModifierFlags.Async) === 0;
}

/** Whether something does more with the method than to call it. */
function isRead(ts: TypeScript, method: PrivateMethod): boolean {
  return accessesOf(ts, method).some((access) => {
    const user = userOf(ts, access);
    const isCallee = ts.isCallExpression(user) && unwrap(ts, user.expression) === access;
    return !isCallee && !ts.isTaggedTemplateExpression(user);
  });
}

/** `object.#name` in the class of a method. One of a class inside of it, whose name is the same, does no harm. */
function accessesOf(ts: TypeScript, { name, parent }: PrivateMethod): readonly tsTypes.PropertyAccessExpression[] {
  const found: tsTypes.PropertyAccessExpression[] = [];
  const visit = (node: tsTypes.Node): void => {
    if (ts.isPropertyAccessExpression(node) && node.name.text === name.text) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(parent);
  return found;
}
