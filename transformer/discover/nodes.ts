/** All nodes of a file or of a function at once, for the many questions that are asked of each of them. */
import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";

/** In source order, each node in front of those inside of it. */
export class Nodes {
  readonly all: readonly tsTypes.Node[];
  private readonly byKind: (tsTypes.Node[] | undefined)[] = [];

  constructor(all: readonly tsTypes.Node[]) {
    this.all = all;
    for (const node of all) {
      const { kind } = node;
      const known = this.byKind[kind];
      if (known) known.push(node);
      else this.byKind[kind] = [node];
    }
  }

  /** Those inside of one of them, or of what is left out. */
  inside(node: tsTypes.Node): readonly tsTypes.Node[] {
    const start = this.all.indexOf(node, this.firstFrom(node.pos)) + 1;
    if (start === 0) return [];
    let end = start;
    while (end < this.all.length && (this.all[end] as tsTypes.Node).end <= node.end) end++;
    return this.all.slice(start, end);
  }

  private firstFrom(position: number): number {
    let [first, last] = [0, this.all.length];
    while (first < last) {
      const middle = (first + last) >>> 1;
      if ((this.all[middle] as tsTypes.Node).pos < position) first = middle + 1;
      else last = middle;
    }
    return first;
  }

  /** Those of one kind: most questions concern few. */
  of<Found extends tsTypes.Node>(kind: Found["kind"]): readonly Found[] {
    return (this.byKind[kind] ?? []) as readonly tsTypes.Node[] as readonly Found[];
  }
}

/** Names, words, literals and punctuation: nothing is inside of them. */
export function isLeaf({ SyntaxKind }: TypeScript, { kind }: tsTypes.Node): boolean {
  return kind < SyntaxKind.FirstNode;
}

/** Everything in a file, or below another node. Each gets its parent on the way: a file may have been parsed without. */
export function nodesOf(ts: TypeScript, file: tsTypes.Node): Nodes {
  const nodes: tsTypes.Node[] = [file];
  let parent = file;
  const visit = (node: { parent: tsTypes.Node } & tsTypes.Node): void => {
    const outer = parent;
    if (node.parent !== outer) node.parent = outer;
    nodes.push(node);
    parent = node;
    ts.forEachChild(node, visit);
    parent = outer;
  };
  ts.forEachChild(file, visit);
  return new Nodes(nodes);
}

/** The nodes inside of a node, without what does not exist at run time. */
export function nodesIn(ts: TypeScript, root: tsTypes.Node, file: Nodes): Nodes {
  let erased = root.pos;
  return new Nodes(
    file.inside(root).filter((node) => {
      if (node.end <= erased) return false;
      if (!isErased(ts, node)) return true;
      erased = node.end;
      return false;
    }),
  );
}

/** Types, `declare …`, and signatures without a body (overloads). */
export function isErased(ts: TypeScript, node: tsTypes.Node): boolean {
  const { SyntaxKind } = ts;
  const { kind } = node;
  // Nearly every other node is a name.
  if (kind === SyntaxKind.Identifier) return false;
  if (ts.isTypeNode(node)) return kind !== SyntaxKind.ExpressionWithTypeArguments;
  if (
    kind === SyntaxKind.InterfaceDeclaration ||
    kind === SyntaxKind.TypeAliasDeclaration ||
    kind === SyntaxKind.TypeParameter
  )
    return true;
  if (ts.isFunctionDeclaration(node) && !node.body) return true;
  const { modifiers } = node as { readonly modifiers?: readonly tsTypes.ModifierLike[] };
  return modifiers?.some((modifier) => modifier.kind === SyntaxKind.DeclareKeyword) ?? false;
}
