/**
 * Assignments. The target's parts and the old value are taken before the value that suspends:
 *
 *   total += await s        v.total = ($.live ? t.total = v.total : t.total) + (await $.at("s", …))
 *   o().n += await s        ($.live ? t.o = o() : t.o).n = ($.live ? t.n = t.o.n : t.n) + (await …)
 *   cache ??= await s       ($.in("s") ? null : v.cache) ?? (v.cache = await $.at("s", …))
 *
 * Slots are properties, so what the language checks of a variable is checked here: that a constant is not assigned to,
 * and that a declaration has run.
 */
import type tsTypes from "typescript";
import { isConstant, mayBeEarly } from "../analyse/early.ts";
import { userOf } from "../analyse/functions.ts";
import { isLogicalAssignment } from "../analyse/operands.ts";
import { isPatternDefault } from "../analyse/targets.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, Rope, TypeScript } from "../ir.ts";
import { type Context, labelsIn, live, recordOf, reenters, slotName } from "./context.ts";
import { copy, copyOperand, nameText } from "./copy.ts";
import { temporary } from "./operands.ts";
import { lowerPatternAssignment } from "./suspending-patterns.ts";
import { quote } from "./text.ts";

export function isAssignment(ts: TypeScript, kind: tsTypes.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

export function lowerAssignment(context: Context, node: tsTypes.BinaryExpression): Rope | undefined {
  const { ts } = context;
  if (isPatternDefault(ts, node)) return undefined;
  const pattern = lowerPatternAssignment(context, node);
  if (pattern) return pattern;
  const { kind } = node.operatorToken;
  const suspends = labelsIn(context, node.right).length > 0;
  const checked = checkedSlot(context, node.left);
  if (isLogicalAssignment(ts, kind)) {
    return suspends || checked ? lowerLogical(context, node, checked) : undefined;
  }
  if (checked && isConstant(checked)) return writeConstant(context, node, checked);
  if (kind === ts.SyntaxKind.EqualsToken) return checked ? writeEarly(context, node, checked) : undefined;
  const old = context.current.temporaries.saved.get(node.left);
  if (!suspends && !checked) return undefined;
  const operator = node.operatorToken.getText().slice(0, -1);
  const before = targetText(context, node.left);
  const value: Rope = old
    ? `(${live(context)} ? ${temporary(context, old)} = ${before} : ${temporary(context, old)})`
    : before;
  return [copyTarget(context, node.left), " = ", value, ` ${operator} `, copyOperand(context, node.right)];
}

/** The target as it is assigned to. */
function copyTarget(context: Context, node: tsTypes.Expression): Rope {
  const checked = checkedSlot(context, node);
  return checked ? (slotName(context, checked) as string) : copy(context, node);
}

/** The target as text, its parts taken before: `v.total`, `t.o.n`, `t.o[t.key]`. */
function targetText(context: Context, node: tsTypes.Expression): string {
  const { ts } = context;
  const target = unwrap(ts, node);
  if (ts.isPropertyAccessExpression(target)) return `${partText(context, target.expression)}.${target.name.text}`;
  if (!ts.isElementAccessExpression(target)) return nameText(context, target);
  return `${partText(context, target.expression)}[${partText(context, target.argumentExpression)}]`;
}

function partText(context: Context, node: tsTypes.Expression): string {
  const saved = context.current.temporaries.saved.get(node);
  return saved ? temporary(context, saved) : nameText(context, unwrap(context.ts, node));
}

function lowerLogical(context: Context, node: tsTypes.BinaryExpression, checked: Binding | undefined): Rope {
  const { ts } = context;
  const { SyntaxKind } = ts;
  const labels = labelsIn(context, node.right);
  const again = labels.length > 0 ? reenters(context, labels) : undefined;
  const { kind } = node.operatorToken;
  const left = checked ? nameText(context, unwrap(ts, node.left)) : copy(context, node.left);
  const [guard, operator]: [Rope, string] =
    kind === SyntaxKind.AmpersandAmpersandEqualsToken
      ? [`${again} || `, "&&"]
      : kind === SyntaxKind.BarBarEqualsToken
        ? [`!${again} && `, "||"]
        : [`${again} ? null : `, "??"];
  const value = copy(context, node.right);
  const target = checked ? (slotName(context, checked) as string) : targetText(context, node.left);
  const assigned: Rope =
    checked && isConstant(checked)
      ? ["((", value, `), ${context.frame}.constant(${quote(checked.name)}))`]
      : [`(${target} = `, value, ")"];
  return [again === undefined ? left : ["(", guard, left, ")"], ` ${operator} `, assigned];
}

/** A slot whose assignment is checked: a constant, or one whose declaration may not have run. */
function checkedSlot(context: Context, node: tsTypes.Expression): Binding | undefined {
  const { ts, analysis } = context;
  const target = unwrap(ts, node);
  const binding = ts.isIdentifier(target) ? analysis.bindings.byIdentifier.get(target) : undefined;
  if (!binding || !slotName(context, binding)) return undefined;
  const isEarly = mayBeEarly(ts, analysis.bindings, target as tsTypes.Identifier, binding);
  return isEarly || isConstant(binding) ? binding : undefined;
}

/** As a part of a pattern, or in the head of a loop, a slot that is checked is a property which checks it. */
export function checkedTarget(context: Context, node: tsTypes.Identifier): string | undefined {
  const { ts, analysis, frame } = context;
  if (!analysis.bindings.writes.has(node) || isPlainTarget(ts, node)) return undefined;
  const checked = checkedSlot(context, node);
  if (!checked) return undefined;
  const kind = isConstant(checked) ? ', "constant"' : "";
  return `${frame}.checked(${recordOf(context, checked.scope)}, ${quote(checked.name)}${kind}).value`;
}

/** `x = …`, `x += …`, `x++` */
function isPlainTarget(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const parent = userOf(ts, node);
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) return true;
  return ts.isBinaryExpression(parent) && unwrap(ts, parent.left) === node && !isPatternDefault(ts, parent);
}

/** `limit = next()` of a constant: the value is evaluated, then the assignment throws. */
function writeConstant(context: Context, node: tsTypes.BinaryExpression, binding: Binding): Rope {
  const { ts } = context;
  const target = unwrap(ts, node.left) as tsTypes.Identifier;
  const isEarly = mayBeEarly(ts, context.analysis.bindings, target, binding);
  const read = nameText(context, target);
  const isCompound = node.operatorToken.kind !== ts.SyntaxKind.EqualsToken;
  const value: Rope = ["(", copy(context, node.right), ")"];
  const constant = `${context.frame}.constant(${quote(binding.name)})`;
  if (isCompound) return [`(${read}, `, value, `, ${constant})`];
  return ["(", value, isEarly ? `, ${read}` : "", `, ${constant})`];
}

/** `x = value`, where the value is a name, and evaluated before. */
export function assignedFrom(context: Context, target: tsTypes.Expression, value: string): Rope {
  const { ts, analysis, frame } = context;
  const checked = checkedSlot(context, target);
  if (!checked) return [copy(context, target), ` = ${value}`];
  const record = recordOf(context, checked.scope);
  const name = quote(checked.name);
  if (!isConstant(checked)) return `${record}.${checked.name} = ${frame}.write(${record}, ${name}, ${value})`;
  const isEarly = mayBeEarly(ts, analysis.bindings, unwrap(ts, target) as tsTypes.Identifier, checked);
  return `${isEarly ? `${nameText(context, unwrap(ts, target))}, ` : ""}${frame}.constant(${name})`;
}

/** `$.write(v, "x", …)` throws when the declaration of the slot has not run by then. */
function writeEarly(context: Context, node: tsTypes.BinaryExpression, binding: Binding): Rope {
  const record = recordOf(context, binding.scope);
  const value: Rope = [`${context.frame}.write(${record}, ${quote(binding.name)}, `, copy(context, node.right), ")"];
  return [`${record}.${binding.name} = `, value];
}

/** `limit++`, `--x` of a slot that is checked. */
export function lowerUpdate(
  context: Context,
  node: tsTypes.PrefixUnaryExpression | tsTypes.PostfixUnaryExpression,
): Rope | undefined {
  const { ts } = context;
  if (node.operator !== ts.SyntaxKind.PlusPlusToken && node.operator !== ts.SyntaxKind.MinusMinusToken)
    return undefined;
  const checked = checkedSlot(context, node.operand);
  if (!checked) return undefined;
  const read = nameText(context, unwrap(ts, node.operand));
  if (isConstant(checked)) return `(${read}, ${context.frame}.constant(${quote(checked.name)}))`;
  const slot = slotName(context, checked) as string;
  const operator = node.operator === ts.SyntaxKind.PlusPlusToken ? "++" : "--";
  return ts.isPrefixUnaryExpression(node) ? `(${read}, ${operator}${slot})` : `(${read}, ${slot}${operator})`;
}
