/**
 * A whole file: the import of the runtime, each durable function in its place, everything else untouched.
 *
 * A durable function that is a declaration becomes a constant at the front of its block, where the declaration was
 * callable already; what it exported is exported where it stood.
 */
import type tsTypes from "typescript";
import type { CodeInfo } from "../../runtime/manifest.ts";
import type { Analysis, FunctionAnalysis } from "../analyse/analyse-unit.ts";
import type { FileFacts } from "../analyse/file-facts.ts";
import type { Rope, TypeScript } from "../ir.ts";
import { collectNames, propertyKey, quote, span } from "./text.ts";
import { lowerUnit } from "./unit.ts";

/** Text that replaces a stretch of the file; an insertion replaces an empty one. */
interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly rope: Rope;
}

/** What the runtime needs to know of a durable function. */
export type InfoOf = (analysis: Analysis, fn: FunctionAnalysis) => CodeInfo;

export interface FileInput {
  readonly ts: TypeScript;
  readonly file: tsTypes.SourceFile;
  readonly facts: FileFacts;
  readonly infoOf: InfoOf;
  /** Of the compiler. */
  readonly version: string;
}

export function lowerFile({ ts, file, facts, infoOf, version }: FileInput, analyses: readonly Analysis[]): Rope {
  const names = collectNames(ts, file);
  const frame = names.fresh("$");
  const replacements: Replacement[] = [];
  for (const analysis of analyses) {
    const functions = [...analysis.functions.values()];
    const infos = new Map(functions.map((fn) => [fn.fn, printInfo(infoOf(analysis, fn))]));
    const rope = lowerUnit({ ts, facts, frame, infos }, analysis, names.fork());
    replacements.push(...placeUnit(ts, analysis, rope));
  }
  const imported = frame === "$" ? "$" : `$ as ${frame}`;
  const header = `// Compiled by backstitch ${version}.\nimport { ${imported} } from "backstitch/internal";\n`;
  const front = importPosition(ts, file);
  replacements.push({ start: front, end: front, rope: header });
  return [span(0, 0), weave(replacements, file.text.length)];
}

/** Behind directives and a `#!` line, in front of the first statement. */
function importPosition(ts: TypeScript, file: tsTypes.SourceFile): number {
  const first = file.statements.find((node) => !ts.isExpressionStatement(node) || !ts.isStringLiteral(node.expression));
  return first ? first.getStart(file) : file.text.length;
}

function placeUnit(ts: TypeScript, { unit }: Analysis, rope: Rope): Replacement[] {
  const { fn } = unit;
  if (!ts.isFunctionDeclaration(fn)) return [{ start: fn.getStart(), end: fn.end, rope }];
  const name = (fn.name as tsTypes.Identifier).text;
  const front = ts.isSourceFile(fn.parent) ? importPosition(ts, fn.parent) : fn.parent.getStart() + 1;
  const flags = ts.getCombinedModifierFlags(fn);
  const exported =
    flags & ts.ModifierFlags.Default
      ? `export default ${name};`
      : flags & ts.ModifierFlags.Export
        ? `export { ${name} };`
        : "";
  return [
    { start: front, end: front, rope: [`const ${name} = `, rope, ";\n"] },
    { start: fn.getStart(), end: fn.end, rope: exported },
  ];
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
  const kept = info.kept ? `, kept: ${printTable(info.kept)}` : "";
  const labels = Object.entries(info.labels).map(([label, live]) => `${propertyKey(label)}: ${printTable(live)}`);
  const arity = info.arity === undefined ? "" : `, arity: ${info.arity}`;
  return `{ code: ${quote(info.code)}, hash: ${quote(info.hash)}, format: ${info.format}, labels: ${braced(labels)}${kept}${arity} }`;
}

function printTable(table: Readonly<Record<string, readonly string[]>>): string {
  return braced(
    Object.entries(table).map(([scope, names]) => `${propertyKey(scope)}: [${names.map(quote).join(", ")}]`),
  );
}

function braced(entries: readonly string[]): string {
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}
