/**
 * Patterns that suspend inside are taken apart, element by element, in the order of the language:
 *
 *   const { id, tag = await s } = order;
 *
 *   t.order = order; ({} = t.order);
 *   v.id = t.order.id;
 *   case "s": v.tag = $.in("s") || (t.item = t.order.tag) === undefined ? await $.at("s", …) : t.item;
 *
 * An array pattern steps its iterator and closes it when it is done, or when what it evaluates throws.
 */
import type tsTypes from "typescript";
import { isPatternLiteral } from "../analyse/scopes.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Rope } from "../ir.ts";
import { type Part, sequence } from "./blocks.ts";
import { type Context, isHolder, labelsIn, reenters } from "./context.ts";
import { copy } from "./copy.ts";
import { savedOf, temporary } from "./operands.ts";
import { assignmentTarget } from "./patterns.ts";
import { join, quote } from "./text.ts";

type Pattern = tsTypes.BindingPattern | tsTypes.ArrayLiteralExpression | tsTypes.ObjectLiteralExpression;

/** `({ tag: tag = await s } = order);` as a statement; undefined for any other. */
export function lowerPatternStatement(context: Context, node: tsTypes.ExpressionStatement): Rope | undefined {
  const { ts } = context;
  const assignment = unwrap(ts, node.expression);
  if (!ts.isBinaryExpression(assignment) || assignment.operatorToken.kind !== ts.SyntaxKind.EqualsToken)
    return undefined;
  const target = unwrap(ts, assignment.left);
  if (!isPatternLiteral(ts, target) || !isHolder(context, target)) return undefined;
  return destructure(context, target, copy(context, assignment.right), labelsIn(context, assignment.right));
}

/** The statements that apply a pattern to a value. `before` are the labels of the value itself. */
export function destructure(
  context: Context,
  pattern: tsTypes.Node,
  value: Rope,
  before: readonly string[] = [],
): Rope {
  const steps = patternParts(context, pattern as Pattern, value, before);
  return ["{ ", sequence(context, steps), " }"];
}

function patternParts(context: Context, pattern: Pattern, value: Rope, before: readonly string[]): Part[] {
  const { ts } = context;
  const saved = savedOf(context, pattern);
  const source = saved ? temporary(context, saved) : "undefined";
  const taken: Part = { labels: before, rope: [`${source} = `, value, `;`] };
  const isObject = ts.isObjectBindingPattern(pattern) || ts.isObjectLiteralExpression(pattern);
  if (!isObject) return [taken, arrayPart(context, pattern, source)];
  const check: Part = { labels: [], rope: ` ({} = ${source});` };
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
    if (ts.isOmittedExpression(node)) return [{ labels: [], rope: ` ${frame}.next(${name});` }];
    const element = elementOf(context, node);
    return elementParts(context, element, `${frame}.${element.isRest ? "rest" : "next"}(${name})`);
  });
  const error = context.names.fresh("$error");
  const labels = labelsIn(context, pattern);
  return {
    labels,
    rope: [
      // Re-entering, the stored cursor is taken up.
      ` try { ${frame}.open(${name}, ${source}); `,
      sequence(context, [{ labels: [], rope: "" }, ...parts, { labels: [], rope: ` ${frame}.close(${name});` }]),
      ` } catch (${error}) { ${frame}.abandon(${name}); throw ${error}; }`,
    ],
  };
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
  if (!ts.isComputedPropertyName(name)) {
    const text = ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? quote(name.text) : name.getText();
    return { before: [], access: `[${text}]`, key: text };
  }
  const saved = savedOf(context, name.expression);
  const text = saved ? temporary(context, saved) : context.names.fresh("$key");
  const value = copy(context, name.expression);
  const rope: Rope = saved ? [" ", value, ";"] : [` const ${text} = ${context.frame}.key(0, `, value, ");"];
  return { before: [{ labels: labelsIn(context, name.expression), rope }], access: `[${text}]`, key: text };
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
  const rope: Rope = isObject ? [" (", text, " = ", given, ");"] : [" ;", text, " = ", given, ";"];
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
