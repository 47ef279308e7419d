/** The build manifest from the analyses of a file, and the part of it that emitted code carries. */
import { createHash } from "node:crypto";
import type tsTypes from "typescript";
import {
  type BranchInfo,
  CODE_FORMAT,
  type CodeInfo,
  type Edge,
  type FunctionManifest,
  type LabelInfo,
  type Manifest,
  type Part,
  type SlotInfo,
  type SourceRange,
} from "../../runtime/manifest.ts";
import type { Analysis, FunctionAnalysis } from "../analyse/analyse-unit.ts";
import type { Block } from "../analyse/control-flow.ts";
import { enclosingConstructs } from "../analyse/enclosing.ts";
import { functionAround } from "../analyse/paths.ts";
import { temporariesPath } from "../analyse/temporaries.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Binding, FunctionNode, Suspension, TypeScript } from "../ir.ts";
import { createEdges } from "./edges.ts";
import { type PartsInput, partOf } from "./parts.ts";
import { version } from "./version.ts";

export interface ManifestInput {
  readonly ts: TypeScript;
  readonly file: tsTypes.SourceFile;
  readonly packageName: string;
  /** The type of a variable, by its declared name, in builds that know types. */
  readonly typeOf: (name: tsTypes.Identifier) => string | undefined;
}

export function buildManifest(input: ManifestInput, analyses: readonly Analysis[]): Manifest {
  const codeOfName = outerCodes(input, analyses);
  return {
    format: CODE_FORMAT,
    compiler: version,
    functions: analyses.flatMap((analysis) =>
      [...analysis.functions.values()].map((fn) => describe(input, { analysis, codeOfName }, fn)),
    ),
  };
}

function describe(
  input: ManifestInput,
  { analysis, codeOfName }: { analysis: Analysis; codeOfName: (name: string) => string | undefined },
  { graph, fn, code }: FunctionAnalysis,
): FunctionManifest {
  const { ts, file } = input;
  const labels: Record<string, LabelInfo> = {};
  const blocks = suspensionBlocks(graph.blocks);
  const edges = createEdges(graph);
  const entry = edges.from(graph.entry);
  for (const suspension of suspensionsOf(analysis, fn)) {
    const places = blocks.get(suspension) ?? [];
    const part = partAt({ ts, analysis, codeOfName }, suspension);
    define(labels, suspension.label, {
      kind: part.kind,
      range: rangeOf(file, suspension.node),
      slots: slotInfos(analysis, suspension, input),
      within: enclosingConstructs(ts, suspension.node, fn, analysis.suspensions.inlined),
      next: distinct(places.flatMap((block) => block.next.flatMap(({ to }) => edges.from(to)))),
      rollback: distinct(places.flatMap(({ handler }) => edges.from(handler ?? graph.failure))),
      ...(saysMore(ts, part, suspension) && { part }),
    });
  }
  const branches: Record<string, BranchInfo> = {};
  for (const [key, { branch, next }] of edges.branches()) {
    const { kind, text, node } = branch;
    const within = enclosingConstructs(ts, node, fn, analysis.suspensions.inlined);
    define(branches, key, { kind, text, range: rangeOf(file, node), within, next });
  }
  return {
    code,
    range: rangeOf(file, fn),
    hash: hashOf(ts, fn),
    labels,
    ...(Object.keys(branches).length > 0 && { branches }),
    entry,
  };
}

/** The durable functions of the module by the names under which it calls them: its own helpers, and imported ones. */
function outerCodes(
  { ts, file, packageName }: ManifestInput,
  analyses: readonly Analysis[],
): (name: string) => string | undefined {
  const codes = new Map<string, string>();
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    // The code ids of other packages begin with names that are not known here.
    if (!statement.moduleSpecifier.text.startsWith(".")) continue;
    const { name, namedBindings } = statement.importClause ?? {};
    if (name) codes.set(name.text, `${packageName}#default`);
    if (!namedBindings || !ts.isNamedImports(namedBindings)) continue;
    for (const element of namedBindings.elements) {
      codes.set(element.name.text, `${packageName}#${(element.propertyName ?? element.name).text}`);
    }
  }
  for (const { unit } of analyses) {
    if (unit.kind !== "handler") codes.set(unit.code.slice(unit.code.indexOf("#") + 1), unit.code);
  }
  return (name) => codes.get(name);
}

function suspensionsOf({ suspensions }: Analysis, fn: FunctionNode): Suspension[] {
  return suspensions.all.filter(({ owner }) => owner === fn);
}

/** Labels and texts may be called `__proto__`. */
function define<Info>(record: Record<string, Info>, key: string, value: Info): void {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
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

/** The next value of a `for await` and the end of a resource are awaited without an `await`. */
function partAt(input: PartsInput, { operand, label }: Suspension): Part {
  return operand ? partOf(input, operand) : { kind: "await", name: label };
}

/** Whether a part is more than the op that the label names. */
function saysMore(ts: TypeScript, part: Part, { operand }: Suspension): boolean {
  const { kind, code, parts, each, next, rollback } = part;
  if ([code, parts, each, next, rollback].some((more) => more !== undefined)) return true;
  return kind !== "await" && operand !== undefined && ts.isIdentifier(unwrap(ts, operand));
}

function distinct(edges: readonly Edge[]): Edge[] {
  return [...new Map(edges.map((edge) => [JSON.stringify(edge), edge])).values()];
}

function slotInfos(analysis: Analysis, suspension: Suspension, { typeOf }: ManifestInput): SlotInfo[] {
  const slots = liveSlots(analysis, suspension).map(({ scope, name, declarations: [declaration] }) => {
    const type = declaration && typeOf(declaration);
    return { scope: analysis.paths.get(scope) as string, name, ...(type !== undefined && { type }) };
  });
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
