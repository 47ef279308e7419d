/** The hash of a function's text. */
import { createHash } from "node:crypto";
import type tsTypes from "typescript";
import { nodesIn } from "../discover/nodes.ts";
import type { TypeScript } from "../ir.ts";

/**
 * White space and comments do not count. Names and literals are leaves of the tree, and their text is taken as it is; between
 * two of them stand keywords, operators, punctuation and types, and comments.
 *
 * @param nodes those below the function, in source order
 */
export function hashOf(ts: TypeScript, node: tsTypes.Node, nodes = nodesIn(ts, node)): string {
  const file = node.getSourceFile();
  const parts: string[] = [];
  const add = (part: string): void => {
    if (part !== "") parts.push(part);
  };
  let end = node.getStart(file);
  for (const [position, inner] of nodes.entries()) {
    // What is left out has no text: the hole of `[, a]`.
    if (nodes[position + 1]?.parent === inner || inner.pos === inner.end) continue;
    const start = inner.getStart(file);
    add(withoutTrivia(file.text.slice(end, start)));
    add(file.text.slice(start, inner.end));
    end = inner.end;
  }
  add(withoutTrivia(file.text.slice(end, node.end)));
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 16);
}

function withoutTrivia(text: string): string {
  return text.replace(/\s+|\/\/.*|\/\*[\s\S]*?\*\//g, "");
}
