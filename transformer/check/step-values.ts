/** What steps record: their outputs and inputs, and the data of the event that starts a run. */
import type tsTypes from "typescript";
import { idOf } from "../analyse/labels.ts";
import { toolName } from "../analyse/tools.ts";
import { adviceFor, placeOf } from "./advice.ts";
import type { TypedCheck } from "./check-units.ts";
import { findUnstorable } from "./storable.ts";
import type { TypeRef } from "./type-queries.ts";

export function checkSteps(check: TypedCheck): void {
  const { ts, analysis } = check;
  const { bindings, tools } = analysis;
  const visit = (node: tsTypes.Node): void => {
    const tool = ts.isCallExpression(node) && toolName(ts, node, bindings, tools);
    if (tool) checkTool(check, tool, node);
    ts.forEachChild(node, visit);
  };
  visit(analysis.unit.fn);
}

function checkTool(check: TypedCheck, tool: string, call: tsTypes.CallExpression): void {
  const { ts, queries } = check;
  const id = idOf(ts, call);
  const [, given] = call.arguments;
  if (!id || !given) return;
  const label = (ts.isStringLiteralLike(id) ? id.text : id.getText()).slice(0, 60);
  if (tool === "run" || tool === "ai.wrap") return checkStep(check, call, label);
  const type = ts.isSpreadElement(given) ? undefined : queries.typeOf(given);
  if (!type) return;
  if (tool === "sendEvent") checkRecorded(check, given, type, { what: "event", label });
  if (tool !== "sendSignal" && tool !== "invoke") return;
  for (const data of partsOf(check, [type], "data")) checkRecorded(check, given, data, { what: "data", label });
}

function checkStep(check: TypedCheck, call: tsTypes.CallExpression, label: string): void {
  const { queries } = check;
  const [, callback, ...input] = call.arguments;
  if (!callback) return;
  const type = queries.typeOf(callback);
  const output = type && queries.returned(type);
  const awaited = output && queries.awaited(output);
  if (awaited) checkRecorded(check, callback, awaited, { what: "output", label });
  for (const argument of input) {
    const given = check.ts.isSpreadElement(argument) ? undefined : queries.typeOf(argument);
    if (given) checkRecorded(check, argument, given, { what: "input", label });
  }
}

/** Nothing that the callback of a step makes, or that is sent, is compiled code: its functions and promises cannot be stored. */
function checkRecorded(
  check: TypedCheck,
  node: tsTypes.Node,
  type: TypeRef,
  step: { readonly what: string; readonly label: string },
): void {
  const { queries, report } = check;
  const finding = findUnstorable(queries, type, check.known);
  if (!finding) return;
  const isSent = step.what === "event" || step.what === "data";
  const dataOnly = isSent ? "Send data only." : "Return the data that later code needs.";
  const isLive = finding.reason === "function" || finding.reason === "live";
  const params = {
    ...step,
    type: queries.textOf(type),
    place: placeOf(queries, finding),
    fix: isLive ? dataOnly : adviceFor(queries, finding),
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
