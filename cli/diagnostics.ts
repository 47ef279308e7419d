/** Prints diagnostics: for people as TypeScript does, for programs as lines or JSON. */
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type tsTypes from "typescript";
import { formatHost, type TypeScript } from "./project/open-projects.ts";
import type { Output } from "./terminal.ts";

/** One diagnostic in the output of `--json`. Lines and columns count from 1; `end` is behind the last character. */
interface JsonDiagnostic {
  readonly code: number;
  readonly category: "error" | "warning" | "suggestion" | "message";
  readonly message: string;
  /** From the working directory, with slashes; null for what concerns no file. */
  readonly file: string | null;
  readonly start: Position | null;
  readonly end: Position | null;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** On a terminal with a frame of the source, otherwise in lines that editors and CI services parse. */
export function formatDiagnostics(
  ts: TypeScript,
  diagnostics: readonly tsTypes.Diagnostic[],
  { pretty, colours }: Output,
): string {
  if (!pretty) return ts.formatDiagnostics(diagnostics, formatHost(ts));
  const framed = ts.formatDiagnosticsWithColorAndContext(diagnostics, formatHost(ts));
  return colours.isColorSupported ? framed : stripVTControlCharacters(framed);
}

export function formatAsJson(ts: TypeScript, diagnostics: readonly tsTypes.Diagnostic[]): string {
  return `${JSON.stringify(
    diagnostics.map((diagnostic) => toJson(ts, diagnostic)),
    null,
    2,
  )}\n`;
}

function toJson(
  ts: TypeScript,
  { code, category, messageText, file, start, length }: tsTypes.Diagnostic,
): JsonDiagnostic {
  const position = (offset: number | undefined): Position | null => {
    if (file === undefined || offset === undefined) return null;
    const { line, character } = file.getLineAndCharacterOfPosition(offset);
    return { line: line + 1, column: character + 1 };
  };
  return {
    code,
    category: (["warning", "error", "suggestion", "message"] as const)[category],
    message: ts.flattenDiagnosticMessageText(messageText, "\n"),
    file: file === undefined ? null : relative(process.cwd(), file.fileName).replaceAll("\\", "/"),
    start: position(start),
    end: position(start === undefined ? undefined : start + (length ?? 0)),
  };
}

/** `1 error`, `2 errors`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
