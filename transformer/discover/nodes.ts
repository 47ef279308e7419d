/** All nodes of a function at once, for the many questions that are asked of each of them. */
import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";

/** The nodes below a node in source order, without what does not exist at run time. */
export function nodesIn(ts: TypeScript, root: tsTypes.Node): readonly tsTypes.Node[] {
  const nodes: tsTypes.Node[] = [];
  const visit = (node: tsTypes.Node): void => {
    if (isErased(ts, node)) return;
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(root, visit);
  return nodes;
}

/** Types, `declare …`, and signatures without a body (overloads). */
export function isErased(ts: TypeScript, node: tsTypes.Node): boolean {
  if (ts.isTypeNode(node)) return !ts.isExpressionWithTypeArguments(node);
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isTypeParameterDeclaration(node))
    return true;
  if (ts.isFunctionDeclaration(node) && !node.body) return true;
  const { modifiers } = node as { readonly modifiers?: readonly tsTypes.ModifierLike[] };
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}
