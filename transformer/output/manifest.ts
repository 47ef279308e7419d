/** The build manifest (design section 10) from the analyses of a file, and the part of it that emitted code carries. */
import { createHash } from "node:crypto";
import type tsTypes from "typescript";
import {
  CODE_FORMAT,
  type CodeInfo,
  type Edge,
  type FunctionManifest,
  type LabelInfo,
  type Manifest,
  type SlotInfo,
  type SourceRange,
  type SuspensionKind,
} from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import type { Block } from "../analyse/control-flow.ts";
import { enclosingConstructs } from "../analyse/enclosing.ts";
import { toolCall } from "../analyse/tools.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, Suspension, TypeScript } from "../ir.ts";
import { version } from "./version.ts";

export function buildManifest(ts: TypeScript, file: tsTypes.SourceFile, analyses: readonly Analysis[]): Manifest {
  return {
    format: CODE_FORMAT,
    compiler: version,
    functions: analyses.map((analysis) => describe(ts, file, analysis)),
  };
}

function describe(ts: TypeScript, file: tsTypes.SourceFile, analysis: Analysis): FunctionManifest {
  const { unit, graph, suspensions } = analysis;
  const labels: Record<string, LabelInfo> = {};
  const blocks = suspensionBlocks(graph.blocks);
  for (const suspension of suspensions.all) {
    const places = blocks.get(suspension) ?? [];
    define(labels, suspension.label, {
      kind: kindOf(ts, analysis, suspension),
      range: rangeOf(file, suspension.node),
      slots: slotInfos(analysis, suspension),
      within: enclosingConstructs(ts, suspension.node, unit.fn, suspensions.inlined),
      next: collect(
        places.flatMap((block) => block.next.map(({ to, when }) => ({ block: to, when }))),
        analysis,
      ),
      rollback: rollbackEdges(places, analysis),
    });
  }
  return {
    code: unit.code,
    range: rangeOf(file, unit.fn),
    hash: hashOf(unit.fn),
    labels,
    entry: collect([{ block: graph.entry, when: undefined }], analysis),
  };
}

/** A label may be called `__proto__`. */
function define(labels: Record<string, LabelInfo>, label: string, info: LabelInfo): void {
  Object.defineProperty(labels, label, { value: info, enumerable: true, configurable: true, writable: true });
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

function rollbackEdges(places: readonly Block[], analysis: Analysis): Edge[] {
  const handlers = places.flatMap(({ handler }) => (handler ? [{ block: handler, when: undefined }] : []));
  const isUncaught = places.some(({ handler }) => handler === undefined);
  return [...collect(handlers, analysis), ...(isUncaught ? [{ to: "throw" }] : [])];
}

function kindOf(ts: TypeScript, analysis: Analysis, { operand }: Suspension): SuspensionKind {
  const node = unwrap(ts, operand);
  const tool = toolCall(ts, node, analysis.bindings, analysis.tools);
  if (tool) return tool;
  const passesStep = ts.isCallExpression(node) && node.arguments.some((argument) => isStep(ts, analysis, argument));
  return passesStep ? "call" : "await";
}

function isStep(ts: TypeScript, { bindings, tools }: Analysis, node: tsTypes.Expression): boolean {
  const binding = ts.isIdentifier(node) ? bindings.byIdentifier.get(node) : undefined;
  return binding !== undefined && (tools.steps.has(binding) || tools.contexts.has(binding));
}

interface Step {
  readonly block: Block;
  readonly when: string | undefined;
}

/** From the given blocks along the edges to the next suspensions and the end. */
function collect(start: readonly Step[], { graph }: Analysis): Edge[] {
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
  return liveSlots(analysis, suspension).map((binding) => ({
    scope: analysis.paths.get(binding.scope) as string,
    name: binding.name,
  }));
}

function liveSlots({ slots }: Analysis, suspension: Suspension): Binding[] {
  const live = [...(slots.live.get(suspension) ?? [])].filter((binding) => slots.all.has(binding));
  return live.sort((a, b) => a.index - b.index);
}

function rangeOf(file: tsTypes.SourceFile, node: tsTypes.Node): SourceRange {
  const start = file.getLineAndCharacterOfPosition(node.getStart(file));
  const end = file.getLineAndCharacterOfPosition(node.end);
  return { line: start.line + 1, column: start.character + 1, endLine: end.line + 1, endColumn: end.character + 1 };
}

/** White space and comments do not count: the hash is over the tokens. */
function hashOf(node: tsTypes.Node): string {
  const hash = createHash("sha256");
  const visit = (inner: tsTypes.Node): void => {
    const children = inner.getChildren();
    if (children.length === 0) hash.update(`${inner.getText()}\n`);
    for (const child of children) visit(child);
  };
  visit(node);
  return hash.digest("hex").slice(0, 16);
}

/** The literal that `$.durable` gets. */
export function codeInfo(analysis: Analysis, hash: string): CodeInfo {
  const labels: Record<string, Record<string, readonly string[]>> = {};
  for (const suspension of analysis.suspensions.all) {
    const value = { ...sharedScopes(analysis, suspension), ...byScope(analysis, liveSlots(analysis, suspension)) };
    Object.defineProperty(labels, suspension.label, { value, enumerable: true });
  }
  const kept = byScope(
    analysis,
    [...analysis.slots.kept].filter((binding) => analysis.slots.all.has(binding)),
  );
  const info = { code: analysis.unit.code, hash, format: CODE_FORMAT, labels };
  return Object.keys(kept).length > 0 ? { ...info, kept } : info;
}

/** Scopes around a suspension whose records closures share with the frame: stored even when nothing in them is live. */
function sharedScopes({ paths, slots }: Analysis, { node }: Suspension): Record<string, string[]> {
  const shared = [...slots.kept].filter(({ scope }) => scope.node.pos <= node.pos && node.end <= scope.node.end);
  return Object.fromEntries(shared.map(({ scope }) => [paths.get(scope) as string, []]));
}

function byScope({ paths }: Analysis, bindings: readonly Binding[]): Record<string, string[]> {
  // Paths are names that authors choose, `constructor` and `__proto__` included.
  const scopes = new Map<string, string[]>();
  for (const binding of bindings) {
    const path = paths.get(binding.scope) as string;
    scopes.set(path, [...(scopes.get(path) ?? []), binding.name]);
  }
  return Object.fromEntries(scopes);
}
