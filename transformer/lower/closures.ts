/**
 * Functions that can outlive their segment: where they stand, a record is made, `$.fn("id", v, v_order)`; the body goes
 * to the unit's table, so that it can be made again after a reload.
 */
import type tsTypes from "typescript";
import { closureScopes } from "../analyse/paths.ts";
import type { Closure, FunctionNode, Rope } from "../ir.ts";
import { lowerClass } from "./classes.ts";
import { type Context, recordOf } from "./context.ts";
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
  return [copy(context, node.name), ": ", made];
}

/** A function under a computed key has the key's value as its name: `[$.keyed(k)]: $.named($.fn("()"))`. */
export function lowerKeyed(context: Context, key: tsTypes.ComputedPropertyName, value: Rope): Rope {
  const { frame } = context;
  return [`[${frame}.keyed(`, copy(context, key.expression), `)]: ${frame}.named(`, value, ")"];
}

function closureText(context: Context, closure: Closure, parameters: readonly string[]): string {
  return `${context.frame}.fn(${[quote(closure.id), ...parameters].join(", ")})`;
}

function closureBody(context: Context, { node, durable }: Closure): Rope {
  const { ts } = context;
  if (durable) return lowerNested(context, node as FunctionNode);
  const isNative = ts.isFunctionLike(node) && context.recordHolders.has(node);
  if (ts.isMethodDeclaration(node)) return methodBody(context, node, isNative);
  if (ts.isGetAccessor(node) || ts.isSetAccessor(node)) {
    const kind = ts.isGetAccessor(node) ? "get" : "set";
    const name = (node.name as tsTypes.Identifier).text;
    const front = `${kind} ${name}`;
    const accessor = isNative
      ? lowerNative(context, node, front)
      : [front, copyChildren(context, node, parametersStart(context, node))];
    return ["Object.getOwnPropertyDescriptor({ ", accessor, ` }, ${quote(name)}).${kind}`];
  }
  const body = isNative ? lowerNative(context, node) : copyChildren(context, node);
  return ts.isFunctionDeclaration(node) || ts.isObjectLiteralExpression(node) ? ["(", body, ")"] : body;
}

/** `total() { … }` is a method of an object that is made for it: `({ total() { … } }).total`. */
function methodBody(context: Context, node: tsTypes.MethodDeclaration, isNative: boolean): Rope {
  const name = context.ts.isComputedPropertyName(node.name) ? "method" : node.name.getText();
  const key = context.ts.isIdentifier(node.name) || context.ts.isComputedPropertyName(node.name) ? quote(name) : name;
  const star = node.asteriskToken ? "*" : "";
  const isAsync = node.modifiers?.some(({ kind }) => kind === context.ts.SyntaxKind.AsyncKeyword) ? "async " : "";
  const front = `${isAsync}${star}${name}`;
  const body = isNative
    ? lowerNative(context, node, front)
    : [front, copyChildren(context, node, parametersStart(context, node))];
  return ["({ ", body, ` })[${key}]`];
}

/** The position of the parenthesis in front of the parameters. */
export function parametersStart({ ts }: Context, fn: tsTypes.SignatureDeclaration): number {
  const open = fn.getChildren().find(({ kind }) => kind === ts.SyntaxKind.OpenParenToken);
  return open ? open.getStart() : fn.getStart();
}

export function recordsFor(context: Context, closure: Closure): string[] {
  return closureScopes(context.analysis, closure).map((scope) => recordOf(context, scope));
}

/** What the closure is made with: a variable that does not exist yet where it is made is in a record of its own. */
function givenRecords(context: Context, closure: Closure): string[] {
  return closureScopes(context.analysis, closure).map((scope) =>
    context.outside.has(scope) ? `${context.frame}.env()` : recordOf(context, scope),
  );
}
