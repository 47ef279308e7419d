/**
 * Expressions that suspend inside. They stay whole, so that the language keeps their order; on re-entry, what stands in
 * front of the label is skipped, or is a temporary:
 *
 *   ready && await s               ($.in("s") || ready) && await $.at("s", …)
 *   ready ? await s : other        (!$.live || ready) ? await $.at("s", …) : other
 *   log(1), await s                $.in("s") || (log(1)), await $.at("s", …)
 *   list.push(await s)             $.method(t, "push", v.list, "push")(await $.at("s", …))
 *   Promise.all(pending)           $.all(v.pending)
 *   new Promise((r) => q.push(r))  $.promise((r) => v.q.push(r))
 */
import type tsTypes from "typescript";
import { combinator } from "../analyse/combinators.ts";
import { isDeferred } from "../analyse/deferred.ts";
import { isLogicalOperator } from "../analyse/operands.ts";
import { isChainLink } from "../analyse/temporaries.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Rope } from "../ir.ts";
import { lowerAccessors } from "./accessors.ts";
import { isAssignment, lowerAssignment, lowerUpdate } from "./assignments.ts";
import { lowerKeyed } from "./closures.ts";
import { type Context, isHolder, labelsIn, reenters } from "./context.ts";
import { copy, copyBranch, copyChildren, copyOperand } from "./copy.ts";
import { lowerEval } from "./evals.ts";
import { isNameless } from "./keyed-names.ts";
import { temporary } from "./operands.ts";
import { lowerOptionalChain } from "./optional-chains.ts";
import { quote, span } from "./text.ts";
import { lowerBind, lowerTagged } from "./traced.ts";

/** The rewrite of an expression whose parts do not just follow each other; undefined for any other. */
export function lowerExpression(context: Context, node: tsTypes.Node): Rope | undefined {
  const { ts } = context;
  const { SyntaxKind } = ts;
  switch (node.kind) {
    case SyntaxKind.BinaryExpression:
      return lowerBinary(context, node as tsTypes.BinaryExpression);
    case SyntaxKind.PrefixUnaryExpression:
    case SyntaxKind.PostfixUnaryExpression:
      return lowerUpdate(context, node as tsTypes.PrefixUnaryExpression | tsTypes.PostfixUnaryExpression);
    case SyntaxKind.ObjectLiteralExpression:
      return lowerLiteral(context, node as tsTypes.ObjectLiteralExpression);
    case SyntaxKind.PropertyAssignment:
      return lowerProperty(context, node as tsTypes.PropertyAssignment);
    case SyntaxKind.ConditionalExpression:
      return lowerConditional(context, node as tsTypes.ConditionalExpression);
    case SyntaxKind.CallExpression:
    case SyntaxKind.PropertyAccessExpression:
    case SyntaxKind.ElementAccessExpression:
      if (isChainLink(ts, node) && isHolder(context, node)) return lowerOptionalChain(context, node);
      return ts.isCallExpression(node) ? lowerCall(context, node) : undefined;
    case SyntaxKind.NewExpression:
      return lowerNew(context, node as tsTypes.NewExpression);
    case SyntaxKind.TaggedTemplateExpression: {
      const template = node as tsTypes.TaggedTemplateExpression;
      return lowerTagged(context, template) ?? lowerMethodCall(context, template, template.tag);
    }
    default:
      return undefined;
  }
}

function lowerNew(context: Context, node: tsTypes.NewExpression): Rope | undefined {
  const { ts, analysis, facts, frame } = context;
  const [executor] = node.arguments ?? [];
  if (!executor || !isDeferred(ts, analysis, facts, node)) return undefined;
  return [`${frame}.promise(`, copy(context, executor), ")"];
}

function lowerCall(context: Context, node: tsTypes.CallExpression): Rope | undefined {
  return (
    lowerEval(context, node) ??
    lowerCombinator(context, node) ??
    lowerMethodCall(context, node, node.expression) ??
    lowerBind(context, node)
  );
}

function lowerProperty(context: Context, node: tsTypes.PropertyAssignment): Rope | undefined {
  const { ts } = context;
  if (!isNameless(context, node)) return undefined;
  const isClass = ts.isClassExpression(unwrap(ts, node.initializer));
  return lowerKeyed(context, node.name, copy(context, node.initializer), isClass);
}

/** A literal whose methods use `super` tells them its object, when it is made: `$.homed({ … })`. */
function lowerLiteral(context: Context, node: tsTypes.ObjectLiteralExpression): Rope | undefined {
  const text = holdsAccessors(context, node) ? lowerAccessors(context, node) : undefined;
  const { records } = context.analysis.closures;
  const isHome = node.properties.some((each) => records.get(each)?.home === each);
  return isHome ? [`${context.frame}.homed(`, text ?? copyChildren(context, node), ")"] : text;
}

function holdsAccessors({ ts, analysis }: Context, node: tsTypes.ObjectLiteralExpression): boolean {
  return node.properties.some(
    (property) => (ts.isGetAccessor(property) || ts.isSetAccessor(property)) && analysis.closures.records.has(property),
  );
}

function lowerBinary(context: Context, node: tsTypes.BinaryExpression): Rope | undefined {
  const { ts } = context;
  const { kind } = node.operatorToken;
  if (isAssignment(ts, kind)) return lowerAssignment(context, node);
  const labels = labelsIn(context, node.right);
  if (labels.length === 0) return undefined;
  const isComma = kind === ts.SyntaxKind.CommaToken;
  if (!isComma && !isLogicalOperator(ts, kind)) return undefined;
  const left: Rope = isComma
    ? [`${reenters(context, labels)} || (`, copy(context, node.left), ")"]
    : ["(", guardLeft(context, kind, labels, node.left), ")"];
  return [left, span(node.left.end, node.right.getStart(context.file)), copy(context, node.right)];
}

/** The left side of a logical operator, such that re-entering at `labels` goes to the right side. */
function guardLeft(
  context: Context,
  kind: tsTypes.SyntaxKind,
  labels: readonly string[],
  left: tsTypes.Expression,
): Rope {
  const { SyntaxKind } = context.ts;
  const again = reenters(context, labels);
  if (kind === SyntaxKind.AmpersandAmpersandToken) return [`${again} || `, copyOperand(context, left)];
  if (kind === SyntaxKind.BarBarToken) return [`!${again} && `, copyOperand(context, left)];
  return [`${again} ? null : `, copyBranch(context, left)];
}

function lowerConditional(context: Context, node: tsTypes.ConditionalExpression): Rope | undefined {
  const { condition, whenTrue, whenFalse } = node;
  const inTrue = labelsIn(context, whenTrue);
  const inFalse = labelsIn(context, whenFalse);
  if (inTrue.length === 0 && inFalse.length === 0) return undefined;
  return [
    ["(", guardCondition(context, condition, inTrue, inFalse), ")"],
    span(condition.end, whenTrue.getStart(context.file)),
    copy(context, whenTrue),
    span(whenTrue.end, whenFalse.getStart(context.file)),
    copy(context, whenFalse),
  ];
}

/** A condition that re-entering does not evaluate: it goes to the side that holds the label. */
export function guardCondition(
  context: Context,
  condition: tsTypes.Expression,
  inThen: readonly string[],
  inElse: readonly string[],
): Rope {
  const { frame } = context;
  if (inThen.length === 0 && inElse.length === 0) return copy(context, condition);
  if (isHolder(context, condition)) {
    const toThen = inThen.length > 0 ? `${reenters(context, inThen)} || ` : "";
    const toElse = inElse.length > 0 ? `!${reenters(context, inElse)} && ` : "";
    return [toThen, toElse, copyOperand(context, condition)];
  }
  if (inThen.length > 0 && inElse.length > 0) {
    return [`${frame}.live ? `, copyBranch(context, condition), ` : ${reenters(context, inThen)}`];
  }
  return [inThen.length > 0 ? `!${frame}.live || ` : `${frame}.live && `, copyOperand(context, condition)];
}

/** `Promise.all(pending)`: handles are combined durably. */
function lowerCombinator(context: Context, node: tsTypes.CallExpression): Rope | undefined {
  const method = combinator(context.ts, node, context.analysis.bindings, context.facts);
  if (method === undefined) return undefined;
  return [`${context.frame}.${method}`, copyChildren(context, node, node.arguments.pos - 1)];
}

/** A method is fetched before its arguments, once. */
function lowerMethodCall(
  context: Context,
  node: tsTypes.CallExpression | tsTypes.TaggedTemplateExpression,
  callee: tsTypes.Expression,
): Rope | undefined {
  const { ts } = context;
  const target = unwrap(ts, callee);
  const saved = context.current.temporaries.saved.get(target);
  if (saved?.role !== "method") return undefined;
  const from = ts.isCallExpression(node) ? node.arguments.pos - 1 : node.template.getStart(context.file);
  return [methodOf(context, target, ownerOf(context, target), "method"), copyChildren(context, node, from)];
}

/** `shop` of `shop.pay`. In `(shop?.pay)(await s)` there may be none: then it has no methods, which its call finds. */
export function ownerOf(context: Context, target: tsTypes.Node): Rope {
  const { expression, questionDotToken } = target as tsTypes.PropertyAccessExpression;
  const owner = copy(context, expression);
  return questionDotToken ? [`${context.frame}.some(`, owner, ")"] : owner;
}

/** `$.method(t, "push", v.list, "push")` */
export function methodOf(context: Context, target: tsTypes.Node, object: Rope, tool: "method" | "methodIf"): Rope {
  const { ts } = context;
  const saved = context.current.temporaries.saved.get(target);
  const slot = saved ? temporary(context, saved).slice(context.temporaries.length + 1) : "";
  const key: Rope = ts.isPropertyAccessExpression(target)
    ? quote(target.name.text)
    : copy(context, (target as tsTypes.ElementAccessExpression).argumentExpression);
  return [`${context.frame}.${tool}(${context.temporaries}, ${quote(slot)}, `, object, ", ", key, ")"];
}
