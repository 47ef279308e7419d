/** The build manifest from the analyses of a file. */
import type tsTypes from "typescript";
import {
  type BranchInfo,
  CODE_FORMAT,
  type Edge,
  type FunctionManifest,
  type LabelInfo,
  type Manifest,
  type Part,
  type SlotInfo,
  type SourceRange,
  temporariesPath,
} from "../../runtime/manifest.ts";
import type { Analysis, FunctionAnalysis } from "../analyse/analyse-unit.ts";
import type { Block } from "../analyse/control-flow.ts";
import { describeConstruct, enclosingConstructs } from "../analyse/enclosing.ts";
import { unwrap } from "../discover/find-units.ts";
import type { Suspension, TypeScript } from "../ir.ts";
import { closureInfos } from "./closure-infos.ts";
import { createEdges } from "./edges.ts";
import { frameLayout, hashOfFunction, liveSlots, suspensionsOf, temporariesAt } from "./layout.ts";
import { type PartsInput, partOf } from "./parts.ts";
import { define } from "./tables.ts";
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
  current: FunctionAnalysis,
): FunctionManifest {
  const { graph, fn, code } = current;
  const { ts, file } = input;
  const labels: Record<string, LabelInfo> = {};
  const blocks = suspensionBlocks(graph.blocks);
  const edges = createEdges(graph);
  const entry = edges.from(graph.entry);
  const within = (node: tsTypes.Node) =>
    enclosingConstructs(ts, node, fn, analysis.suspensions.inlined).map((each) => describeConstruct(ts, each));
  for (const suspension of suspensionsOf(analysis, fn)) {
    const places = blocks.get(suspension) ?? [];
    const part = partAt({ ts, analysis, codeOfName }, suspension);
    define(labels, suspension.label, {
      kind: part.kind,
      range: rangeOf(file, suspension.node),
      slots: slotInfos(analysis, suspension, input),
      within: within(suspension.node),
      next: distinct(places.flatMap((block) => block.next.flatMap(({ to }) => edges.from(to)))),
      rollback: distinct(places.flatMap(({ handler }) => edges.from(handler ?? graph.failure))),
      ...(saysMore(ts, part, suspension) && { part }),
    });
  }
  const branches: Record<string, BranchInfo> = {};
  for (const [key, { branch, next }] of edges.branches()) {
    const { kind, text, node } = branch;
    define(branches, key, { kind, text: text(), range: rangeOf(file, node), within: within(node), next });
  }
  return {
    code,
    range: rangeOf(file, fn),
    hash: hashOfFunction(ts, analysis, fn),
    labels,
    ...(Object.keys(branches).length > 0 && { branches }),
    entry,
    layout: frameLayout(ts, analysis, current),
    ...(fn === analysis.unit.fn && { closures: closureInfos(ts, analysis), outer: [...analysis.outer] }),
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
function partAt(input: PartsInput, { operand, label, yields }: Suspension): Part {
  if (yields) return { kind: "yield", name: label };
  return operand ? partOf(input, operand) : { kind: "await", name: label };
}

/** Whether a part is more than the op that the label names. */
function saysMore(ts: TypeScript, part: Part, { operand }: Suspension): boolean {
  const { kind, code, parts, each, next, rollback, undo } = part;
  if ([code, parts, each, next, rollback, undo].some((more) => more !== undefined)) return true;
  return kind !== "await" && kind !== "yield" && operand !== undefined && ts.isIdentifier(unwrap(ts, operand));
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

function rangeOf(file: tsTypes.SourceFile, node: tsTypes.Node): SourceRange {
  const start = file.getLineAndCharacterOfPosition(node.getStart(file));
  const end = file.getLineAndCharacterOfPosition(node.end);
  return { line: start.line + 1, column: start.character + 1, endLine: end.line + 1, endColumn: end.character + 1 };
}
