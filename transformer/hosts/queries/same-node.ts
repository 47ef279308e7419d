/** Two parsers of one text: the nodes of the one in the tree of the other. */

/** A node of either. */
export interface ParsedNode<Node> {
  readonly kind: number;
  readonly pos: number;
  readonly end: number;
  forEachChild<T>(visit: (node: Node) => T): T | undefined;
}

/**
 * Finds the node that covers the same stretch of the text and is of the same kind.
 *
 * @param root where to look, such as a source file
 * @param kind as the parser of `root` numbers it
 */
export function sameNode<Node extends ParsedNode<Node>>(
  root: Node,
  { pos, end }: { readonly pos: number; readonly end: number },
  kind: number | undefined,
): Node | undefined {
  const find = (node: Node): Node | undefined => {
    if (node.pos > pos || node.end < end) return undefined;
    return node.pos === pos && node.end === end && node.kind === kind ? node : node.forEachChild(find);
  };
  return root.forEachChild(find);
}

/** The kinds of syntax of one TypeScript by those of another. Each numbers them in its own way; the names are the same. */
export function sameKinds(from: object, to: object): ReadonlyMap<number, number> {
  const numbers = new Map(Object.entries(to) as [string, unknown][]);
  const pairs = Object.entries(from).flatMap(([name, kind]): [number, number][] => {
    const other = numbers.get(name);
    // `FirstStatement` and its like are no kinds but the bounds of ranges.
    const isKind = typeof kind === "number" && typeof other === "number" && !/^(?:First|Last)[A-Z]/.test(name);
    return isKind ? [[kind, other]] : [];
  });
  return new Map(pairs);
}
