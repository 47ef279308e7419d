/** One file without a program: what is durable in it is found by syntax, as everywhere, and nothing is known of types. */
import type MagicString from "magic-string";
import type ts from "typescript";
import type { Manifest } from "../../runtime/manifest.ts";
import { compileFile, mayHoldDurable } from "../compile.ts";
import { parseErrors, parseFile } from "../discover/parse.ts";
import type { ModulePlace, TypeScript } from "../ir.ts";
import { toTypeScript } from "./project.ts";

/** A file that holds something durable, as the compiler left it. */
export interface CompiledText {
  /** Undefined when `diagnostics` holds an error. */
  readonly edits: MagicString | undefined;
  /** Made when it is asked for. */
  readonly manifest: () => Manifest;
  readonly diagnostics: readonly ts.Diagnostic[];
}

/**
 * Compiles a text.
 *
 * @param place the package that the file belongs to, and where in it
 * @returns undefined when nothing in it is durable, and for a text that TypeScript cannot parse: whoever takes it next
 *   reports that
 */
export function compileText(
  ts: TypeScript,
  fileName: string,
  text: string,
  place: ModulePlace,
): CompiledText | undefined {
  if (!mayHoldDurable(text)) return undefined;
  const file = parseFile(ts, fileName, text);
  if (parseErrors(file).length > 0) return undefined;
  const result = compileFile(ts, file, place);
  if (!result) return undefined;
  const diagnostics = result.diagnostics.map((diagnostic) => toTypeScript(ts, file, diagnostic));
  return { edits: hasErrors(ts, diagnostics) ? undefined : result.edits, manifest: result.manifest, diagnostics };
}

export function hasErrors(ts: TypeScript, diagnostics: readonly ts.Diagnostic[]): boolean {
  return diagnostics.some(({ category }) => category === ts.DiagnosticCategory.Error);
}
