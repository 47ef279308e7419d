/**
 * Patterns that suspend inside are taken apart, element by element, in the order of the language:
 *
 *   const { id, tag = await s } = order;
 *
 *   $.in("s") || (t.order = order, ({} = t.order), v.id = t.order.id),
 *   v.tag = $.in("s") || (t["~item"] = t.order.tag) === undefined ? await $.at("s", …) : t["~item"];
 *
 * An array pattern steps its iterator. It is the one element of a pattern that does not suspend, so that the language closes the
 * iterator when the pattern is done, or when what it evaluates throws:
 *
 *   [a, b = await s] = list       …, [($.in("s") || (v.a = $.next("~t.list")), v.b = …, $).end] = $.open("~t.list", t.list)
 */
import type tsTypes from "typescript";
import { userOf } from "../analyse/functions.ts";
import { isPatternLiteral } from "../analyse/targets.ts";
import type { Saved } from "../analyse/temporaries.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Rope } from "../ir.ts";
import type { Part } from "./blocks.ts";
import { type Context, isHolder, labelsIn, reenters } from "./context.ts";
import { copy } from "./copy.ts";
import { savedOf, temporary } from "./operands.ts";
import { assignmentTarget } from "./patterns.ts";
import { join, quote } from "./text.ts";

type Pattern = tsTypes.BindingPattern | tsTypes.ArrayLiteralExpression | tsTypes.ObjectLiteralExpression;

/** An assignment to a pattern that suspends; undefined for any other. Its value, where one is wanted, is what it was applied to. */
export function lowerPatternAssignment(context: Context, node: tsTypes.BinaryExpression): Rope | undefined {
  const { ts } = context;
  const target = unwrap(ts, node.left);
  if (!isPatternLiteral(ts, target) || !isHolder(context, target)) return undefined;
  const parts = patternParts(context, target as Pattern, copy(context, node.right), labelsIn(context, node.right));
  const taken = inOrder(context, parts);
  if (ts.isExpressionStatement(userOf(ts, node))) return taken;
  const list: Rope = [taken, `, ${sourceOf(context, target)}`];
  return ts.isParenthesizedExpression(node.parent) ? list : ["(", list, ")"];
}

/** The statement that applies a pattern to a value. `before` are the labels of the value itself. */
export function destructure(
  context: Context,
  pattern: tsTypes.Node,
  value: Rope,
  before: readonly string[] = [],
): Rope {
  return [inOrder(context, patternParts(context, pattern as Pattern, value, before)), ";"];
}

/** Expressions one after the other. Re-entering, those in front of the one that holds the label are skipped. */
function inOrder(context: Context, parts: readonly Part[]): Rope {
  const groups: { behind: readonly string[]; ropes: Rope[] }[] = [];
  let behind: readonly string[] = [];
  for (const { labels, rope } of [...parts].reverse()) {
    const [next] = groups;
    if (next?.behind === behind) next.ropes.unshift(rope);
    else groups.unshift({ behind, ropes: [rope] });
    if (labels.length > 0) behind = [...labels, ...behind];
  }
  const guarded = groups.map((group): Rope => {
    const ropes = join(group.ropes, ", ");
    return group.behind.length === 0 ? ropes : [`${reenters(context, group.behind)} || (`, ropes, ")"];
  });
  return join(guarded, ", ");
}

/** What a pattern that suspends is applied to is kept. */
function sourceOf(context: Context, pattern: tsTypes.Node): string {
  return temporary(context, savedOf(context, pattern) as Saved);
}

function patternParts(context: Context, pattern: Pattern, value: Rope, before: readonly string[]): Part[] {
  const { ts } = context;
  const source = sourceOf(context, pattern);
  const taken: Part = { labels: before, rope: [`${source} = `, value] };
  const isObject = ts.isObjectBindingPattern(pattern) || ts.isObjectLiteralExpression(pattern);
  if (!isObject) return [taken, arrayPart(context, pattern, source)];
  const check: Part = { labels: [], rope: `({} = ${source})` };
  return [taken, check, ...objectParts(context, pattern, source)];
}

/** One element of either kind of pattern. */
interface Element {
  readonly node: tsTypes.Node;
  readonly target: tsTypes.Node;
  readonly initializer: tsTypes.Expression | undefined;
  readonly isRest: boolean;
}

function elementOf(context: Context, node: tsTypes.Node): Element {
  const { ts } = context;
  if (ts.isBindingElement(node)) {
    return { node, target: node.name, initializer: node.initializer, isRest: node.dotDotDotToken !== undefined };
  }
  if (ts.isSpreadElement(node) || ts.isSpreadAssignment(node)) {
    return { node, target: node.expression, initializer: undefined, isRest: true };
  }
  if (ts.isShorthandPropertyAssignment(node)) {
    return { node, target: node.name, initializer: node.objectAssignmentInitializer, isRest: false };
  }
  const inner = ts.isPropertyAssignment(node) ? node.initializer : (node as tsTypes.Expression);
  const isDefault = ts.isBinaryExpression(inner) && inner.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  return {
    node,
    target: isDefault ? inner.left : inner,
    initializer: isDefault ? inner.right : undefined,
    isRest: false,
  };
}

function arrayPart(context: Context, pattern: Pattern, source: string): Part {
  const { ts, frame } = context;
  const name = quote(`~${source}`);
  const elements = (pattern as tsTypes.ArrayLiteralExpression).elements as readonly tsTypes.Node[];
  const parts = elements.flatMap((node): Part[] => {
    if (ts.isOmittedExpression(node)) return [{ labels: [], rope: `${frame}.next(${name})` }];
    const element = elementOf(context, node);
    return elementParts(context, element, `${frame}.${element.isRest ? "rest" : "next"}(${name})`);
  });
  const taken = inOrder(context, parts);
  const rope: Rope = ["[(", taken, `, ${frame}).end] = ${frame}.open(${name}, ${source})`];
  return { labels: labelsIn(context, pattern), rope };
}

function objectParts(context: Context, pattern: Pattern, source: string): Part[] {
  const { ts } = context;
  const nodes: readonly tsTypes.Node[] = ts.isObjectLiteralExpression(pattern) ? pattern.properties : pattern.elements;
  const used: Rope[] = [];
  return nodes.flatMap((node): Part[] => {
    const element = elementOf(context, node);
    if (element.isRest)
      return elementParts(context, element, [`${context.frame}.without(${source}, [`, join(used, ", "), "])"]);
    const { before, access, key } = keyOf(context, element);
    used.push(key);
    return [...before, ...elementParts(context, element, [source, access])];
  });
}

/** How the property of an element is read. A computed key is evaluated in a part of its own. */
function keyOf(context: Context, { node, target }: Element): { before: Part[]; access: Rope; key: Rope } {
  const { ts } = context;
  const own = ts.isBindingElement(node) ? node.propertyName : (node as tsTypes.PropertyAssignment).name;
  const name = own ?? (target as tsTypes.Identifier);
  if (!ts.isComputedPropertyName(name)) return { before: [], ...plainKey(context, name) };
  if (ts.isLiteralExpression(name.expression)) return { before: [], ...plainKey(context, name.expression) };
  const saved = savedOf(context, name.expression);
  const text = saved ? temporary(context, saved) : `${context.temporaries}.${context.names.fresh("$key")}`;
  const value = copy(context, name.expression);
  const rope: Rope = saved ? value : [`${text} = ${context.frame}.key(0, `, value, ")"];
  return { before: [{ labels: labelsIn(context, name.expression), rope }], access: `[${text}]`, key: text };
}

function plainKey({ ts }: Context, name: tsTypes.Node): { access: Rope; key: Rope } {
  const text = ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? quote(name.text) : name.getText();
  return { access: `[${text}]`, key: text };
}

/** The target gets the value, or its default; a pattern inside is taken apart in turn. */
function elementParts(context: Context, { target, initializer }: Element, value: Rope): Part[] {
  const { ts } = context;
  const labels = labelsIn(context, initializer);
  const given = initializer ? withDefault(context, initializer, labels, value) : value;
  const inner = unwrap(ts, target as tsTypes.Expression);
  const isPattern =
    ts.isObjectBindingPattern(target) || ts.isArrayBindingPattern(target) || isPatternLiteral(ts, inner);
  if (isPattern && isHolder(context, target)) return patternParts(context, inner as unknown as Pattern, given, labels);
  const inTarget = labelsIn(context, target);
  const text = isBindingName(context, target) ? assignmentTarget(context, target) : copy(context, inner);
  const isObject = ts.isObjectBindingPattern(target) || ts.isObjectLiteralExpression(inner);
  const rope: Rope = isObject ? ["(", text, " = ", given, ")"] : [text, " = ", given];
  return [{ labels: [...inTarget, ...labels], rope }];
}

function isBindingName({ ts }: Context, node: tsTypes.Node): node is tsTypes.BindingName {
  return (
    ts.isObjectBindingPattern(node) ||
    ts.isArrayBindingPattern(node) ||
    (ts.isIdentifier(node) && ts.isBindingElement(node.parent))
  );
}

/** `$.in("s") || (t.item = value) === undefined ? await … : t.item` */
function withDefault(context: Context, initializer: tsTypes.Expression, labels: readonly string[], value: Rope): Rope {
  const item = `${context.temporaries}["~item"]`;
  const again = labels.length > 0 ? `${reenters(context, labels)} || ` : "";
  return [`${again}(${item} = `, value, ") === undefined ? ", copy(context, initializer), ` : ${item}`];
}
