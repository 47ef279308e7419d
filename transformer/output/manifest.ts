/** The build manifest from the analyses of a file. */
import type tsTypes from "typescript";
import {
  type ClosureInfo,
  CODE_FORMAT,
  type Edge,
  type FunctionManifest,
  type LabelInfo,
  type Manifest,
  type SlotInfo,
  type SourceRange,
  temporariesPath,
} from "../../runtime/manifest.ts";
import type { Analysis, FunctionAnalysis } from "../analyse/analyse-unit.ts";
import type { Block, FlowGraph } from "../analyse/control-flow.ts";
import { enclosingConstructs } from "../analyse/enclosing.ts";
import type { Suspension, TypeScript } from "../ir.ts";
import { hashOf } from "./hash.ts";
import { frameLayout, kindOf, liveSlots, scopesOfClosure, suspensionsOf, temporariesAt } from "./layout.ts";
import { define } from "./tables.ts";
import { version } from "./version.ts";

export function buildManifest(ts: TypeScript, file: tsTypes.SourceFile, analyses: readonly Analysis[]): Manifest {
  return {
    format: CODE_FORMAT,
    compiler: version,
    functions: analyses.flatMap((analysis) =>
      [...analysis.functions.values()].map((fn) => describe(ts, file, analysis, fn)),
    ),
  };
}

function describe(
  ts: TypeScript,
  file: tsTypes.SourceFile,
  analysis: Analysis,
  current: FunctionAnalysis,
): FunctionManifest {
  const { graph, fn, code } = current;
  const { suspensions } = analysis;
  const labels: Record<string, LabelInfo> = {};
  const blocks = suspensionBlocks(graph.blocks);
  for (const suspension of suspensionsOf(analysis, fn)) {
    const places = blocks.get(suspension) ?? [];
    define(labels, suspension.label, {
      kind: kindOf(ts, analysis, suspension),
      range: rangeOf(file, suspension.node),
      slots: slotInfos(analysis, suspension),
      within: enclosingConstructs(ts, suspension.node, fn, suspensions.inlined),
      next: collect(
        places.flatMap((block) => block.next.map(({ to, when }) => ({ block: to, when }))),
        graph,
      ),
      rollback: rollbackEdges(places, graph),
    });
  }
  return {
    code,
    range: rangeOf(file, fn),
    hash: hashOf(ts, fn),
    labels,
    entry: collect([{ block: graph.entry, when: undefined }], graph),
    layout: frameLayout(ts, analysis, current),
    ...(fn === analysis.unit.fn && { closures: closureInfos(ts, analysis), outer: [...analysis.outer] }),
  };
}

function closureInfos(ts: TypeScript, analysis: Analysis): Record<string, ClosureInfo> {
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
  return suspensions.all
    .filter(({ operand }) => operand.pos <= node.pos && node.end <= operand.end)
    .sort((a, b) => a.operand.end - a.operand.pos - (b.operand.end - b.operand.pos))[0];
}

/** The blocks of a suspension: two when it stands in the callback of `.finally`. */
function suspensionBlocks(blocks: readonly Block[]): Map<Suspension, Block[]> {
  const found = new Map<Suspension, Block[]>();
  for (const block of blocks) {
    for (const item of block.items) {
      if (item.kind === "suspend") found.set(item.suspension, [...(found.get(item.suspension) ?? []), block]);
    }
  }
  return found;
}

function rollbackEdges(places: readonly Block[], graph: FlowGraph): Edge[] {
  const handlers = places.flatMap(({ handler }) => (handler ? [{ block: handler, when: undefined }] : []));
  const isUncaught = places.some(({ handler }) => handler === undefined);
  return [...collect(handlers, graph), ...(isUncaught ? [{ to: "throw" }] : [])];
}

interface Step {
  readonly block: Block;
  readonly when: string | undefined;
}

/** From the given blocks along the edges to the next suspensions and the end. */
function collect(start: readonly Step[], graph: FlowGraph): Edge[] {
  const edges: Edge[] = [];
  const seen = new Set<Block>();
  const pending = [...start].reverse();
  for (let step = pending.pop(); step; step = pending.pop()) {
    const { block, when } = step;
    if (seen.has(block)) continue;
    seen.add(block);
    const target = targetOf(block, graph.exit);
    if (target !== undefined) edges.push(when === undefined ? { to: target } : { to: target, when });
    else
      for (const edge of [...block.next].reverse())
        pending.push({ block: edge.to, when: joinConditions(when, edge.when) });
  }
  return edges;
}

function targetOf(block: Block, exit: Block): string | undefined {
  if (block === exit) return "return";
  const suspended = block.items.find((item) => item.kind === "suspend");
  return suspended?.kind === "suspend" ? suspended.suspension.label : undefined;
}

function joinConditions(first: string | undefined, second: string | undefined): string | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return `${first} && ${second}`;
}

function slotInfos(analysis: Analysis, suspension: Suspension): SlotInfo[] {
  const slots = liveSlots(analysis, suspension).map((binding) => ({
    scope: analysis.paths.get(binding.scope) as string,
    name: binding.name,
  }));
  const kept = temporariesAt(analysis, suspension).map((name) => ({ scope: temporariesPath, name }));
  return [...slots, ...kept];
}

function rangeOf(file: tsTypes.SourceFile, node: tsTypes.Node): SourceRange {
  const start = file.getLineAndCharacterOfPosition(node.getStart(file));
  const end = file.getLineAndCharacterOfPosition(node.end);
  return { line: start.line + 1, column: start.character + 1, endLine: end.line + 1, endColumn: end.character + 1 };
}
