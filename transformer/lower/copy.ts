/**
 * Copies expressions with the few edits that they need:
 *
 *   via                     v.via
 *   { via }                 { via: v.via }
 *   await step.run("a", f)  await $.at("a", () => step.run("a", f))
 *   return step.run("a", f) return $.at("a", () => step.run("a", f))
 *   () => send(via)         $.fn("notify", v)        its body goes to the unit's table
 *   local(() => make())     $.local($.fn("client"))
 */
import type tsTypes from "typescript";
import { mayBeEarly } from "../analyse/early.ts";
import { readsOwnCall } from "../analyse/functions.ts";
import { unwrap } from "../discover/find-units.ts";
import { startOf } from "../discover/nodes.ts";
import type { Binding, Closure, Rope, Suspension } from "../ir.ts";
import { checkedTarget } from "./assignments.ts";
import { closureCall } from "./closures.ts";
import { type Context, recordOf, reenters, slotName, textOf } from "./context.ts";
import { isOfCall } from "./edited.ts";
import { lowerExpression } from "./expressions.ts";
import { lowerNative } from "./functions.ts";
import { lostName } from "./lost-names.ts";
import { keep, savedOf } from "./operands.ts";
import { propertyKey, quote, span } from "./text.ts";
import { lowerProxyName } from "./traced.ts";
import { lowerYield } from "./yields.ts";

/** The node's text, without leading white space and comments. */
export function copy(context: Context, node: tsTypes.Node): Rope {
  if (!context.edited.has(node)) return textOf(context, node);
  const saved = savedOf(context, node);
  return saved ? keep(context, saved, node, copyUnsaved(context, node)) : copyUnsaved(context, node);
}

/** The node's text when its value is not kept here. */
export function copyUnsaved(context: Context, node: tsTypes.Node): Rope {
  const { ts } = context;
  if (!context.edited.has(node)) return textOf(context, node);
  const { suspensions, closures } = context.analysis;
  const record = closures.records.get(node);
  if (record) {
    const made = closureCall(context, record);
    return beginsConstructor(ts, node) ? ["(", made, ")"] : made;
  }
  const name = lostName(context, node);
  if (name !== undefined) return [`({ ${propertyKey(name)}: `, copyInner(context, node), ` })[${quote(name)}]`];
  const suspension = suspensions.byNode.get(node);
  if (suspension && ts.isYieldExpression(node)) return lowerYield(context, node, suspension);
  if (suspension) {
    const operand = ts.isAwaitExpression(node) ? node.expression : (node as tsTypes.Expression);
    return awaitOperand(context, suspension, operand);
  }
  if (suspensions.adopted.has(node)) {
    const isList = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken;
    const text = copyInner(context, node);
    return [`${context.frame}.out(`, isList ? ["(", text, ")"] : text, ")"];
  }
  return copyInner(context, node);
}

/** What an operand suspends on cannot stand in a thunk: `await $.wait("f", $.in("f") || f(await $.at("a", …)))`. */
function awaitOperand(context: Context, suspension: Suspension, operand: tsTypes.Expression): Rope {
  const { label } = suspension;
  const inner = (context.analysis.suspensions.holders.get(operand) ?? []).filter((held) => held !== suspension);
  const isReturned = operand === suspension.node && !isInlined(context, operand);
  const before = isReturned ? "" : "await ";
  if (inner.length === 0) return [before, suspensionAt(context, label, operand, copyInner(context, operand))];
  const text = operand === suspension.node ? copyInner(context, operand) : copy(context, operand);
  return [`${before}${context.frame}.wait(${quote(label)}, ${reenters(context, [label])} || `, "(", text, "))"];
}

/** The result of a callback that is lowered in place is not returned. */
function isInlined({ ts, analysis }: Context, operand: tsTypes.Node): boolean {
  let node = operand.parent;
  while (!ts.isFunctionLike(node)) node = node.parent;
  return analysis.suspensions.inlined.has(node);
}

/** `await $.at("label", () => operand)` */
export function awaitAt(context: Context, label: string, operand: tsTypes.Expression, text: Rope): Rope {
  return ["await ", suspensionAt(context, label, operand, text)];
}

function suspensionAt(context: Context, label: string, operand: tsTypes.Expression, text: Rope): Rope {
  return [`${context.frame}.at(${quote(label)}, `, thunk(context, operand, text), ")"];
}

/** `() => text`, where `text` is what became of `node`. */
export function thunk(context: Context, node: tsTypes.Expression, text: Rope): Rope {
  return ["() => ", needsParentheses(context, node) ? ["(", text, ")"] : text];
}

/** As the body of an arrow function, a brace would open a block and a comma would end the argument. */
function needsParentheses({ ts, file }: Context, operand: tsTypes.Expression): boolean {
  if (ts.isBinaryExpression(operand) && operand.operatorToken.kind === ts.SyntaxKind.CommaToken) return true;
  return file.text[startOf(operand, file)] === "{";
}

function copyInner(context: Context, node: tsTypes.Node): Rope {
  const { ts } = context;
  if (!context.edited.has(node)) return textOf(context, node);
  const isCaptured = context.analysis.bindings.byIdentifier.has(node);
  if (!isCaptured && isOfCall(ts, node, context.current.fn))
    return ts.isIdentifier(node) ? `${context.frame}.arguments` : "undefined";
  const proxy = lowerProxyName(context, node);
  if (proxy) return proxy;
  if (ts.isMetaProperty(node) && isCaptured) return nameText(context, node);
  if (ts.isIdentifier(node) || node.kind === ts.SyntaxKind.ThisKeyword) return copyIdentifier(context, node);
  if (ts.isShorthandPropertyAssignment(node)) return copyShorthand(context, node);
  if (ts.isFunctionLike(node) && context.recordHolders.has(node)) return lowerNative(context, node);
  const special = lowerExpression(context, node);
  if (special) return special;
  if (ts.isCallExpression(node)) return copyCall(context, node);
  if (ts.isTaggedTemplateExpression(node)) return copyDetached(context, node, node.tag);
  return copyChildren(context, node);
}

/** The node's own text with each child copied in turn; `from` is later than its start when its front is replaced. */
export function copyChildren(
  context: Context,
  node: tsTypes.Node,
  from = startOf(node, context.file),
  to = node.end,
): Rope {
  const pieces: Rope[] = [];
  let position = from;
  context.ts.forEachChild(node, (child) => {
    if (!context.edited.has(child) || child.end > to) return;
    const start = startOf(child, context.file);
    if (start < from) return;
    pieces.push(span(position, start), copy(context, child));
    position = child.end;
  });
  pieces.push(span(position, to));
  return pieces;
}

function copyIdentifier(context: Context, node: tsTypes.Node): Rope {
  const binding = context.analysis.bindings.byIdentifier.get(node);
  const slot = binding && slotName(context, binding);
  if (binding && isEarlyName(context, binding, node)) return readOf(context, node, "{}", binding);
  if (!binding || !slot || isOwnName(context, node)) return textOf(context, node);
  const checked = context.ts.isIdentifier(node) && checkedTarget(context, node);
  if (checked) return checked;
  const record = recordOf(context, binding.scope);
  if (isEarlyRead(context, node, binding)) return readOf(context, node, record, binding);
  return [`${record}.`, textOf(context, node)];
}

/** The name of a class is edited only where it means a class that is not there yet: in its own heritage and keys. */
function isEarlyName(context: Context, { scope }: Binding, node: tsTypes.Node): boolean {
  return scope.kind === "class" && !isOwnName(context, node);
}

/** `$.read(v, "x")`, or `($.read(v, "x"))` where a call would be taken for that of `new`. */
function readOf({ ts, frame }: Context, node: tsTypes.Node, record: string, { name }: Binding): string {
  const read = `${frame}.read(${record}, ${quote(name)})`;
  return beginsConstructor(ts, node) ? `(${read})` : read;
}

/** Whether what `new` calls begins with a node: `a` of `new a.b`, of `new a\`b\`` and of `new a`. */
export function beginsConstructor(ts: Context["ts"], node: tsTypes.Node): boolean {
  const { parent } = node;
  if (ts.isNewExpression(parent)) return parent.expression === node;
  if (ts.isTaggedTemplateExpression(parent)) return parent.tag === node && beginsConstructor(ts, parent);
  const isFront =
    ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent) || ts.isNonNullExpression(parent);
  return isFront && parent.expression === node && beginsConstructor(ts, parent);
}

/** The value of a name as text, for places that need it a second time. */
export function nameText(context: Context, node: tsTypes.Node): string {
  const binding = context.analysis.bindings.byIdentifier.get(node);
  const slot = binding && slotName(context, binding);
  if (!binding || !slot) return node.getText();
  if (!context.ts.isIdentifier(node) || !mayBeEarly(context.ts, context.analysis.bindings, node, binding)) return slot;
  return `${context.frame}.read(${recordOf(context, binding.scope)}, ${quote(binding.name)})`;
}

/** The name of a function or class whose body stands in the table. */
function isOwnName({ ts }: Context, node: tsTypes.Node): boolean {
  const { parent } = node;
  const isNamed = ts.isFunctionDeclaration(parent) || ts.isFunctionExpression(parent) || ts.isClassLike(parent);
  return isNamed && parent.name === node;
}

/** Native code would throw if the declaration has not run; the record is asked. */
function isEarlyRead({ ts, analysis }: Context, node: tsTypes.Node, binding: Binding): boolean {
  if (!ts.isIdentifier(node)) return false;
  return !analysis.bindings.writes.has(node) && mayBeEarly(ts, analysis.bindings, node, binding);
}

function copyShorthand(context: Context, node: tsTypes.ShorthandPropertyAssignment): Rope {
  const binding = context.analysis.bindings.byIdentifier.get(node.name);
  const slot = binding && slotName(context, binding);
  const saved = savedOf(context, node.name);
  if (saved) {
    const key = node.name.text === "__proto__" ? '["__proto__"]' : textOf(context, node.name);
    return [key, ": ", keep(context, saved, node.name, nameText(context, node.name))];
  }
  const initializer = node.objectAssignmentInitializer;
  // Written out, `__proto__: x` would set the prototype.
  const isHostile = slot !== undefined && node.name.text === "__proto__";
  return [
    isHostile ? '["__proto__"]' : textOf(context, node.name),
    slot ? [": ", shorthandValue(context, node.name, binding as Binding, slot)] : "",
    initializer ? [span(node.name.end, initializer.getStart(context.file)), copy(context, initializer)] : "",
  ];
}

function shorthandValue(context: Context, name: tsTypes.Identifier, binding: Binding, slot: string): string {
  const checked = checkedTarget(context, name);
  return checked ?? (isEarlyRead(context, name, binding) ? nameText(context, name) : slot);
}

function copyCall(context: Context, node: tsTypes.CallExpression): Rope {
  const local = localMaker(context, node);
  if (local) return [`${context.frame}.local(`, closureCall(context, local), ")"];
  return copyDetached(context, node, node.expression);
}

function copyDetached(context: Context, node: tsTypes.Node, callee: tsTypes.Expression): Rope {
  const detached = detachedCallee(context, callee);
  return detached ? [detached, copyChildren(context, node, callee.end)] : copyChildren(context, node);
}

/** A slot that is called must not see its record as `this`: `(0, v.format)(x)`. Undefined for what needs no such form. */
export function detachedCallee(context: Context, callee: tsTypes.Expression): Rope | undefined {
  if (savedOf(context, callee)) return undefined;
  const name = unwrap(context.ts, callee);
  const binding = context.ts.isIdentifier(name) ? context.analysis.bindings.byIdentifier.get(name) : undefined;
  if (!binding || !slotName(context, binding) || ignoresThis(context, binding)) return undefined;
  return ["(0, ", copy(context, callee), ")"];
}

function localMaker(context: Context, node: tsTypes.CallExpression): Closure | undefined {
  const [argument] = node.arguments;
  const record = argument && context.analysis.closures.records.get(argument);
  return record?.role === "local" ? record : undefined;
}

function ignoresThis(context: Context, binding: Binding): boolean {
  const fn = binding.closure;
  if (!fn || binding.reassigned) return false;
  return context.ts.isArrowFunction(fn) || !readsOwnCall(context.ts, fn as tsTypes.FunctionExpression);
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
