/** The hash of a function's text. */
import { hash } from "node:crypto";
import type tsTypes from "typescript";
import { isSpace, nodesIn, nodesOf, startOf } from "../discover/nodes.ts";
import type { TypeScript } from "../ir.ts";

/**
 * White space and comments do not count. Names and literals are leaves of the tree, and their text is taken as it is; between
 * two of them stand keywords, operators, punctuation and types, and comments.
 *
 * @param nodes those below the function, in source order
 * @param modulePath what else tells the function from others
 */
export function hashOf(
  ts: TypeScript,
  node: tsTypes.Node,
  nodes: readonly tsTypes.Node[] = nodesIn(ts, node, nodesOf(ts, node)).all,
  modulePath?: string,
): string {
  const file = node.getSourceFile();
  const { text } = file;
  const parts: string[] = modulePath === undefined ? [] : [modulePath];
  let end = node.getStart(file);
  for (let position = 0; position < nodes.length; position++) {
    const inner = nodes[position] as tsTypes.Node;
    // What is left out has no text: the hole of `[, a]`.
    if (nodes[position + 1]?.parent === inner || inner.pos === inner.end) continue;
    const start = startOf(inner, file);
    addBetween(parts, text, end, start);
    if (start < inner.end) parts.push(text.slice(start, inner.end));
    end = inner.end;
  }
  addBetween(parts, text, end, node.end);
  return hash("sha256", parts.join("\n")).slice(0, 16);
}

/** What stands between two leaves: mostly one character, with white space around it. */
function addBetween(parts: string[], text: string, from: number, to: number): void {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (start < end && isSpace(text.charCodeAt(end - 1))) end--;
  if (start >= end) return;
  const part = withoutSpace(text, start, end) ?? withoutTrivia(text.slice(start, end));
  if (part !== "") parts.push(part);
}

/** Undefined when there is more than code and plain white space: comments, or what a regular expression has to tell. */
function withoutSpace(text: string, start: number, end: number): string | undefined {
  let part = "";
  let from = start;
  for (let position = start; position < end; position++) {
    const code = text.charCodeAt(position);
    if (isSpace(code)) {
      part += text.slice(from, position);
      from = position + 1;
    } else if (code < 32 || code === 47 || code > 126) return undefined;
  }
  return part + text.slice(from, end);
}

function withoutTrivia(text: string): string {
  return text.replace(/\s+|\/\/.*|\/\*[\s\S]*?\*\//g, "");
}
