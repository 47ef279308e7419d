/** What identifiers and literals are in an expression: references, and targets of assignments. */
import type tsTypes from "typescript";
import { isWrapper } from "../discover/unwrap.ts";
import type { TypeScript } from "../ir.ts";

/**
 * Whether an identifier in expression position names a variable (and not a property, a label or a declaration). Asked of
 * every identifier, more than once: one look at the kind of its parent.
 */
export function isReference(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const { SyntaxKind } = ts;
  const { parent } = node;
  switch (parent.kind) {
    case SyntaxKind.PropertyAccessExpression:
      return (parent as tsTypes.PropertyAccessExpression).expression === node;
    case SyntaxKind.BindingElement:
    case SyntaxKind.EnumMember:
    case SyntaxKind.JsxAttribute:
    case SyntaxKind.Parameter:
    case SyntaxKind.PropertyAssignment:
    case SyntaxKind.PropertyDeclaration:
    case SyntaxKind.VariableDeclaration:
      return (parent as tsTypes.VariableDeclaration).initializer === node;
    case SyntaxKind.ArrowFunction:
      return (parent as tsTypes.ArrowFunction).body === node;
    case SyntaxKind.BreakStatement:
    case SyntaxKind.ClassDeclaration:
    case SyntaxKind.ClassExpression:
    case SyntaxKind.ContinueStatement:
    case SyntaxKind.EnumDeclaration:
    case SyntaxKind.ImportSpecifier:
    case SyntaxKind.LabeledStatement:
    case SyntaxKind.MetaProperty:
    case SyntaxKind.ModuleDeclaration:
    case SyntaxKind.QualifiedName:
      return false;
    case SyntaxKind.JsxClosingElement:
    case SyntaxKind.JsxOpeningElement:
    case SyntaxKind.JsxSelfClosingElement:
      return /^[^a-z]/.test(node.text);
    default:
      return !ts.isFunctionLike(parent);
  }
}

/** Whether an identifier is assigned to. */
export function isWrite(ts: TypeScript, node: tsTypes.Identifier): boolean {
  return isReference(ts, node) && accessOf(ts, node).write;
}

/** How a reference uses its variable, or a chain its property: assignment targets are written, `+=` and `++` do both. */
export function accessOf(ts: TypeScript, node: tsTypes.Node): { read: boolean; write: boolean } {
  let target: tsTypes.Node = node;
  let { parent } = target;
  while (isPatternPart(ts, parent, target)) {
    target = parent;
    parent = target.parent;
  }
  if (ts.isBinaryExpression(parent) && parent.left === target && isAssignment(ts, parent)) {
    return { read: parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken, write: true };
  }
  if ((ts.isForOfStatement(parent) || ts.isForInStatement(parent)) && parent.initializer === target) {
    return { read: false, write: true };
  }
  if ((ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) && isUpdate(ts, parent)) {
    return { read: true, write: true };
  }
  return { read: true, write: false };
}

/** Parents through which an expression is still (part of) an assignment target: patterns and wrappers. */
function isPatternPart(ts: TypeScript, parent: tsTypes.Node, child: tsTypes.Node): boolean {
  const { SyntaxKind } = ts;
  switch (parent.kind) {
    case SyntaxKind.ArrayLiteralExpression:
    case SyntaxKind.ObjectLiteralExpression:
      return isTarget(ts, parent);
    case SyntaxKind.ShorthandPropertyAssignment:
      return (parent as tsTypes.ShorthandPropertyAssignment).name === child && isTarget(ts, parent.parent);
    case SyntaxKind.PropertyAssignment:
      return (parent as tsTypes.PropertyAssignment).initializer === child && isTarget(ts, parent.parent);
    case SyntaxKind.SpreadElement:
    case SyntaxKind.SpreadAssignment:
      return isTarget(ts, parent.parent);
    case SyntaxKind.BinaryExpression: {
      const { left, operatorToken } = parent as tsTypes.BinaryExpression;
      const isDefault = left === child && operatorToken.kind === SyntaxKind.EqualsToken;
      return isDefault && isPatternDefault(ts, parent as tsTypes.BinaryExpression);
    }
    default:
      return isWrapper(ts, parent);
  }
}

/** `[a = 1] = x`: the inner assignment is a default, not an assignment. */
export function isPatternDefault(ts: TypeScript, node: tsTypes.BinaryExpression): boolean {
  const { parent } = node;
  if (ts.isArrayLiteralExpression(parent)) return isTarget(ts, parent);
  return ts.isPropertyAssignment(parent) && parent.initializer === node && isTarget(ts, parent.parent);
}

/** Whether a node is an array or object literal that is assigned to. */
export function isPatternLiteral(ts: TypeScript, node: tsTypes.Node): boolean {
  return (ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node)) && isTarget(ts, node);
}

/** Whether a literal is the target of an assignment or of a `for` head. */
function isTarget(ts: TypeScript, node: tsTypes.Node): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent) && parent.left === node) return isAssignment(ts, parent);
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === node;
  return isWrapper(ts, parent) ? isTarget(ts, parent) : isPatternPart(ts, parent, node);
}

/** `x = …`, `x += …`, `x ??= …` */
export function isAssignment(ts: TypeScript, node: tsTypes.BinaryExpression): boolean {
  const { kind } = node.operatorToken;
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function isUpdate(ts: TypeScript, node: tsTypes.PrefixUnaryExpression | tsTypes.PostfixUnaryExpression): boolean {
  return node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
}
