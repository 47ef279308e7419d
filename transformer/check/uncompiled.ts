/** Steps in functions that are not compiled, because only their types tell that they are given a `Step`. */
import type tsTypes from "typescript";
import { needsFrame } from "../discover/helpers.ts";
import type { Nodes } from "../discover/nodes.ts";
import type { FunctionNode, TypeScript, Unit } from "../ir.ts";
import type { Reporter } from "../messages.ts";
import type { TypeQueries } from "./type-queries.ts";

const tools: ReadonlySet<string> = new Set([
  "run",
  "sleep",
  "sleepUntil",
  "map",
  "waitForEvent",
  "waitForSignal",
  "invoke",
  "sendEvent",
  "sendSignal",
]);

const callOfTool = new RegExp(`\\.(?:${[...tools].join("|")})\\(\\s*["'\`{]`);

/** Cheap test of a file's text: false means that no step is called in it. */
export function mayCallSteps(text: string): boolean {
  return callOfTool.test(text);
}

/**
 * One per function. What is not async and holds no functions of its own runs within a segment of its caller, and need not be
 * compiled.
 *
 *   const refund: Tool = { async run(order, step) { await step.run("refund", …) } }
 */
export function checkUncompiled(
  ts: TypeScript,
  { nodes, units }: { readonly nodes: Nodes; readonly units: readonly Unit[] },
  queries: TypeQueries,
  report: Reporter,
): void {
  const told = new Set<tsTypes.Node>();
  for (const call of nodes.of<tsTypes.CallExpression>(ts.SyntaxKind.CallExpression)) {
    const { expression: callee } = call;
    if (!ts.isPropertyAccessExpression(callee) || !tools.has(callee.name.text)) continue;
    if (units.some(({ fn }) => fn.pos <= call.pos && call.end <= fn.end)) continue;
    const around = functionAround(ts, call);
    if (!around || told.has(around) || !needsFrame(ts, around) || !isStep(queries, callee.expression)) continue;
    told.add(around);
    report.error("step-not-compiled", call, { tool: callee.getText() });
  }
}

function functionAround(ts: TypeScript, node: tsTypes.Node): FunctionNode | undefined {
  let { parent } = node;
  while (parent && !ts.isFunctionLike(parent)) parent = parent.parent;
  return parent as FunctionNode | undefined;
}

function isStep(queries: TypeQueries, node: tsTypes.Expression): boolean {
  const type = queries.typeOf(node);
  const shape = type && queries.shapeOf(type);
  return shape?.kind === "object" && shape.home === "backstitch" && shape.name === "Step";
}
