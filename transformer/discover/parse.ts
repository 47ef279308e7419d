import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";

/** A file as the compiler needs it: without doc comments, which nothing asks for, and without parents, which `nodesOf` sets. */
export function parseFile(ts: TypeScript, fileName: string, text: string): tsTypes.SourceFile {
  return ts.createSourceFile(fileName, text, {
    languageVersion: ts.ScriptTarget.Latest,
    jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
  });
}

/** What parsing alone reports: what it read there is a guess. Not part of the declared interface of a file. */
export function parseErrors(file: tsTypes.SourceFile): readonly tsTypes.DiagnosticWithLocation[] {
  return (file as { readonly parseDiagnostics?: readonly tsTypes.DiagnosticWithLocation[] }).parseDiagnostics ?? [];
}
