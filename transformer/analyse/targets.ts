/** What identifiers and literals are in an expression: references, and targets of assignments. */
import type tsTypes from "typescript";
import { isWrapper } from "../discover/unwrap.ts";
import type { TypeScript } from "../ir.ts";

/** Whether an identifier in expression position names a variable (and not a property, a label or a declaration). */
export function isReference(ts: TypeScript, node: tsTypes.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent) || ts.isMetaProperty(parent)) {
    return ts.isPropertyAccessExpression(parent) && parent.expression === node;
  }
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent) || ts.isParameter(parent)) {
    return parent.initializer === node;
  }
  if (ts.isPropertyDeclaration(parent) || ts.isEnumMember(parent) || ts.isJsxAttribute(parent)) {
    return parent.initializer === node;
  }
  if (ts.isFunctionLike(parent)) return ts.isArrowFunction(parent) && parent.body === node;
  if (ts.isClassLike(parent) || ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  if (ts.isJsxOpeningLikeElement(parent) || ts.isJsxClosingElement(parent)) {
    return /^[^a-z]/.test(node.text);
  }
  return !ts.isModuleDeclaration(parent) && !ts.isEnumDeclaration(parent) && !ts.isImportSpecifier(parent);
}

/** Whether an identifier is assigned to. */
export function isWrite(ts: TypeScript, node: tsTypes.Identifier): boolean {
  return isReference(ts, node) && accessOf(ts, node).write;
}

/** How a reference uses its variable: assignment targets are written, `+=` and `++` do both. */
export function accessOf(ts: TypeScript, node: tsTypes.Identifier): { read: boolean; write: boolean } {
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

/** Parents through which an identifier is still (part of) an assignment target: patterns and wrappers. */
function isPatternPart(ts: TypeScript, parent: tsTypes.Node, child: tsTypes.Node): boolean {
  if (isWrapper(ts, parent)) return true;
  if (ts.isArrayLiteralExpression(parent) || ts.isObjectLiteralExpression(parent)) return isTarget(ts, parent);
  if (ts.isShorthandPropertyAssignment(parent)) return parent.name === child && isTarget(ts, parent.parent);
  if (ts.isPropertyAssignment(parent)) return parent.initializer === child && isTarget(ts, parent.parent);
  if (ts.isSpreadElement(parent) || ts.isSpreadAssignment(parent)) return isTarget(ts, parent.parent);
  if (
    ts.isBinaryExpression(parent) &&
    parent.left === child &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  ) {
    return isPatternDefault(ts, parent);
  }
  return false;
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

function isAssignment(ts: TypeScript, node: tsTypes.BinaryExpression): boolean {
  const { kind } = node.operatorToken;
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function isUpdate(ts: TypeScript, node: tsTypes.PrefixUnaryExpression | tsTypes.PostfixUnaryExpression): boolean {
  return node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
}
