/** All nodes of a file or of a function at once, for the many questions that are asked of each of them. */
import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";

/** In source order, each node in front of those inside of it. */
export class Nodes {
  readonly all: tsTypes.Node[] = [];
  private readonly byKind: (tsTypes.Node[] | undefined)[] = [];

  /** Those are added in source order. */
  add(node: tsTypes.Node): void {
    const { kind } = node;
    this.all.push(node);
    const known = this.byKind[kind];
    if (known) known.push(node);
    else this.byKind[kind] = [node];
  }

  /** Those inside of one of them, or of what is left out. */
  inside(node: tsTypes.Node): readonly tsTypes.Node[] {
    const start = this.firstInside(node);
    const { end: last } = node;
    let end = start;
    while (end < this.all.length && (this.all[end] as tsTypes.Node).end <= last) end++;
    return this.all.slice(start, end);
  }

  /** The index of the first one behind a node: behind all of them when it is none of them. */
  firstInside(node: tsTypes.Node): number {
    const index = this.all.indexOf(node, this.firstFrom(node.pos));
    return index < 0 ? this.all.length : index + 1;
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
  const nodes = new Nodes();
  nodes.add(file);
  let parent = file;
  const visit = (node: { parent: tsTypes.Node } & tsTypes.Node): void => {
    const outer = parent;
    if (node.parent !== outer) node.parent = outer;
    nodes.add(node);
    parent = node;
    ts.forEachChild(node, visit);
    parent = outer;
  };
  ts.forEachChild(file, visit);
  return nodes;
}

/** The nodes inside of a node, without what does not exist at run time. */
export function nodesIn(ts: TypeScript, root: tsTypes.Node, file: Nodes): Nodes {
  const nodes = new Nodes();
  const { all } = file;
  const { end: last } = root;
  let erased = root.pos;
  for (let index = file.firstInside(root); index < all.length; index++) {
    const node = all[index] as tsTypes.Node;
    const { end } = node;
    if (end > last) break;
    if (end <= erased) continue;
    if (isErased(ts, node)) erased = end;
    else nodes.add(node);
  }
  return nodes;
}

/** Where a node begins, white space and comments left out: TypeScript's own way to it is longer, and taken where it must be. */
export function startOf(node: tsTypes.Node, file: tsTypes.SourceFile): number {
  const { text } = file;
  const { pos, end } = node;
  let start = pos;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  return start < end && isPlainStart(text.charCodeAt(start)) ? start : node.getStart(file);
}

/** Spaces, tabs and ends of lines. */
export function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

/** Letters, digits, quotes, brackets: what begins no comment, no `#!` line and no mark of a conflict. */
function isPlainStart(code: number): boolean {
  const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  return isLetter || (code >= 48 && code <= 57) || (code >= 33 && code <= 41 && code !== 35) || startsElse(code);
}

/** `.` `[` `_` `` ` `` `{` */
function startsElse(code: number): boolean {
  return code === 46 || code === 91 || code === 95 || code === 96 || code === 123;
}

/** Types, `declare …`, and signatures without a body (overloads). */
export function isErased(ts: TypeScript, node: tsTypes.Node): boolean {
  const { SyntaxKind } = ts;
  const { kind } = node;
  // Nearly every other node is a name.
  if (kind === SyntaxKind.Identifier) return false;
  if (kind >= SyntaxKind.ArrayLiteralExpression && kind <= SyntaxKind.MetaProperty) return false;
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
