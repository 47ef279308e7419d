/** Steps in functions that are not compiled, because their own text does not say that they are given a `Step`. */
import type tsTypes from "typescript";
import { candidates, needsFrame, takesTools } from "../discover/helpers.ts";
import type { PackageImports } from "../discover/imports.ts";
import type { Nodes } from "../discover/nodes.ts";
import { innerStep } from "../discover/promised.ts";
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

interface File {
  readonly ts: TypeScript;
  readonly nodes: Nodes;
  readonly imports: PackageImports;
  readonly units: readonly Unit[];
  readonly report: Reporter;
}

/** One per function. */
export function checkUncompiled(file: File, queries: TypeQueries | undefined): void {
  const told = new Set<tsTypes.Node>();
  const tell = (call: tsTypes.CallExpression): void => {
    const around = functionAround(file.ts, call);
    if (!around || told.has(around)) return;
    told.add(around);
    file.report.error("step-not-compiled", call, { tool: call.expression.getText() });
  };
  for (const call of stepsOfFactories(file)) tell(call);
  for (const call of queries ? stepsByType(file, queries) : []) tell(call);
}

/** What is given a `Step`, is not async, and makes async functions that run steps. */
function stepsOfFactories({ ts, nodes, imports, units }: File): tsTypes.CallExpression[] {
  return candidates(ts, nodes).flatMap((fn) => {
    if (isInUnit(units, fn) || !takesTools(ts, fn, imports)) return [];
    return innerStep(ts, fn, imports) ?? [];
  });
}

/**
 * What is not async and holds no functions of its own runs within a segment of its caller, and need not be compiled.
 *
 *   const refund: Tool = { async run(order, step) { await step.run("refund", …) } }
 */
function stepsByType({ ts, nodes, imports, units }: File, queries: TypeQueries): tsTypes.CallExpression[] {
  return nodes.of<tsTypes.CallExpression>(ts.SyntaxKind.CallExpression).filter((call) => {
    const { expression: callee } = call;
    if (!ts.isPropertyAccessExpression(callee) || !tools.has(callee.name.text) || isInUnit(units, call)) return false;
    const around = functionAround(ts, call);
    if (!around || !needsFrame(ts, around, imports) || !isGiven(ts, callee.expression)) return false;
    return isStep(queries, callee.expression);
  });
}

/** A part of something, or a parameter: who makes a `Step` of its own, in a test, runs no step with it. */
function isGiven(ts: TypeScript, tool: tsTypes.Expression): boolean {
  if (!ts.isIdentifier(tool)) return true;
  const isNamed = (name: tsTypes.BindingName): boolean =>
    ts.isIdentifier(name)
      ? name.text === tool.text
      : name.elements.some((element) => ts.isBindingElement(element) && isNamed(element.name));
  for (let fn = functionAround(ts, tool); fn; fn = functionAround(ts, fn)) {
    if (fn.parameters.some(({ name }) => isNamed(name))) return true;
  }
  return false;
}

function isInUnit(units: readonly Unit[], node: tsTypes.Node): boolean {
  return units.some(({ fn }) => fn.pos <= node.pos && node.end <= fn.end);
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
