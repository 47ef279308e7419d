/**
 * Operands: what an expression evaluates before it does its own work, in the order in which it does.
 *
 * When an operand suspends, those in front of it were evaluated already: on re-entry they must be values, not names.
 */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { TypeScript } from "../ir.ts";

/**
 * How the value of an operand is taken when it has to be saved: as it is, as the list that a spread gives, as the copy
 * that an object spread gives, as the text that a template makes of it, as a property key, or as a property that is
 * fetched to be called or to be combined with another value.
 */
export type OperandRole = "value" | "spread" | "properties" | "text" | "key" | "method" | "old";

export interface Operand {
  readonly node: tsTypes.Node;
  readonly role: OperandRole;
}

/** The operands of a node whose rewrite saves them. Conditional ones are not among them: see `isConditional`. */
export function operandsOf(ts: TypeScript, node: tsTypes.Node): readonly Operand[] {
  if (ts.isBinaryExpression(node)) return binaryOperands(ts, node);
  if (ts.isCallExpression(node)) return [...calleeOperands(ts, node.expression), ...listOperands(ts, node.arguments)];
  if (ts.isNewExpression(node)) return [value(node.expression), ...listOperands(ts, node.arguments ?? [])];
  if (ts.isTaggedTemplateExpression(node)) return [...calleeOperands(ts, node.tag), ...tagOperands(ts, node.template)];
  if (ts.isElementAccessExpression(node)) return targetOperands(ts, node, false);
  if (ts.isArrayLiteralExpression(node)) return listOperands(ts, node.elements);
  if (ts.isObjectLiteralExpression(node)) return node.properties.flatMap((property) => propertyOperands(ts, property));
  if (ts.isTemplateExpression(node) && ts.isTaggedTemplateExpression(node.parent)) return [];
  if (ts.isTemplateExpression(node))
    return node.templateSpans.map(({ expression }) => ({ node: expression, role: "text" }));
  if (ts.isClassLike(node)) return classOperands(ts, node);
  if (ts.isJsxElement(node)) return [...jsxAttributes(ts, node.openingElement), ...jsxChildren(ts, node.children)];
  if (ts.isJsxSelfClosingElement(node)) return jsxAttributes(ts, node);
  return ts.isJsxFragment(node) ? jsxChildren(ts, node.children) : [];
}

function value(node: tsTypes.Node): Operand {
  return { node, role: "value" };
}

function binaryOperands(ts: TypeScript, { left, operatorToken, right }: tsTypes.BinaryExpression): Operand[] {
  const { SyntaxKind } = ts;
  const { kind } = operatorToken;
  const target = unwrap(ts, left);
  if (isLogicalAssignment(ts, kind)) return [...targetOperands(ts, target, true), value(right)];
  if (isLogicalOperator(ts, kind) || kind === SyntaxKind.CommaToken) return [];
  if (kind < SyntaxKind.FirstAssignment || kind > SyntaxKind.LastAssignment) return privateOr(ts, left, right);
  // A pattern is taken apart behind its value.
  if (ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target)) return [];
  const isCompound = kind !== SyntaxKind.EqualsToken;
  const old: Operand[] = isCompound ? [{ node: left, role: "old" }] : [];
  return [...targetOperands(ts, target, isCompound), ...old, value(right)];
}

/** The name of `#name in object` is no value. */
function privateOr(ts: TypeScript, left: tsTypes.Expression, right: tsTypes.Expression): Operand[] {
  return ts.isPrivateIdentifier(left) ? [value(right)] : [value(left), value(right)];
}

/** The parts of a destructuring element that are evaluated in front of its default. */
export function elementOperands(ts: TypeScript, node: tsTypes.Node): Operand[] {
  if (!ts.isBinaryExpression(node)) return targetOperands(ts, node, false);
  return [...targetOperands(ts, unwrap(ts, node.left), false), value(node.right)];
}

/** The parts of an assignment target that are evaluated before the value. */
export function targetOperands(ts: TypeScript, target: tsTypes.Node, isCompound: boolean): Operand[] {
  if (ts.isPropertyAccessExpression(target)) return isSuper(ts, target.expression) ? [] : [value(target.expression)];
  if (!ts.isElementAccessExpression(target)) return [];
  const key: Operand = { node: target.argumentExpression, role: isCompound ? "key" : "value" };
  return isSuper(ts, target.expression) ? [key] : [value(target.expression), key];
}

/** `o.m` in front of arguments: the object, the key if it is computed, and the method, fetched before the arguments. */
function calleeOperands(ts: TypeScript, callee: tsTypes.Expression): Operand[] {
  const target = unwrap(ts, callee);
  if (ts.isPropertyAccessExpression(target)) {
    if (isSuper(ts, target.expression) || ts.isPrivateIdentifier(target.name)) return [];
    return [value(target.expression), { node: target, role: "method" }];
  }
  if (ts.isElementAccessExpression(target)) {
    if (isSuper(ts, target.expression)) return [value(target.argumentExpression)];
    return [
      value(target.expression),
      { node: target.argumentExpression, role: "key" },
      { node: target, role: "method" },
    ];
  }
  const isPlain = target.kind !== ts.SyntaxKind.SuperKeyword && target.kind !== ts.SyntaxKind.ImportKeyword;
  return isPlain ? [value(callee)] : [];
}

function isSuper(ts: TypeScript, node: tsTypes.Node): boolean {
  return node.kind === ts.SyntaxKind.SuperKeyword;
}

function listOperands(ts: TypeScript, list: readonly tsTypes.Expression[]): Operand[] {
  return list.flatMap((item): Operand[] => {
    if (ts.isOmittedExpression(item)) return [];
    return [ts.isSpreadElement(item) ? { node: item.expression, role: "spread" } : value(item)];
  });
}

function tagOperands(ts: TypeScript, template: tsTypes.TemplateLiteral): Operand[] {
  return ts.isTemplateExpression(template) ? template.templateSpans.map(({ expression }) => value(expression)) : [];
}

function propertyOperands(ts: TypeScript, property: tsTypes.ObjectLiteralElementLike): Operand[] {
  const key: Operand[] = property.name ? keyOperand(ts, property.name) : [];
  if (ts.isPropertyAssignment(property)) return [...key, value(property.initializer)];
  if (ts.isShorthandPropertyAssignment(property)) return [value(property.name)];
  if (ts.isSpreadAssignment(property)) return [{ node: property.expression, role: "properties" }];
  return key;
}

function keyOperand(ts: TypeScript, name: tsTypes.PropertyName): Operand[] {
  return ts.isComputedPropertyName(name) ? [{ node: name.expression, role: "key" }] : [];
}

/** Heritage and computed keys; everything else of a class is evaluated when all of them are. */
function classOperands(ts: TypeScript, node: tsTypes.ClassLikeDeclaration): Operand[] {
  const heritage = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  const keys = node.members.flatMap((member) => (member.name ? keyOperand(ts, member.name) : []));
  return [...(heritage ? [value(heritage.expression)] : []), ...keys];
}

function jsxAttributes(ts: TypeScript, node: tsTypes.JsxOpeningLikeElement): Operand[] {
  return node.attributes.properties.flatMap((attribute): Operand[] => {
    if (ts.isJsxSpreadAttribute(attribute)) return [{ node: attribute.expression, role: "properties" }];
    const { initializer } = attribute;
    if (!initializer || ts.isStringLiteral(initializer)) return [];
    if (!ts.isJsxExpression(initializer)) return [value(initializer)];
    return initializer.expression ? [value(initializer.expression)] : [];
  });
}

function jsxChildren(ts: TypeScript, children: readonly tsTypes.JsxChild[]): Operand[] {
  return children.flatMap((child): Operand[] => {
    if (ts.isJsxText(child)) return [];
    if (!ts.isJsxExpression(child)) return [value(child)];
    return child.expression ? [{ node: child.expression, role: child.dotDotDotToken ? "spread" : "value" }] : [];
  });
}

export function isLogicalOperator(ts: TypeScript, kind: tsTypes.SyntaxKind): boolean {
  const { SyntaxKind } = ts;
  return (
    kind === SyntaxKind.AmpersandAmpersandToken ||
    kind === SyntaxKind.BarBarToken ||
    kind === SyntaxKind.QuestionQuestionToken
  );
}

export function isLogicalAssignment(ts: TypeScript, kind: tsTypes.SyntaxKind): boolean {
  const { SyntaxKind } = ts;
  return (
    kind === SyntaxKind.AmpersandAmpersandEqualsToken ||
    kind === SyntaxKind.BarBarEqualsToken ||
    kind === SyntaxKind.QuestionQuestionEqualsToken
  );
}
