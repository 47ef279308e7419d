/**
 * A whole file: the import of the runtime, each durable function in its place, everything else untouched.
 *
 * A durable function that is a declaration becomes a constant at the front of its block, where the declaration was
 * callable already; what it exported is exported where it stood.
 */
import type tsTypes from "typescript";
import type { CodeInfo } from "../../runtime/manifest.ts";
import type { Analysis } from "../analyse/analyse-unit.ts";
import type { Rope, TypeScript } from "../ir.ts";
import { collectNames, propertyKey, quote, span } from "./text.ts";
import { lowerUnit } from "./unit.ts";

/** Text that replaces a stretch of the file; an insertion replaces an empty one. */
interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly rope: Rope;
}

export function lowerFile(
  ts: TypeScript,
  file: tsTypes.SourceFile,
  analyses: readonly Analysis[],
  infos: readonly CodeInfo[],
  version: string,
): Rope {
  const names = collectNames(ts, file);
  const frame = names.fresh("$");
  const replacements: Replacement[] = [];
  for (const [position, analysis] of analyses.entries()) {
    const rope = lowerUnit(ts, analysis, names.fork(), frame, printInfo(infos[position] as CodeInfo));
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
  const name = fn.name?.text as string;
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
  return `{ code: ${quote(info.code)}, hash: ${quote(info.hash)}, format: ${info.format}, labels: ${braced(labels)}${kept} }`;
}

function printTable(table: Readonly<Record<string, readonly string[]>>): string {
  return braced(
    Object.entries(table).map(([scope, names]) => `${propertyKey(scope)}: [${names.map(quote).join(", ")}]`),
  );
}

function braced(entries: readonly string[]): string {
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}
