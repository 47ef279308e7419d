/** Which expressions can give a handle, as far as syntax tells. */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, TypeScript } from "../ir.ts";
import type { Bindings } from "./scopes.ts";

interface Names {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
}

/** False only when the value is no promise, whatever it is made of. */
export function mayBeHandle({ ts, bindings }: Names, expression: tsTypes.Expression): boolean {
  const node = unwrap(ts, expression);
  const { SyntaxKind } = ts;
  if (ts.isIdentifier(node)) {
    const binding = bindings.byIdentifier.get(node);
    return binding ? mayHoldHandle({ ts, bindings }, binding, new Set()) : node.text !== "undefined";
  }
  if (ts.isConditionalExpression(node)) {
    return mayBeHandle({ ts, bindings }, node.whenTrue) || mayBeHandle({ ts, bindings }, node.whenFalse);
  }
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    const isPassing =
      kind === SyntaxKind.BarBarToken ||
      kind === SyntaxKind.AmpersandAmpersandToken ||
      kind === SyntaxKind.QuestionQuestionToken ||
      kind === SyntaxKind.CommaToken ||
      kind === SyntaxKind.EqualsToken ||
      (kind >= SyntaxKind.BarBarEqualsToken && kind <= SyntaxKind.QuestionQuestionEqualsToken);
    if (!isPassing) return false;
    const left = kind === SyntaxKind.CommaToken || kind === SyntaxKind.EqualsToken ? false : mayBeHandle({ ts, bindings }, node.left);
    return left || mayBeHandle({ ts, bindings }, node.right);
  }
  if (ts.isCallExpression(node)) return node.expression.kind !== SyntaxKind.SuperKeyword;
  if (ts.isPropertyAccessExpression(node)) {
    return node.name.text !== "length" && node.name.text !== "size" && !isOfEvent({ ts, bindings }, node);
  }
  return (
    ts.isElementAccessExpression(node) ||
    ts.isNewExpression(node) ||
    ts.isTaggedTemplateExpression(node) ||
    node.kind === SyntaxKind.ThisKeyword
  );
}

/** A part of the event that started the run. */
function isOfEvent({ ts, bindings }: Names, node: tsTypes.Expression): boolean {
  if (ts.isPropertyAccessExpression(node)) return isOfEvent({ ts, bindings }, node.expression);
  const binding = ts.isIdentifier(node) ? bindings.byIdentifier.get(node) : undefined;
  return binding?.name === "event" && binding.kind === "param" && binding.scope === bindings.root;
}

/** A variable that is given nothing but values that are none. */
function mayHoldHandle(names: Names, binding: Binding, seen: Set<Binding>): boolean {
  if (seen.has(binding)) return false;
  seen.add(binding);
  const { ts } = names;
  if (binding.kind === "function" || binding.kind === "self" || binding.kind === "class") return false;
  if (binding.kind === "param" || binding.kind === "catch") return true;
  return [...binding.declarations, ...binding.references.filter(({ write }) => write).map(({ node }) => node)].some(
    (node) => {
      const { parent } = node;
      if (ts.isVariableDeclaration(parent) && parent.name === node) {
        return parent.initializer ? givesHandle(names, parent.initializer, seen) : isHead(ts, parent);
      }
      if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) return false;
      if (!ts.isBinaryExpression(parent) || parent.left !== node) return true;
      return parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
        ? givesHandle(names, parent.right, seen)
        : isLogicalAssignment(ts, parent.operatorToken.kind);
    },
  );
}

function isHead(ts: TypeScript, declaration: tsTypes.VariableDeclaration): boolean {
  return ts.isForOfStatement(declaration.parent.parent);
}

function givesHandle(names: Names, expression: tsTypes.Expression, seen: Set<Binding>): boolean {
  const node = unwrap(names.ts, expression);
  if (names.ts.isIdentifier(node)) {
    const binding = names.bindings.byIdentifier.get(node);
    return binding ? mayHoldHandle(names, binding, seen) : node.text !== "undefined";
  }
  return mayBeHandle(names, node);
}

function isLogicalAssignment(ts: TypeScript, kind: tsTypes.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.BarBarEqualsToken && kind <= ts.SyntaxKind.QuestionQuestionEqualsToken;
}
