import type tsTypes from "typescript";

/** Whether a node stands in another one, or is it. */
export function isIn(node: tsTypes.Node, outer: tsTypes.Node): boolean {
  return node.pos >= outer.pos && node.end <= outer.end;
}
