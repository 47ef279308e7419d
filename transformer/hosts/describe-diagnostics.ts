/** Diagnostics as text, for hosts that print no positions or no source lines of their own. */
import { relative } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "../ir.ts";

/** Where a diagnostic stands. Lines count from 1 and columns from 0, as bundlers count them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Describes diagnostics: position, code, message and the source line of each.
 *
 * ```text
 * src/order.ts:8:3: error TS990001: …
 *
 * 8 |   for await (const page of pages) {
 *   |   ^^^
 * ```
 */
export function describeDiagnostics(ts: TypeScript, diagnostics: readonly ts.Diagnostic[]): string {
  return diagnostics.map((diagnostic) => describe(ts, diagnostic)).join("\n\n");
}

export function positionOf({ file, start = 0 }: ts.Diagnostic): Position {
  const { line, character } = file?.getLineAndCharacterOfPosition(start) ?? { line: 0, character: 0 };
  return { line: line + 1, column: character };
}

function describe(ts: TypeScript, diagnostic: ts.Diagnostic): string {
  const { file, category, code, messageText } = diagnostic;
  const kind = category === ts.DiagnosticCategory.Error ? "error" : "warning";
  const message = `${kind} TS${code}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  if (!file) return message;
  const { line, column } = positionOf(diagnostic);
  return `${relative(process.cwd(), file.fileName)}:${line}:${column + 1}: ${message}\n\n${frame(file, diagnostic)}`;
}

/** The first line of what a diagnostic marks, underlined. */
function frame(file: ts.SourceFile, diagnostic: ts.Diagnostic): string {
  const { line, column } = positionOf(diagnostic);
  const text = file.text.split(/\r?\n/)[line - 1] ?? "";
  const marks = "^".repeat(Math.max(1, Math.min(diagnostic.length ?? 1, text.length - column)));
  const indent = text.slice(0, column).replace(/[^\t]/g, " ");
  return `${line} | ${text}\n${" ".repeat(String(line).length)} | ${indent}${marks}`;
}
