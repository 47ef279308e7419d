/** Direct `eval`: what it evaluates may name any variable of the functions around. */
import type tsTypes from "typescript";
import type { Nodes } from "../discover/nodes.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { TypeScript } from "../ir.ts";

/** Words that mean something of the function around, or a suspension. */
const contextual = new Set(["this", "arguments", "super", "target", "eval", "await", "yield", "import"]);

/** The direct calls of `eval` among `nodes`. */
export function directEvals(ts: TypeScript, nodes: Nodes): readonly tsTypes.CallExpression[] {
  return nodes.of<tsTypes.CallExpression>(ts.SyntaxKind.CallExpression).filter((call) => {
    const callee = unwrap(ts, call.expression);
    return ts.isIdentifier(callee) && callee.text === "eval" && !call.questionDotToken;
  });
}

/** The words of the text that is evaluated; undefined when it is not known, or may mean what no word tells. */
export function evaluatedWords(
  ts: TypeScript,
  { arguments: [text, ...others] }: tsTypes.CallExpression,
): readonly string[] | undefined {
  if (text === undefined) return [];
  const known = others.length > 0 ? undefined : textOf(ts, text);
  if (known === undefined || /[\\#]/.test(known)) return undefined;
  const words = known.match(/[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu) ?? [];
  return words.some((word) => contextual.has(word)) ? undefined : words;
}

/** Of a literal, of literals that are joined, and of one behind a comma. */
function textOf(ts: TypeScript, node: tsTypes.Expression): string | undefined {
  const inner = unwrap(ts, node);
  if (ts.isStringLiteralLike(inner)) return inner.text;
  if (!ts.isBinaryExpression(inner)) return undefined;
  const right = textOf(ts, inner.right);
  if (inner.operatorToken.kind === ts.SyntaxKind.CommaToken) return right;
  const left = textOf(ts, inner.left);
  const joins = inner.operatorToken.kind === ts.SyntaxKind.PlusToken;
  return joins && left !== undefined && right !== undefined ? left + right : undefined;
}
