/**
 * Parts of objects that are promises, and so hold nothing of what settles them:
 *
 *   const made = { promise, resolve };      made.promise
 *   const { promise } = defer();            of `const defer = () => { …; return { promise, resolve }; }`
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/unwrap.ts";
import type { Binding, FunctionNode } from "../ir.ts";
import { type DeferredNames, isPromise } from "./takers.ts";

/** Whether `object.property` reads a promise that the literal behind the variable has there, and no code replaces. */
export function readsPromise(
  names: DeferredNames,
  object: tsTypes.Node,
  access: tsTypes.PropertyAccessExpression,
): boolean {
  const { ts, bindings } = names;
  const binding = ts.isIdentifier(object) ? bindings.byIdentifier.get(object) : undefined;
  const [declared] = binding?.declarations ?? [];
  if (binding?.kind !== "const" || !declared || !ts.isVariableDeclaration(declared.parent)) return false;
  if (declared.parent.name !== declared || !declared.parent.initializer) return false;
  const property = access.name.text;
  const isRead = ({ node }: { readonly node: tsTypes.Node }) =>
    node === declared || (ts.isPropertyAccessExpression(node.parent) && onlyReads(names, node.parent));
  return isPromisePart(names, declared.parent.initializer, property) && binding.references.every(isRead);
}

/** Whether the object that an expression gives has a promise under a name: it is a literal, or what a function made of one. */
export function isPromisePart(names: DeferredNames, made: tsTypes.Expression, property: string): boolean {
  const { ts, bindings } = names;
  const literal = literalOf(names, made);
  const part = literal?.properties.find(({ name }) => name && ts.isIdentifier(name) && name.text === property);
  if (!part || literal?.properties.some((each) => ts.isSpreadAssignment(each))) return false;
  if (ts.isPropertyAssignment(part)) return isMadePromise(names, part.initializer);
  if (!ts.isShorthandPropertyAssignment(part)) return false;
  return isConstantPromise(names, bindings.byIdentifier.get(part.name));
}

function literalOf(names: DeferredNames, made: tsTypes.Expression): tsTypes.ObjectLiteralExpression | undefined {
  const { ts } = names;
  const value = unwrap(ts, made);
  if (ts.isObjectLiteralExpression(value)) return value;
  const fn = ts.isCallExpression(value) ? calledOnly(names, unwrap(ts, value.expression)) : undefined;
  const returned = fn && returnedBy(names, fn);
  const literal = returned && unwrap(ts, returned);
  return literal && ts.isObjectLiteralExpression(literal) ? literal : undefined;
}

/** A function of the unit that is not async, all of whose uses are calls. */
export function calledOnly({ ts, bindings }: DeferredNames, callee: tsTypes.Node): FunctionNode | undefined {
  const binding = ts.isIdentifier(callee) ? bindings.byIdentifier.get(callee) : undefined;
  const fn = binding?.closure as FunctionNode | undefined;
  if (!binding || !fn || binding.reassigned || fn.asteriskToken || !ts.isFunctionLike(fn)) return undefined;
  const isAsync = (ts.getCombinedModifierFlags(fn) & ts.ModifierFlags.Async) !== 0;
  const isCalled = binding.references.every(
    ({ node }) => ts.isCallExpression(node.parent) && node.parent.expression === node,
  );
  return !isAsync && isCalled ? fn : undefined;
}

/** What a function gives, if it ends in one way. */
function returnedBy({ ts }: DeferredNames, { body }: FunctionNode): tsTypes.Expression | undefined {
  if (!body || !ts.isBlock(body)) return body;
  const returns: tsTypes.ReturnStatement[] = [];
  const visit = (node: tsTypes.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node)) returns.push(node);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return returns.length === 1 ? returns[0]?.expression : undefined;
}

function isConstantPromise(names: DeferredNames, binding: Binding | undefined): boolean {
  const [declared] = binding?.declarations ?? [];
  if (binding?.kind !== "const" || !declared || !names.ts.isVariableDeclaration(declared.parent)) return false;
  const { name, initializer } = declared.parent;
  return name === declared && initializer !== undefined && isMadePromise(names, initializer);
}

function isMadePromise(names: DeferredNames, value: tsTypes.Expression): boolean {
  const made = unwrap(names.ts, value);
  return names.ts.isNewExpression(made) && isPromise(names, made.expression);
}

/** Nothing can be assigned where it stands. */
function onlyReads({ ts }: DeferredNames, access: tsTypes.Expression): boolean {
  const { parent } = access;
  if (ts.isCallExpression(parent)) return true;
  return (
    ts.isAwaitExpression(parent) ||
    ts.isReturnStatement(parent) ||
    ts.isExpressionStatement(parent) ||
    (ts.isPropertyAccessExpression(parent) && parent.expression === access) ||
    (ts.isVariableDeclaration(parent) && parent.initializer === access)
  );
}
