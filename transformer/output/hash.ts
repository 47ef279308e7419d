/** The hash of a function's text. */
import { hash } from "node:crypto";
import type tsTypes from "typescript";
import { nodesIn, nodesOf } from "../discover/nodes.ts";
import type { TypeScript } from "../ir.ts";

/**
 * White space and comments do not count. Names and literals are leaves of the tree, and their text is taken as it is; between
 * two of them stand keywords, operators, punctuation and types, and comments.
 *
 * @param nodes those below the function, in source order
 */
export function hashOf(ts: TypeScript, node: tsTypes.Node, nodes = nodesIn(ts, node, nodesOf(ts, node)).all): string {
  const file = node.getSourceFile();
  const { text } = file;
  let parts = "";
  const add = (part: string): void => {
    if (part !== "") parts += parts === "" ? part : `\n${part}`;
  };
  let end = node.getStart(file);
  for (let position = 0; position < nodes.length; position++) {
    const inner = nodes[position] as tsTypes.Node;
    // What is left out has no text: the hole of `[, a]`.
    if (nodes[position + 1]?.parent === inner || inner.pos === inner.end) continue;
    const start = inner.getStart(file);
    add(withoutTrivia(text.slice(end, start)));
    add(text.slice(start, inner.end));
    end = inner.end;
  }
  add(withoutTrivia(text.slice(end, node.end)));
  return hash("sha256", parts).slice(0, 16);
}

/** Most of what stands between two leaves is one character, with white space around it. */
function withoutTrivia(text: string): string {
  const inner = text.trim();
  return /[\s/]/.test(inner) ? inner.replace(/\s+|\/\/.*|\/\*[\s\S]*?\*\//g, "") : inner;
}
