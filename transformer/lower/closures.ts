/**
 * Functions that can outlive their segment: where they stand, a record is made, `$.fn("id", v, v_order)`; the body goes
 * to the unit's table, so that it can be made again after a reload.
 */
import type tsTypes from "typescript";
import { accessorKey, isProto } from "../analyse/functions.ts";
import { closureScopes } from "../analyse/paths.ts";
import type { Closure, FunctionNode, Rope } from "../ir.ts";
import { lowerClass } from "./classes.ts";
import { type Context, recordOf, slotName } from "./context.ts";
import { copy, copyChildren } from "./copy.ts";
import { lowerNative, lowerNested } from "./functions.ts";
import { quote } from "./text.ts";

/** `$.fn("id", v, v_order)`, and the body into the table. */
export function closureCall(context: Context, closure: Closure): Rope {
  if (context.ts.isClassLike(closure.node)) return lowerClass(context, closure.node, closure);
  const parameters = recordsFor(context, closure);
  // Entries stand in the order of the source, those around others first.
  const entry = { id: closure.id, parameters, body: "" as Rope };
  context.table.push(entry);
  entry.body = closureBody(context, closure);
  const made = closureText(context, closure, givenRecords(context, closure));
  const { node } = closure;
  if (!context.ts.isMethodDeclaration(node)) return made;
  if (context.ts.isComputedPropertyName(node.name)) return lowerKeyed(context, node.name, made);
  // Before a value, `__proto__` would set the prototype.
  return isProto(context.ts, node.name) ? ['["__proto__"]: ', made] : [copy(context, node.name), ": ", made];
}

/**
 * What stands under a computed key has the key's value as its name: `[$.keyed(k)]: $.named($.fn("()"))`. A class knows it
 * before its static code runs: `[$.keyed(k)]: $.class("()", { named: $.lastKey })`.
 */
export function lowerKeyed(context: Context, name: tsTypes.PropertyName, value: Rope, isClass = false): Rope {
  const { ts, frame } = context;
  const key = copy(context, ts.isComputedPropertyName(name) ? name.expression : name);
  return [`[${frame}.keyed(`, key, ")]: ", isClass ? value : [`${frame}.named(`, value, ")"]];
}

function closureText(context: Context, closure: Closure, parameters: readonly string[]): string {
  return `${context.frame}.fn(${[quote(closure.id), ...parameters].join(", ")})`;
}

function closureBody(context: Context, { node, durable, home }: Closure): Rope {
  const { ts } = context;
  if (durable) return lowerNested(context, node as FunctionNode, home === node ? homeOf(context, node) : "");
  const isNative = ts.isFunctionLike(node) && context.recordHolders.has(node);
  if (ts.isMethodDeclaration(node)) return methodBody(context, node, isNative);
  if (ts.isGetAccessor(node) || ts.isSetAccessor(node)) return accessorBody(context, node, isNative);
  const body = isNative ? lowerNative(context, node) : copyChildren(context, node);
  if (home) return withHome(context, home, body);
  return ts.isFunctionDeclaration(node) || ts.isObjectLiteralExpression(node) ? ["(", body, ")"] : body;
}

function accessorBody(context: Context, node: tsTypes.AccessorDeclaration, isNative: boolean): Rope {
  const { ts } = context;
  const kind = ts.isGetAccessor(node) ? "get" : "set";
  const name = ts.isComputedPropertyName(node.name) ? "method" : accessorKey(ts, node.name);
  const key = ts.isIdentifier(node.name) ? name : quote(name);
  const front = `${kind} ${ts.isComputedPropertyName(node.name) ? name : key}`;
  const accessor = isNative
    ? lowerNative(context, node, front)
    : [front, copyChildren(context, node, parametersStart(context, node))];
  return [`Object.getOwnPropertyDescriptor({ ${homeOf(context, node)}`, accessor, ` }, ${quote(name)}).${kind}`];
}

/** `total() { … }` is a method of an object that is made for it: `({ total() { … } }).total`. */
function methodBody(context: Context, node: tsTypes.MethodDeclaration, isNative: boolean): Rope {
  const { ts } = context;
  const isComputed = ts.isComputedPropertyName(node.name);
  // A name may be written with escapes; the text of a literal is its key in both places.
  const name = isComputed ? "method" : ts.isIdentifier(node.name) ? node.name.text : node.name.getText();
  const key = isComputed || ts.isIdentifier(node.name) ? quote(name) : name;
  const star = node.asteriskToken ? "*" : "";
  const isAsync = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ? "async " : "";
  const front = `${isAsync}${star}${name}`;
  const body = isNative
    ? lowerNative(context, node, front)
    : [front, copyChildren(context, node, parametersStart(context, node))];
  return [`({ ${homeOf(context, node)}`, body, ` })[${key}]`];
}

/**
 * What `super` means in a method depends on the object that it was written in. The one that is made for it inherits from
 * what that object inherits from: `({ __proto__: $.above(h), total() { return super.total(); } }).total`.
 */
function homeOf(context: Context, node: tsTypes.Node): string {
  const isHome = context.analysis.closures.records.get(node)?.home;
  return isHome ? `__proto__: ${context.frame}.above(${homeName(context, node)}), ` : "";
}

/** An arrow function with the `super` of the method around it: `({ __proto__: …, at() { return () => …; } }).at.call(v.this)`. */
function withHome(context: Context, owner: tsTypes.Node, body: Rope): Rope {
  const self = context.analysis.bindings.scopes.get(owner)?.names.get("this");
  const called = self && slotName(context, self);
  const front = `({ __proto__: ${context.frame}.above(${homeName(context, owner)}), at() { return `;
  return [front, body, `; } }).at.call(${called ?? "undefined"})`];
}

/** The name of the record that holds the home object of a method. */
function homeName(context: Context, method: tsTypes.Node): string {
  const name = context.homes.get(method) ?? context.names.fresh("h");
  context.homes.set(method, name);
  return name;
}

/** The position of the parenthesis in front of the parameters. */
export function parametersStart({ ts, file }: Context, fn: tsTypes.SignatureDeclaration): number {
  const open = fn.getChildren(file).find(({ kind }) => kind === ts.SyntaxKind.OpenParenToken);
  return open ? open.getStart(file) : fn.getStart(file);
}

export function recordsFor(context: Context, closure: Closure): string[] {
  const records = closureScopes(context.analysis, closure).map((scope) => recordOf(context, scope));
  return closure.home ? [homeName(context, closure.home), ...records] : records;
}

/** What the closure is made with: a variable that does not exist yet where it is made is in a record of its own. */
function givenRecords(context: Context, closure: Closure): string[] {
  const records = closureScopes(context.analysis, closure).map((scope) =>
    context.outside.has(scope) ? `${context.frame}.env()` : recordOf(context, scope),
  );
  const { home } = closure;
  if (home === undefined) return records;
  return [home === closure.node ? `${context.frame}.home()` : homeName(context, home), ...records];
}
