/** What a manifest says of the functions that can be stored. */
import type tsTypes from "typescript";
import type { ClosureInfo } from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import type { Suspension, TypeScript } from "../ir.ts";
import { scopesOfClosure, suspensionsOf } from "./layout.ts";
import { define } from "./tables.ts";

export function closureInfos(ts: TypeScript, analysis: Analysis): Record<string, ClosureInfo> {
  const infos: Record<string, ClosureInfo> = {};
  for (const closure of analysis.closures.records.values()) {
    const scopes = scopesOfClosure(ts, analysis, closure);
    const on = analysis.slots.escaping.has(closure) ? undefined : operandAround(analysis, closure.node);
    const at = on && { code: analysis.functions.get(on.owner)?.code ?? "", label: on.label };
    const notAt = at ? [] : labelsBefore(ts, analysis, closure.node);
    define(infos, closure.id, { scopes, ...(at && { at }), ...(notAt.length > 0 && { notAt }) });
  }
  return infos;
}

/** Labels in front of a function that is made where it stands: control comes back to them in loops only. */
function labelsBefore(ts: TypeScript, analysis: Analysis, node: tsTypes.Node): string[] {
  const { fn } = analysis.unit;
  if (ts.isFunctionDeclaration(node)) return [];
  const loops: tsTypes.Node[] = [];
  for (let outer = node.parent; outer !== fn; outer = outer.parent) {
    if (ts.isFunctionLike(outer) && !analysis.suspensions.inlined.has(outer)) return [];
    if (ts.isIterationStatement(outer, false)) loops.push(outer);
  }
  const isBefore = ({ node: at }: Suspension) =>
    at.end <= node.pos && !loops.some((loop) => loop.pos <= at.pos && at.end <= loop.end);
  return suspensionsOf(analysis, fn).flatMap((suspension) => (isBefore(suspension) ? [suspension.label] : []));
}

/** The suspension whose awaited call gets a callback. */
function operandAround({ suspensions }: Analysis, node: tsTypes.Node): Suspension | undefined {
  const around = suspensions.all.flatMap((suspension) => {
    const { operand } = suspension;
    const isAround = operand && operand.pos <= node.pos && node.end <= operand.end;
    return isAround ? [{ suspension, length: operand.end - operand.pos }] : [];
  });
  return around.sort((a, b) => a.length - b.length)[0]?.suspension;
}
