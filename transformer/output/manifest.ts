/** The build manifest from the analyses of a file, and the part of it that emitted code carries. */
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
import type { Analysis, FunctionAnalysis } from "../analyse/analyse-unit.ts";
import type { Block, FlowGraph } from "../analyse/control-flow.ts";
import { enclosingConstructs } from "../analyse/enclosing.ts";
import { functionAround } from "../analyse/paths.ts";
import { temporariesPath } from "../analyse/temporaries.ts";
import { toolCall } from "../analyse/tools.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, FunctionNode, Suspension, TypeScript } from "../ir.ts";
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
  };
}

function suspensionsOf({ suspensions }: Analysis, fn: FunctionNode): Suspension[] {
  return suspensions.all.filter(({ owner }) => owner === fn);
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

function rollbackEdges(places: readonly Block[], graph: FlowGraph): Edge[] {
  const handlers = places.flatMap(({ handler }) => (handler ? [{ block: handler, when: undefined }] : []));
  const isUncaught = places.some(({ handler }) => handler === undefined);
  return [...collect(handlers, graph), ...(isUncaught ? [{ to: "throw" }] : [])];
}

function kindOf(ts: TypeScript, analysis: Analysis, { operand }: Suspension): SuspensionKind {
  if (!operand) return "await";
  const node = unwrap(ts, operand);
  if (isCombination(ts, node)) return "combination";
  const tool = toolCall(ts, node, analysis.bindings, analysis.tools);
  if (tool) return tool;
  const passesStep = ts.isCallExpression(node) && node.arguments.some((argument) => isStep(ts, analysis, argument));
  return passesStep ? "call" : "await";
}

function isCombination(ts: TypeScript, node: tsTypes.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  return /^Promise\.(all|allSettled|any|race)$/.test(unwrap(ts, node.expression).getText());
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

/** The slots of the function's own records; those of the functions around it are stored with their frames. */
function liveSlots({ bindings, slots }: Analysis, suspension: Suspension): Binding[] {
  const live = [...(slots.live.get(suspension) ?? [])].filter(
    (binding) => slots.all.has(binding) && functionAround(binding.scope, bindings) === suspension.owner,
  );
  return live.sort((a, b) => a.index - b.index);
}

function temporariesAt({ functions }: Analysis, suspension: Suspension): readonly string[] {
  return functions.get(suspension.owner)?.temporaries.live.get(suspension) ?? [];
}

function rangeOf(file: tsTypes.SourceFile, node: tsTypes.Node): SourceRange {
  const start = file.getLineAndCharacterOfPosition(node.getStart(file));
  const end = file.getLineAndCharacterOfPosition(node.end);
  return { line: start.line + 1, column: start.character + 1, endLine: end.line + 1, endColumn: end.character + 1 };
}

/** White space and comments do not count: the hash is over the tokens. */
function hashOf(ts: TypeScript, node: tsTypes.Node): string {
  const hash = createHash("sha256");
  const visit = (inner: tsTypes.Node): void => {
    // Comments of documentation are nodes, for hosts that ask for them.
    const children = inner.getChildren().filter((child) => !ts.isJSDoc(child));
    if (children.length === 0) hash.update(`${inner.getText()}\n`);
    for (const child of children) visit(child);
  };
  visit(node);
  return hash.digest("hex").slice(0, 16);
}

/** What `$.durable` and `$.nested` get. */
export function codeInfo(ts: TypeScript, analysis: Analysis, { fn, code }: FunctionAnalysis): CodeInfo {
  const labels: Record<string, Record<string, readonly string[]>> = {};
  for (const suspension of suspensionsOf(analysis, fn)) {
    const temporaries = temporariesAt(analysis, suspension);
    const value = {
      ...sharedScopes(analysis, suspension),
      ...byScope(analysis, liveSlots(analysis, suspension)),
      ...(temporaries.length > 0 && { [temporariesPath]: temporaries }),
    };
    Object.defineProperty(labels, suspension.label, { value, enumerable: true });
  }
  const kept = byScope(
    analysis,
    [...analysis.slots.kept].filter(
      (binding) => analysis.slots.all.has(binding) && functionAround(binding.scope, analysis.bindings) === fn,
    ),
  );
  const arity = arityOf(ts, analysis, fn);
  return {
    code,
    hash: hashOf(ts, fn),
    format: CODE_FORMAT,
    labels,
    ...(Object.keys(kept).length > 0 && { kept }),
    ...(arity !== undefined && { arity }),
  };
}

/** Arguments that a nested function can see; callers such as `map` pass more. Undefined when it can see all of them. */
function arityOf(ts: TypeScript, { unit }: Analysis, fn: FunctionNode): number | undefined {
  if (fn === unit.fn || fn.parameters.some(({ dotDotDotToken }) => dotDotDotToken)) return undefined;
  const usesAll = (node: tsTypes.Node): boolean =>
    (ts.isIdentifier(node) && node.text === "arguments") || (ts.forEachChild(node, usesAll) ?? false);
  return usesAll(fn) ? undefined : fn.parameters.length;
}

/** Scopes around a suspension whose records closures share with the frame: stored even when nothing in them is live. */
function sharedScopes(analysis: Analysis, suspension: Suspension): Record<string, string[]> {
  const { bindings, paths, slots } = analysis;
  const { node, owner } = suspension;
  const shared = [...slots.kept, ...heldByLiveClosures(analysis, suspension)].filter(
    ({ scope }) =>
      scope.node.pos <= node.pos &&
      node.end <= scope.node.end &&
      functionAround(scope, bindings) === owner &&
      paths.has(scope),
  );
  return Object.fromEntries(shared.map(({ scope }) => [paths.get(scope) as string, []]));
}

/**
 * What the closures capture that are live at a suspension: `d` of `f`, in `f = () => d; d = await …; f()`. A temporary may
 * hold any closure: in `f(d = await …)` it is `f`.
 */
function heldByLiveClosures(analysis: Analysis, suspension: Suspension): ReadonlySet<Binding> {
  const { slots, closures, bindings } = analysis;
  const held = new Set<Binding>();
  const visit = (bindings: Iterable<Binding>): void => {
    for (const { closure } of bindings) {
      const captures = closure && closures.records.get(closure)?.captures;
      for (const binding of captures ?? []) {
        if (held.has(binding) || !slots.all.has(binding)) continue;
        held.add(binding);
        visit([binding]);
      }
    }
  };
  visit(temporariesAt(analysis, suspension).length > 0 ? bindings.all : (slots.live.get(suspension) ?? []));
  return held;
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
