/** `Promise.all(…)` and its like, which handles need a form of their own for. */
import type tsTypes from "typescript";
import { unwrap } from "../discover/find-units.ts";
import type { TypeScript } from "../ir.ts";
import type { FileFacts } from "./file-facts.ts";
import type { Bindings } from "./scopes.ts";

const methods: ReadonlySet<string> = new Set(["all", "allSettled", "any", "race", "resolve", "reject"]);

/** The method when the node is a call of the language's own `Promise`. */
export function combinator(
  ts: TypeScript,
  node: tsTypes.Node,
  bindings: Bindings,
  facts: Pick<FileFacts, "declared">,
): string | undefined {
  if (!ts.isCallExpression(node) || node.questionDotToken) return undefined;
  const callee = unwrap(ts, node.expression);
  if (!ts.isPropertyAccessExpression(callee) || !methods.has(callee.name.text)) return undefined;
  const { expression } = callee;
  const isPromise = ts.isIdentifier(expression) && expression.text === "Promise";
  return isPromise && !bindings.byIdentifier.has(expression) && !facts.declared.has("Promise")
    ? callee.name.text
    : undefined;
}
