/**
 * Callbacks of steps that only read values of the run, by paths of property names: when all of these lead to primitives, such
 * a callback cannot change what the frame holds.
 *
 *   step.run("pay", () => pay(order.id, event.data.card))     reads: { "pay": [[0, "order", "id"], [-1, 0, "event", "data", "card"]] }
 */
import type tsTypes from "typescript";
import type { ReadPath } from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { closureScopes } from "../analyse/paths.ts";
import type { Closure, TypeScript } from "../ir.ts";
import { isIn } from "./inside.ts";
import { parameterPath, readChain } from "./read-chain.ts";
import { define } from "./tables.ts";

/** By the id of the callback; absent for one that may do more. */
export function readsOf(ts: TypeScript, analysis: Analysis): Record<string, readonly ReadPath[]> {
  const reads: Record<string, readonly ReadPath[]> = {};
  for (const closure of analysis.closures.records.values()) {
    const paths = closure.role === "callback" && !closure.home ? pathsOf(ts, analysis, closure) : undefined;
    if (paths) define(reads, closure.id, paths);
  }
  return reads;
}

function pathsOf(ts: TypeScript, analysis: Analysis, closure: Closure): ReadPath[] | undefined {
  const { node } = closure;
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return undefined;
  const inside = analysis.nodes.inside(node);
  // What the run makes is counted, and a text may assign to what it names.
  const { closures, bindings } = analysis;
  const doesMore = (each: tsTypes.Node) => closures.records.has(each) || bindings.evaluated.has(each);
  if (inside.some((each) => usesCall(ts, each) || doesMore(each))) return undefined;
  const scopes = closureScopes(analysis, closure);
  const paths = new Map<string, ReadPath>();
  for (const binding of closure.captures) {
    const root = analysis.slots.all.has(binding)
      ? [scopes.indexOf(binding.scope), binding.name]
      : parameterPath(ts, analysis, binding);
    const uses = binding.references.filter((reference) => isIn(reference.node, node));
    // What it refers to through another function cannot be seen here.
    if (root === undefined || uses.length === 0) return undefined;
    for (const use of uses) {
      const names = use.write ? undefined : readChain(ts, use.node);
      if (names === undefined) return undefined;
      const path: ReadPath = [...root, ...names];
      paths.set(path.join(), path);
    }
  }
  return [...paths.values()];
}

/** `this` and `arguments` lead to objects. */
function usesCall(ts: TypeScript, node: tsTypes.Node): boolean {
  const { SyntaxKind } = ts;
  if (node.kind === SyntaxKind.ThisKeyword || node.kind === SyntaxKind.SuperKeyword) return true;
  return ts.isIdentifier(node) && node.text === "arguments";
}
