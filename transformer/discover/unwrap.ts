import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";

/** Strips what has no effect at run time: parentheses, `as`, `satisfies`, `!`, `<T>x`. */
export function unwrap(ts: TypeScript, node: tsTypes.Expression): tsTypes.Expression {
  let inner = node;
  while (isWrapper(ts, inner)) inner = inner.expression;
  return inner;
}

type Wrapper =
  | tsTypes.ParenthesizedExpression
  | tsTypes.AsExpression
  | tsTypes.SatisfiesExpression
  | tsTypes.NonNullExpression
  | tsTypes.TypeAssertion;

export function isWrapper({ SyntaxKind }: TypeScript, node: tsTypes.Node): node is Wrapper {
  const { kind } = node;
  return (
    kind === SyntaxKind.ParenthesizedExpression ||
    kind === SyntaxKind.AsExpression ||
    kind === SyntaxKind.SatisfiesExpression ||
    kind === SyntaxKind.NonNullExpression ||
    kind === SyntaxKind.TypeAssertionExpression
  );
}
