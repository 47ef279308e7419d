/** Which expressions can give a handle, as far as syntax tells. */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, TypeScript } from "../ir.ts";
import { isLogicalAssignment, isLogicalOperator } from "./operands.ts";
import type { Bindings } from "./scopes.ts";

interface Names {
  readonly ts: TypeScript;
  readonly bindings: Bindings;
}

/** False only when the value is no promise, whatever it is made of. `seen` are the variables that are being looked at. */
export function mayBeHandle(names: Names, expression: tsTypes.Expression, seen: Set<Binding> = new Set()): boolean {
  const { ts, bindings } = names;
  const node = unwrap(ts, expression);
  if (ts.isIdentifier(node)) {
    const binding = bindings.byIdentifier.get(node);
    return binding ? mayHoldHandle(names, binding, seen) : node.text !== "undefined";
  }
  if (ts.isConditionalExpression(node)) {
    return mayBeHandle(names, node.whenTrue, seen) || mayBeHandle(names, node.whenFalse, seen);
  }
  if (ts.isBinaryExpression(node)) return operandMayBeHandle(names, node, seen);
  if (ts.isCallExpression(node)) return node.expression.kind !== ts.SyntaxKind.SuperKeyword;
  if (ts.isPropertyAccessExpression(node)) {
    return node.name.text !== "length" && node.name.text !== "size" && !isOfEvent(names, node);
  }
  if (ts.isObjectLiteralExpression(node)) return mayBeThenable(ts, node);
  return (
    ts.isElementAccessExpression(node) ||
    ts.isNewExpression(node) ||
    ts.isTaggedTemplateExpression(node) ||
    node.kind === ts.SyntaxKind.ThisKeyword
  );
}

/** `{ then(resolve) { … } }` */
function mayBeThenable(ts: TypeScript, { properties }: tsTypes.ObjectLiteralExpression): boolean {
  return properties.some((each) => {
    if (ts.isSpreadAssignment(each) || ts.isComputedPropertyName(each.name)) return true;
    return "text" in each.name && each.name.text === "then";
  });
}

/** Of the operators, those that give one of their operands. */
function operandMayBeHandle(names: Names, node: tsTypes.BinaryExpression, seen: Set<Binding>): boolean {
  const { ts } = names;
  const { kind } = node.operatorToken;
  const givesRight = kind === ts.SyntaxKind.CommaToken || kind === ts.SyntaxKind.EqualsToken;
  const givesEither = isLogicalOperator(ts, kind) || isLogicalAssignment(ts, kind);
  if (givesEither && mayBeHandle(names, node.left, seen)) return true;
  return (givesRight || givesEither) && mayBeHandle(names, node.right, seen);
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
        return parent.initializer ? mayBeHandle(names, parent.initializer, seen) : isHead(ts, parent);
      }
      if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) return false;
      if (!ts.isBinaryExpression(parent) || parent.left !== node) return true;
      return parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
        ? mayBeHandle(names, parent.right, seen)
        : isLogicalAssignment(ts, parent.operatorToken.kind);
    },
  );
}

function isHead(ts: TypeScript, declaration: tsTypes.VariableDeclaration): boolean {
  return ts.isForOfStatement(declaration.parent.parent);
}
