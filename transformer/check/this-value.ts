/** The `this` of a durable method: stored with each frame, by name when a constant of the module holds it. */
import type tsTypes from "typescript";
import { objectNames } from "../analyse/functions.ts";
import { adviceFor, placeOf } from "./advice.ts";
import type { TypedCheck } from "./check-units.ts";
import { findUnstorable } from "./storable.ts";

export function checkThis(check: TypedCheck): void {
  const { ts, analysis, queries, report } = check;
  const { fn } = analysis.unit;
  const node = ts.isArrowFunction(fn) ? undefined : thisIn(check, fn);
  const type = node && queries.typeOf(node);
  const [first] = analysis.suspensions.all;
  if (!type || !first || objectNames(ts, fn).length > 0) return;
  const finding = findUnstorable(queries, type, check.known);
  if (!finding || finding.reason === "open" || finding.reason === "function") return;
  report.warn("this-not-storable", node, {
    type: queries.textOf(type),
    place: placeOf(queries, finding),
    label: first.label,
    fix: adviceFor(queries, finding),
  });
}

function thisIn({ ts }: TypedCheck, fn: tsTypes.Node): tsTypes.Node | undefined {
  const find = (node: tsTypes.Node): tsTypes.Node | undefined => {
    if (node.kind === ts.SyntaxKind.ThisKeyword) return node;
    if (ts.isFunctionLike(node) && !ts.isArrowFunction(node)) return undefined;
    return ts.isTypeNode(node) ? undefined : ts.forEachChild(node, find);
  };
  return ts.forEachChild(fn, find);
}
