/** `using` and `await using`: which resources belong to a scope, and whether the compiler takes care of them. */
import type tsTypes from "typescript";
import type { Nodes } from "../discover/nodes.ts";
import type { TypeScript } from "../ir.ts";
import { firstName } from "./enclosing.ts";

/** The resources that are disposed of at one end: of a block, of a `for` loop, of each turn of a `for…of` loop. */
export interface ResourceScope {
  /** In source order, at least one. */
  readonly lists: readonly tsTypes.VariableDeclarationList[];
  /** Suspensions in it lie between a resource's declaration and its end. */
  readonly extent: tsTypes.Node;
  /** Its end awaits: one of the lists is `await using`. */
  readonly isAwaited: boolean;
}

export type UsingKeyword = "using" | "await using";

export function usingKeyword(ts: TypeScript, list: tsTypes.VariableDeclarationList): UsingKeyword | undefined {
  const kind = list.flags & ts.NodeFlags.BlockScoped;
  if (kind === ts.NodeFlags.Using) return "using";
  return kind === ts.NodeFlags.AwaitUsing ? "await using" : undefined;
}

/** By the node at whose end they are disposed of. Few functions have any: nobody else looks through its blocks for them. */
export function findResources(ts: TypeScript, nodes: Nodes): ReadonlyMap<tsTypes.Node, ResourceScope> {
  const found = new Map<tsTypes.Node, ResourceScope>();
  for (const list of nodes.of<tsTypes.VariableDeclarationList>(ts.SyntaxKind.VariableDeclarationList)) {
    const node = usingKeyword(ts, list) && resourceScopeOf(ts, list);
    const resources = node && resourcesOf(ts, node);
    if (resources) found.set(node, resources);
  }
  return found;
}

/** The resources that a block declares or the head of a loop. */
export function resourcesOf(ts: TypeScript, node: tsTypes.Node): ResourceScope | undefined {
  const lists = declared(ts, node);
  if (!lists) return undefined;
  const extent = ts.isForOfStatement(node) ? node.statement : node;
  return { lists, extent, isAwaited: lists.some((list) => usingKeyword(ts, list) === "await using") };
}

function declared(ts: TypeScript, node: tsTypes.Node): tsTypes.VariableDeclarationList[] | undefined {
  if (ts.isBlock(node)) return declaredBy(ts, node.statements);
  const head = ts.isForStatement(node) || ts.isForOfStatement(node) ? node.initializer : undefined;
  return head && ts.isVariableDeclarationList(head) && usingKeyword(ts, head) ? [head] : undefined;
}

/** Asked of every block: nothing is made where there is nothing. */
function declaredBy(
  ts: TypeScript,
  statements: readonly tsTypes.Statement[],
): tsTypes.VariableDeclarationList[] | undefined {
  let lists: tsTypes.VariableDeclarationList[] | undefined;
  for (const statement of statements) {
    if (!ts.isVariableStatement(statement) || !usingKeyword(ts, statement.declarationList)) continue;
    lists ??= [];
    lists.push(statement.declarationList);
  }
  return lists;
}

/** The block or loop at whose end a resource is disposed of. */
export function resourceScopeOf(ts: TypeScript, list: tsTypes.VariableDeclarationList): tsTypes.Node {
  return ts.isVariableStatement(list.parent) ? list.parent.parent : list.parent;
}

/** What a list of resources is called: after the first. */
export function resourceName(ts: TypeScript, list: tsTypes.VariableDeclarationList): string {
  return firstName(ts, list.declarations[0]?.name) ?? "resource";
}

export function isForAwait(ts: TypeScript, node: tsTypes.Node): node is tsTypes.ForOfStatement {
  return ts.isForOfStatement(node) && node.awaitModifier !== undefined;
}
