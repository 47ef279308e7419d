/** Where an awaited value goes, when the await stands in statement position. */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { TypeScript } from "../ir.ts";
import type { InlinedCallbacks } from "./enclosing.ts";

export type Site =
  | { readonly form: "discard"; readonly statement: tsTypes.ExpressionStatement }
  | { readonly form: "declare"; readonly declaration: tsTypes.VariableDeclaration }
  | { readonly form: "assign"; readonly target: tsTypes.Expression; readonly statement: tsTypes.ExpressionStatement }
  | { readonly form: "return"; readonly statement: tsTypes.ReturnStatement }
  | { readonly form: "throw"; readonly statement: tsTypes.ThrowStatement }
  /** The expression body of an arrow function that is a unit or lowered in place. */
  | { readonly form: "body"; readonly fn: tsTypes.Node };

/** The site of an awaited node, or the construct that it stands inside of. */
export function siteOf(
  ts: TypeScript,
  node: tsTypes.Expression,
  unit: tsTypes.Node,
  inlined: InlinedCallbacks,
): Site | { readonly form: "operand"; readonly inside: tsTypes.Node } {
  let top: tsTypes.Node = node;
  while (ts.isExpression(top.parent) && unwrap(ts, top.parent) === unwrap(ts, node)) top = top.parent;
  const { parent } = top;
  if (ts.isExpressionStatement(parent)) return { form: "discard", statement: parent };
  if (ts.isReturnStatement(parent)) return { form: "return", statement: parent };
  if (ts.isThrowStatement(parent)) return { form: "throw", statement: parent };
  if (ts.isArrowFunction(parent) && parent.body === top && (parent === unit || inlined.has(parent))) {
    return { form: "body", fn: parent };
  }
  if (ts.isVariableDeclaration(parent) && parent.initializer === top && ts.isVariableStatement(parent.parent.parent)) {
    return { form: "declare", declaration: parent };
  }
  const assignment = assignmentStatement(ts, parent, top);
  return assignment ?? { form: "operand", inside: parent };
}

/** `x = await …;`, `o.x = await …;` where the value of `o` cannot change meanwhile, `[a, o.b] = await …;`. */
function assignmentStatement(ts: TypeScript, parent: tsTypes.Node, value: tsTypes.Node): Site | undefined {
  if (!ts.isBinaryExpression(parent) || parent.right !== value) return undefined;
  if (parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return undefined;
  let outer: tsTypes.Node = parent.parent;
  while (ts.isParenthesizedExpression(outer)) outer = outer.parent;
  if (!ts.isExpressionStatement(outer)) return undefined;
  const target = unwrap(ts, parent.left);
  const isPattern = ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target);
  if (!ts.isIdentifier(target) && !isPattern) return undefined;
  return { form: "assign", target: parent.left, statement: outer };
}
