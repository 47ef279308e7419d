/**
 * A whole file: the import of the runtime, each durable function in its place, everything else untouched.
 */
import type tsTypes from "typescript";
import type { CodeInfo } from "../../runtime/manifest.ts";
import type { Analysis, FunctionAnalysis } from "../analyse/analyse-unit.ts";
import type { FileFacts } from "../analyse/file-facts.ts";
import { isEntered } from "../analyse/functions.ts";
import type { Nodes } from "../discover/nodes.ts";
import type { FunctionNode, Rope, TypeScript } from "../ir.ts";
import { memberOf, registration } from "./entered.ts";
import { importPosition, placeUnit, type Replacement } from "./place.ts";
import { collectNames, type FileNames, propertyKey, quote, span } from "./text.ts";
import { lowerUnit } from "./unit.ts";

/** What the runtime needs to know of a durable function. */
export type InfoOf = (analysis: Analysis, fn: FunctionAnalysis) => CodeInfo;

export interface FileInput {
  readonly ts: TypeScript;
  readonly file: tsTypes.SourceFile;
  /** Of the file. */
  readonly nodes: Nodes;
  readonly facts: FileFacts;
  readonly infoOf: InfoOf;
  /** Of the compiler. */
  readonly version: string;
}

export function lowerFile({ ts, file, nodes, facts, infoOf, version }: FileInput, analyses: readonly Analysis[]): Rope {
  const names = collectNames(ts, nodes);
  const frame = names.fresh("$");
  const replacements: Replacement[] = [];
  for (const analysis of analyses) {
    const functions = [...analysis.functions.values()];
    const infos = new Map(functions.map((fn) => [fn.fn, printInfo(infoOf(analysis, fn))]));
    const { unit } = analysis;
    if (isEntered(ts, unit.fn)) replacements.push(...shareInfo({ ts, file, frame, names }, analysis, infos));
    const rope = lowerUnit({ ts, facts, frame, infos }, analysis, names.fork());
    replacements.push(...placeUnit(ts, unit, rope, facts));
  }
  const imported = frame === "$" ? "$" : `$ as ${frame}`;
  const header = `// Compiled by backstitch ${version}.\nimport { ${imported} } from "backstitch/internal";\n`;
  const front = importPosition(ts, file);
  replacements.push({ start: front, end: front, rope: header });
  return [span(0, 0), weave(replacements, file.text.length)];
}

/**
 * What the runtime needs to know of a member of a class stands in front of the file, because its call and its
 * registration both need it. A method registers itself behind it, an arrow function in front of its field.
 */
function shareInfo(
  { ts, file, frame, names }: Pick<FileInput, "ts" | "file"> & { readonly frame: string; readonly names: FileNames },
  analysis: Analysis,
  infos: Map<FunctionNode, string>,
): Replacement[] {
  const { fn } = analysis.unit;
  const member = memberOf(ts, fn);
  const constant = names.fresh(`$${member.name.getText().replace(/^#/, "")}`);
  const front = importPosition(ts, file);
  const shared: Replacement = { start: front, end: front, rope: `const ${constant} = ${infos.get(fn)};\n` };
  infos.set(fn, constant);
  if (ts.isMethodDeclaration(fn)) return [shared];
  const start = member.getStart();
  return [shared, { start, end: start, rope: `${registration({ ts, frame, infos }, analysis)} ` }];
}

/** Source text with the replacements in place. At one position the import comes first, then the units in order. */
function weave(replacements: readonly Replacement[], length: number): Rope {
  const sorted = [...replacements].reverse().sort((a, b) => a.start - b.start || a.end - b.end);
  const pieces: Rope[] = [];
  let position = 0;
  for (const { start, end, rope } of sorted) {
    pieces.push(span(position, start), rope);
    position = end;
  }
  pieces.push(span(position, length));
  return pieces;
}

/** `{ code: "add-data", hash: "…", format: 1, labels: { "create-row": { "": ["row"] } } }` on one line. */
function printInfo(info: CodeInfo): string {
  let fields = "";
  for (const field of Object.keys(info) as (keyof CodeInfo)[]) {
    fields += `${fields === "" ? "" : ", "}${field}: ${printData(info[field])}`;
  }
  return `{ ${fields} }`;
}

function printData(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object" || value === null) return String(value);
  let parts = "";
  if (Array.isArray(value)) {
    for (const part of value) parts += `${parts === "" ? "" : ", "}${printData(part)}`;
    return `[${parts}]`;
  }
  for (const key of Object.keys(value)) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    parts += `${parts === "" ? "" : ", "}${propertyKey(key)}: ${printData(inner)}`;
  }
  return parts === "" ? "{}" : `{ ${parts} }`;
}
