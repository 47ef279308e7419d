/** Names of scopes, loops and `finally` blocks in frames: the constructs around them, as in labels. */
import type tsTypes from "typescript";
import type { Binding, Chain, ChainLink, Closure, FunctionNode, Scope, TypeScript } from "../ir.ts";
import { constructOf, enclosingConstructs, loopVariable } from "./enclosing.ts";
import { resourceName } from "./resources.ts";
import type { Bindings } from "./scopes.ts";
import { managedResources, type Suspensions } from "./suspensions.ts";

/** `""` for the unit itself, `order`, `order/catch`, `else`; equal paths are told apart by an ordinal with its total. */
export function namePaths(
  ts: TypeScript,
  nodes: readonly tsTypes.Node[],
  unit: tsTypes.Node,
  suspensions: Suspensions,
): Map<tsTypes.Node, string> {
  const raw = nodes.map((node) => pathOf(ts, node, unit, suspensions));
  const totals = new Map<string, number>();
  for (const path of raw) totals.set(path, (totals.get(path) ?? 0) + 1);
  const seen = new Map<string, number>();
  const paths = new Map<tsTypes.Node, string>();
  for (const [position, node] of nodes.entries()) {
    const path = raw[position] as string;
    const ordinal = (seen.get(path) ?? 0) + 1;
    seen.set(path, ordinal);
    const total = totals.get(path) as number;
    paths.set(node, total === 1 ? path : `${path}#${ordinal}/${total}`);
  }
  return paths;
}

function pathOf(ts: TypeScript, node: tsTypes.Node, unit: tsTypes.Node, suspensions: Suspensions): string {
  if (node === unit) return "";
  const around = enclosingConstructs(ts, node, unit, suspensions.inlined).map(({ kind, name }) => name ?? kind);
  return [...around, ownName(ts, node, suspensions)].filter((part) => part !== "").join("/");
}

/** What a node adds to the constructs around it. A block that is the body of a construct adds `body`. */
function ownName(ts: TypeScript, node: tsTypes.Node, suspensions: Suspensions): string {
  if (ts.isIterationStatement(node, false)) return loopVariable(ts, node) ?? "loop";
  if (ts.isCatchClause(node)) return "catch";
  if (ts.isTryStatement(node)) return "finally";
  if (ts.isCaseBlock(node)) return "switch";
  if (ts.isVariableDeclarationList(node)) return `using ${resourceName(ts, node)}`;
  const method = suspensions.inlined.get(node) ?? (suspensions.namedCallbacks.has(node) ? "callback" : undefined);
  if (method) return method;
  return constructOf(ts, node.parent, node, suspensions.inlined) ? "body" : "block";
}

/** Scopes that hold slots, outermost first. */
export function scopesOf(slots: Iterable<{ readonly scope: Scope }>): Scope[] {
  const scopes = new Set<Scope>();
  for (const { scope } of slots) scopes.add(scope);
  return [...scopes].sort((a, b) => a.node.pos - b.node.pos || b.node.end - a.node.end);
}

/** The function that a scope belongs to, callbacks lowered in place left out. */
export function functionAround(scope: Scope, bindings: Bindings): tsTypes.Node {
  let owner = scope;
  while ((owner.kind !== "function" || owner.inlined) && owner.parent && owner !== bindings.root) owner = owner.parent;
  return owner.node;
}

/**
 * Names within their function: of loops with a cursor, of `try` statements whose `finally` suspends, of `catch` clauses and
 * callbacks that do, and of resources.
 */
export function cursorPaths(ts: TypeScript, suspensions: Suspensions): Map<tsTypes.Node, string> {
  const nodes = new Map<FunctionNode, tsTypes.Node[]>(suspensions.owners.map((owner) => [owner, []]));
  for (const [node, [first]] of suspensions.holders) {
    const isCursor = ts.isForOfStatement(node) || ts.isForInStatement(node);
    const isFinally = ts.isTryStatement(node) && node.finallyBlock && suspensions.holders.has(node.finallyBlock);
    const isCatch = ts.isCatchClause(node) || suspensions.inlined.has(node);
    if (first && (isCursor || isFinally || isCatch)) nodes.get(first.owner)?.push(node);
    const resources = first && managedResources(node, suspensions)?.lists[0];
    if (resources) nodes.get(first.owner)?.push(resources);
  }
  for (const [node, { owner }] of suspensions.namedCallbacks) nodes.get(owner)?.push(node);
  const paths = new Map<tsTypes.Node, string>();
  for (const [owner, own] of nodes) {
    own.sort((a, b) => a.pos - b.pos || b.end - a.end);
    for (const [node, path] of namePaths(ts, own, owner, suspensions)) paths.set(node, path);
  }
  return paths;
}

/**
 * Name of the `finally` that the callback of a `.finally` is lowered to, by the label of the step in front of it: a chain may
 * have several.
 */
export function finallyName(label: string, { links }: Chain, link: ChainLink): string {
  const before = links.slice(0, links.indexOf(link)).filter(({ method }) => method === "finally").length;
  return before === 0 ? `finally@${label}` : `finally ${before + 1}@${label}`;
}

/** The scopes whose records a closure is made with, in their order. */
export function closureScopes(
  {
    slots,
    paths,
  }: { readonly slots: { readonly all: ReadonlySet<Binding> }; readonly paths: ReadonlyMap<Scope, string> },
  { captures }: Closure,
): Scope[] {
  const captured = new Set<Scope>();
  for (const binding of captures) if (slots.all.has(binding)) captured.add(binding.scope);
  if (captured.size < 2) return [...captured].filter((scope) => paths.has(scope));
  return [...paths.keys()].filter((scope) => captured.has(scope));
}
