/** The nodes of a unit that cannot be copied as they are, with all that hold them. */
import type tsTypes from "typescript";
import type { Analysis } from "../analyse/analyse-unit.ts";
import type { TypeScript } from "../ir.ts";

export function findEdited(ts: TypeScript, analysis: Analysis): Set<tsTypes.Node> {
  const { unit, bindings, suspensions, closures, slots } = analysis;
  const edited = new Set<tsTypes.Node>();
  const mark = (node: tsTypes.Node): void => {
    for (let current = node; !edited.has(current); current = current.parent) {
      edited.add(current);
      if (current === unit.fn || !current.parent) return;
    }
  };
  for (const [identifier, binding] of bindings.byIdentifier) if (slots.all.has(binding)) mark(identifier);
  for (const node of suspensions.byNode.keys()) mark(node);
  for (const node of suspensions.namedCallbacks.keys()) mark(node);
  for (const node of suspensions.adopted) mark(node);
  for (const node of closures.records.keys()) mark(node);
  const visit = (node: tsTypes.Node): void => {
    if (ts.isFunctionLike(node) && !suspensions.inlined.has(node)) return;
    if (ts.isReturnStatement(node) || ts.isBreakOrContinueStatement(node)) mark(node);
    ts.forEachChild(node, visit);
  };
  if (unit.fn.body) visit(unit.fn.body);
  return edited;
}
