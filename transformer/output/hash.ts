/** The hash of a function's text. */
import { createHash } from "node:crypto";
import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";

/** White space and comments do not count: the hash is over the tokens. */
export function hashOf(ts: TypeScript, node: tsTypes.Node): string {
  const hash = createHash("sha256");
  const visit = (inner: tsTypes.Node): void => {
    // Comments of documentation are nodes, for hosts that ask for them.
    const children = inner.getChildren().filter((child) => !ts.isJSDoc(child));
    if (children.length === 0) hash.update(`${inner.getText()}\n`);
    for (const child of children) visit(child);
  };
  visit(node);
  return hash.digest("hex").slice(0, 16);
}
