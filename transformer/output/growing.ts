/**
 * Arrays that a function only pushes to until it comes to some label: what they held when it was parked they hold the next
 * time, so that a frame is written without looking at it again.
 *
 *   const sent = [];                                      grows: { "": { sent: { elements: "own", except: ["report"] } } }
 *   for (const to of list) sent.push(await step.run("send", () => send(to)));
 *   await step.run("report", () => report(sent));
 *
 * From where anything else happens to the array (here the callback that is given to "report"), its labels are excepted.
 */
import type tsTypes from "typescript";
import type { GrowingArray } from "../../runtime/manifest.ts";
import type { Analysis, FunctionAnalysis } from "../analyse/analyse-unit.ts";
import type { Block, FlowGraph, Item } from "../analyse/control-flow.ts";
import { functionAround } from "../analyse/paths.ts";
import { accessOf } from "../analyse/targets.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, Suspension, TypeScript } from "../ir.ts";
import { elementsOf, pushOf, variableOf } from "./pushed.ts";
import { define } from "./tables.ts";

type Growing = Record<string, Record<string, GrowingArray>>;

export function growingArrays(ts: TypeScript, analysis: Analysis, { fn, graph }: FunctionAnalysis): Growing {
  const { bindings, paths, slots, suspensions } = analysis;
  const growing: Growing = {};
  for (const binding of slots.all) {
    const initial = functionAround(binding.scope, bindings) === fn ? initialElements(ts, binding) : undefined;
    if (initial === undefined) continue;
    const path = paths.get(binding.scope);
    const pushes = binding.references.flatMap(({ node }) => pushOf(ts, node) ?? []);
    if (path === undefined || !pushes.some((push) => isInLoopBehind(ts, push, binding))) continue;
    const except = exceptions(ts, graph, binding);
    const stays = (label: string) => !except.has(label);
    const isLive = (each: Suspension) => each.owner === fn && slots.live.get(each)?.has(binding);
    if (!suspensions.all.some((each) => isLive(each) && stays(each.label))) continue;
    const elements = elementsOf(ts, analysis, [...initial, ...pushes.flatMap((push) => [...push.arguments])]);
    const own = growing[path] ?? {};
    define(own, binding.name, { elements, ...(except.size > 0 && { except: [...except] }) });
    define(growing, path, own);
  }
  return growing;
}

/** Of `const sent: Receipt[] = [first]`, when nothing else is ever assigned to it. */
function initialElements(
  ts: TypeScript,
  { declarations, reassigned }: Binding,
): readonly tsTypes.Expression[] | undefined {
  const declaration = declarations.length === 1 && !reassigned ? variableOf(ts, declarations[0]) : undefined;
  const value = declaration?.initializer && unwrap(ts, declaration.initializer);
  const isDense = value && ts.isArrayLiteralExpression(value) && !value.elements.some(ts.isOmittedExpression);
  return isDense ? value.elements : undefined;
}

/** An array that is not pushed to again and again stays small. */
function isInLoopBehind(ts: TypeScript, push: tsTypes.Node, { scope }: Binding): boolean {
  for (let at = push.parent; at && at !== scope.node; at = at.parent) {
    if (ts.isIterationStatement(at, false)) return true;
  }
  return false;
}

/** Labels that may be reached from where something else happens to it. */
function exceptions(ts: TypeScript, graph: FlowGraph, binding: Binding): Set<string> {
  const reached = new Set<Block>();
  const labels = new Set<string>();
  const note = (item: Item) => {
    if (item.kind === "suspend") labels.add(item.suspension.label);
  };
  for (const block of graph.blocks) {
    const leak = block.items.findIndex((item) => {
      return item.kind === "use" && item.binding === binding && !(item.node && onlyGrows(ts, item.node));
    });
    if (leak < 0) continue;
    block.items.slice(leak).forEach(note);
    for (const next of successors(block)) spread(next, reached);
  }
  for (const block of reached) block.items.forEach(note);
  return labels;
}

function spread(from: Block, reached: Set<Block>): void {
  const queue = [from];
  for (let block = queue.pop(); block; block = queue.pop()) {
    if (reached.has(block)) continue;
    reached.add(block);
    queue.push(...successors(block));
  }
}

function successors({ next, handler }: Block): Block[] {
  const blocks = next.map(({ to }) => to);
  return handler ? [...blocks, handler] : blocks;
}

/** `sent.push(…)`, `sent.length` */
function onlyGrows(ts: TypeScript, node: tsTypes.Node): boolean {
  if (pushOf(ts, node)) return true;
  const { parent } = node;
  if (!ts.isPropertyAccessExpression(parent) || parent.expression !== node || parent.name.text !== "length")
    return false;
  return !accessOf(ts, parent).write && !ts.isDeleteExpression(parent.parent);
}
