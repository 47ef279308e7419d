import type tsTypes from "typescript";
import type { TypeScript } from "../ir.ts";

/** A file as the compiler needs it: without doc comments, which nothing asks for, and without parents, which `nodesOf` sets. */
export function parseFile(ts: TypeScript, fileName: string, text: string): tsTypes.SourceFile {
  return ts.createSourceFile(fileName, text, {
    languageVersion: ts.ScriptTarget.Latest,
    jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
  });
}
