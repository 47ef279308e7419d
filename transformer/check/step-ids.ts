/** Two branches that run side by side and use one step id: records, labels and timelines cannot tell them apart. */
import type tsTypes from "typescript";
import { combinator } from "../analyse/combinators.ts";
import { idOf } from "../analyse/labels.ts";
import { toolCall } from "../analyse/tools.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { Check } from "./check-units.ts";

export function checkStepIds(check: Check): void {
  const { ts, analysis, facts } = check;
  for (const call of analysis.nodes.of<tsTypes.CallExpression>(ts.SyntaxKind.CallExpression)) {
    if (combinator(ts, call, analysis.bindings, facts)) checkBranches(check, call);
  }
}

function checkBranches(check: Check, { arguments: [branches] }: tsTypes.CallExpression): void {
  const { ts, report } = check;
  const list = branches && unwrap(ts, branches);
  if (!list || !ts.isArrayLiteralExpression(list)) return;
  const seen = new Map<string, number>();
  for (const [branch, element] of list.elements.entries()) {
    for (const id of idsIn(check, element)) {
      const first = seen.get(id.text);
      if (first === undefined) seen.set(id.text, branch);
      else if (first !== branch) report.warn("duplicate-step-id", id, { id: id.text });
    }
  }
}

function idsIn({ ts, analysis }: Check, branch: tsTypes.Node): tsTypes.StringLiteralLike[] {
  const found: tsTypes.StringLiteralLike[] = [];
  const visit = (node: tsTypes.Node): void => {
    if (ts.isCallExpression(node) && toolCall(ts, node, analysis.bindings, analysis.tools)) {
      const id = idOf(ts, node);
      if (id && ts.isStringLiteralLike(id)) found.push(id);
    }
    ts.forEachChild(node, visit);
  };
  visit(branch);
  return found;
}
