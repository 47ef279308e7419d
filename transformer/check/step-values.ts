/** What steps record: their outputs and inputs, and the data of the event that starts a run. */
import type tsTypes from "typescript";
import { toolCall } from "../analyse/tools.ts";
import { adviceFor, placeOf } from "./advice.ts";
import type { TypedCheck } from "./check-units.ts";
import { findUnstorable } from "./storable.ts";
import type { TypeRef } from "./type-queries.ts";

export function checkSteps(check: TypedCheck): void {
  const { ts, analysis } = check;
  const { bindings, tools } = analysis;
  const visit = (node: tsTypes.Node): void => {
    if (toolCall(ts, node, bindings, tools) === "step") checkStep(check, node as tsTypes.CallExpression);
    ts.forEachChild(node, visit);
  };
  visit(analysis.unit.fn);
}

function checkStep(check: TypedCheck, call: tsTypes.CallExpression): void {
  const { queries } = check;
  const [id, callback, ...input] = call.arguments;
  if (!id || !callback) return;
  const label = (check.ts.isStringLiteralLike(id) ? id.text : id.getText()).slice(0, 60);
  const type = queries.typeOf(callback);
  const output = type && queries.returned(type);
  const awaited = output && queries.awaited(output);
  if (awaited) checkRecorded(check, callback, awaited, { what: "output", label });
  for (const argument of input) {
    const given = check.ts.isSpreadElement(argument) ? undefined : queries.typeOf(argument);
    if (given) checkRecorded(check, argument, given, { what: "input", label });
  }
}

/** Nothing that the callback of a step makes is compiled code: its functions and promises cannot be stored. */
function checkRecorded(check: TypedCheck, node: tsTypes.Node, type: TypeRef, step: Record<string, string>): void {
  const { queries, report } = check;
  const finding = findUnstorable(queries, type, check.known);
  if (!finding) return;
  const params = {
    ...step,
    type: queries.textOf(type),
    place: placeOf(queries, finding),
    fix:
      finding.reason === "function" || finding.reason === "live"
        ? "Return the data that later code needs."
        : adviceFor(queries, finding),
  };
  if (finding.reason === "open") report.strict("unchecked-record", node, params);
  else report.error("record-not-storable", node, params);
}

/** The handler's first parameter is the context; `event.data` is what `send` stored. */
export function checkEvent(check: TypedCheck): void {
  const { analysis, queries, report } = check;
  const [context] = analysis.unit.fn.parameters;
  if (analysis.unit.kind !== "handler" || !context) return;
  const type = queries.typeOf(context);
  const data = type && partsOf(check, partsOf(check, [type], "event"), "data");
  for (const part of data ?? []) {
    const finding = findUnstorable(queries, part, check.known);
    if (!finding || finding.reason === "open") continue;
    const fix = finding.reason === "function" ? "Send data only." : adviceFor(queries, finding);
    report.error("event-not-storable", context, {
      type: queries.textOf(part),
      place: placeOf(queries, finding),
      fix,
    });
    return;
  }
}

/** The types of a property, in each member of the unions. */
function partsOf({ queries }: TypedCheck, types: readonly TypeRef[], name: string): TypeRef[] {
  return types.flatMap((type): TypeRef[] => {
    const shape = queries.shapeOf(type);
    if (shape.kind === "union") return partsOf({ queries } as TypedCheck, shape.types, name);
    if (shape.kind !== "object") return [];
    const found = shape.properties.find((property) => property.name === name)?.type();
    return found ? [found] : [];
  });
}
