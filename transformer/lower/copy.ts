/**
 * Copies expressions with the few edits that they need:
 *
 *   via                     v.via
 *   { via }                 { via: v.via }
 *   await step.run("a", f)  await $.at("a", () => step.run("a", f))
 *   () => send(via)         $.fn("notify", v)        its body goes to the unit's table
 *   local(() => make())     $.local($.fn("client"))
 */
import type tsTypes from "typescript";
import { mayBeEarly } from "../analyse/early.ts";
import { usesOwnCall } from "../analyse/suspensions.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, Closure, Rope, Scope } from "../ir.ts";
import { type Context, recordOf, slotName } from "./context.ts";
import { quote, span } from "./text.ts";

/** The node's text, without leading white space and comments. */
export function copy(context: Context, node: tsTypes.Node): Rope {
  if (!context.edited.has(node)) return span(node.getStart(), node.end);
  const { ts } = context;
  const record = context.analysis.closures.records.get(node);
  if (record) return closureCall(context, record);
  const suspension = context.analysis.suspensions.byNode.get(node);
  if (suspension) {
    const operand = ts.isAwaitExpression(node) ? node.expression : (node as tsTypes.Expression);
    return awaitAt(context, suspension.label, operand, copyInner(context, operand));
  }
  if (context.analysis.suspensions.adopted.has(node)) {
    return [`${context.frame}.out(`, thunk(context, node as tsTypes.Expression, copyInner(context, node)), ")"];
  }
  return copyInner(context, node);
}

/** `await $.at("label", () => operand)` */
export function awaitAt(context: Context, label: string, operand: tsTypes.Expression, text: Rope): Rope {
  return [`await ${context.frame}.at(${quote(label)}, `, thunk(context, operand, text), ")"];
}

/** `() => text`, where `text` is what became of `node`. */
export function thunk(context: Context, node: tsTypes.Expression, text: Rope): Rope {
  return ["() => ", needsParentheses(context, node) ? ["(", text, ")"] : text];
}

/** As the body of an arrow function, a brace would open a block and a comma would end the argument. */
function needsParentheses({ ts }: Context, operand: tsTypes.Expression): boolean {
  if (ts.isBinaryExpression(operand) && operand.operatorToken.kind === ts.SyntaxKind.CommaToken) return true;
  return operand.getSourceFile().text[operand.getStart()] === "{";
}

function copyInner(context: Context, node: tsTypes.Node): Rope {
  const { ts } = context;
  if (!context.edited.has(node)) return span(node.getStart(), node.end);
  if (ts.isIdentifier(node)) return copyIdentifier(context, node);
  if (ts.isShorthandPropertyAssignment(node)) return copyShorthand(context, node);
  if (ts.isCallExpression(node)) return copyCall(context, node);
  if (ts.isTaggedTemplateExpression(node)) return copyDetached(context, node, node.tag);
  return copyChildren(context, node);
}

/** The node's own text with each child copied in turn; `from` is later than its start when its front is replaced. */
export function copyChildren(context: Context, node: tsTypes.Node, from = node.getStart(), to = node.end): Rope {
  const pieces: Rope[] = [];
  let position = from;
  context.ts.forEachChild(node, (child) => {
    const start = child.getStart();
    if (!context.edited.has(child) || start < from || child.end > to) return;
    pieces.push(span(position, start), copy(context, child));
    position = child.end;
  });
  pieces.push(span(position, to));
  return pieces;
}

function copyIdentifier(context: Context, node: tsTypes.Identifier): Rope {
  const binding = context.analysis.bindings.byIdentifier.get(node);
  const slot = binding && slotName(context, binding);
  if (!binding || !slot || isOwnName(context, node)) return span(node.getStart(), node.end);
  const record = recordOf(context, binding.scope);
  if (isEarlyRead(context, node, binding)) return `${context.frame}.read(${record}, ${quote(binding.name)})`;
  return [`${record}.`, span(node.getStart(), node.end)];
}

function shorthandValue(context: Context, name: tsTypes.Identifier, binding: Binding): Rope {
  const record = recordOf(context, binding.scope);
  if (isEarlyRead(context, name, binding)) return `${context.frame}.read(${record}, ${quote(binding.name)})`;
  return `${record}.${binding.name}`;
}

/** The name of a function declaration whose body stands in the table. */
function isOwnName({ ts }: Context, node: tsTypes.Identifier): boolean {
  return ts.isFunctionDeclaration(node.parent) && node.parent.name === node;
}

/** Native code would throw if the declaration has not run; the record is asked. Early writes are refused. */
function isEarlyRead({ ts, analysis }: Context, node: tsTypes.Identifier, binding: Binding): boolean {
  return !analysis.bindings.writes.has(node) && mayBeEarly(ts, analysis.bindings, node, binding);
}

function copyShorthand(context: Context, node: tsTypes.ShorthandPropertyAssignment): Rope {
  const binding = context.analysis.bindings.byIdentifier.get(node.name);
  const slot = binding && slotName(context, binding);
  const initializer = node.objectAssignmentInitializer;
  // Written out, `__proto__: x` would set the prototype.
  const isHostile = slot !== undefined && node.name.text === "__proto__";
  return [
    isHostile ? '["__proto__"]' : span(node.name.getStart(), node.name.end),
    binding && slot ? [": ", shorthandValue(context, node.name, binding)] : "",
    initializer ? [span(node.name.end, initializer.getStart()), copy(context, initializer)] : "",
  ];
}

function copyCall(context: Context, node: tsTypes.CallExpression): Rope {
  const local = localMaker(context, node);
  if (local) return [`${context.frame}.local(`, closureCall(context, local), ")"];
  return copyDetached(context, node, node.expression);
}

/** A slot that is called must not see its record as `this`: `(0, v.format)(x)`. */
function copyDetached(context: Context, node: tsTypes.Node, callee: tsTypes.Expression): Rope {
  const name = unwrap(context.ts, callee);
  const binding = context.ts.isIdentifier(name) ? context.analysis.bindings.byIdentifier.get(name) : undefined;
  if (!binding || !slotName(context, binding) || ignoresThis(context, binding)) return copyChildren(context, node);
  return ["(0, ", copy(context, callee), ")", copyChildren(context, node, callee.end)];
}

function localMaker(context: Context, node: tsTypes.CallExpression): Closure | undefined {
  const [argument] = node.arguments;
  const record = argument && context.analysis.closures.records.get(argument);
  return record?.role === "local" ? record : undefined;
}

function ignoresThis(context: Context, binding: Binding): boolean {
  const fn = binding.closure;
  if (!fn || binding.reassigned) return false;
  return context.ts.isArrowFunction(fn) || !usesOwnCall(context.ts, (fn as tsTypes.FunctionExpression).body);
}

/** `$.fn("id", v, v_order)`, and the body into the table. */
export function closureCall(context: Context, closure: Closure): Rope {
  const parameters = recordsFor(context, closure);
  context.table.push({ id: closure.id, parameters, body: closureBody(context, closure.node) });
  return `${context.frame}.fn(${[quote(closure.id), ...parameters].join(", ")})`;
}

function closureBody(context: Context, node: tsTypes.Node): Rope {
  const { ts } = context;
  const body = copyChildren(context, node);
  return ts.isFunctionDeclaration(node) || ts.isObjectLiteralExpression(node) ? ["(", body, ")"] : body;
}

function recordsFor(context: Context, closure: Closure): string[] {
  const scopes = new Set<Scope>();
  for (const binding of closure.captures) if (slotName(context, binding)) scopes.add(binding.scope);
  return [...context.records.keys()].filter((scope) => scopes.has(scope)).map((scope) => recordOf(context, scope));
}

/** The copy of an expression as an operand of `&&` or `||`. */
export function copyOperand(context: Context, node: tsTypes.Expression): Rope {
  return bindsTightly(context, node) ? copy(context, node) : ["(", copy(context, node), ")"];
}

/** The copy of an expression as a branch of `?:`. */
export function copyBranch(context: Context, node: tsTypes.Expression): Rope {
  const isList = context.ts.isBinaryExpression(node) && node.operatorToken.kind === context.ts.SyntaxKind.CommaToken;
  return isList ? ["(", copy(context, node), ")"] : copy(context, node);
}

/** Names, literals, accesses, calls, unary expressions and comparisons need no parentheses beside `&&` and `||`. */
function bindsTightly({ ts }: Context, node: tsTypes.Expression): boolean {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    return kind >= ts.SyntaxKind.LessThanToken && kind <= ts.SyntaxKind.ExclamationEqualsEqualsToken;
  }
  return ts.isLeftHandSideExpression(node) || ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node);
}
