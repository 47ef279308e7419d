/** One file, text in and text out, without types and without touching the disk. */
import MagicString, { type SourceMap } from "magic-string";
import type tsTypes from "typescript";
import { CODE_FORMAT, type Manifest } from "../runtime/manifest.ts";
import { type CompileResult, compileFile, mayHoldDurable } from "../transformer/compile.ts";
import type { Diagnostic } from "../transformer/diagnostics.ts";
import { parseFile } from "../transformer/discover/parse.ts";
import { version } from "../transformer/output/version.ts";

export interface TransformOptions {
  /** Name of the package that the file belongs to: the front of the code ids of helpers. Default "". */
  readonly packageName?: string;
  /**
   * Path of the file in its package, with slashes, e.g. `src/order.ts`. It is in the hashes, which tell helpers of one name and
   * text apart. Default: the name of the file alone.
   */
  readonly path?: string;
}

export interface SourceInput {
  /** Name of the file: decides the language (`.ts`, `.tsx`, `.js`, …) and stands in maps. */
  readonly fileName: string;
  readonly text: string;
  readonly options?: TransformOptions;
}

export interface TransformResult {
  /** The compiled text, in the language of the input. The input itself when nothing is durable or `diagnostics` holds an error. */
  readonly code: string;
  /** From `code` to the input. */
  readonly map: SourceMap;
  /** Made when it is first read. */
  readonly manifest: Manifest;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles one file in syntactic mode: labels and frames are those of every other build, type-based diagnostics are left
 * out.
 *
 * @param ts the TypeScript module to parse with, 5.8 or later with a JavaScript compiler API
 * @param input the file
 * @returns the compiled text with its map, manifest and diagnostics; never throws on what the file holds
 * @example
 * const { code, diagnostics } = transformSource(ts, { fileName: "order.ts", text });
 */
export function transformSource(ts: typeof tsTypes, input: SourceInput): TransformResult {
  const { fileName, text } = input;
  const { result } = compileSource(ts, input);
  return result ? new Transformed(fileName, result) : unchanged(text, fileName);
}

/** No literal with an accessor: an engine makes a shape for each, which holds the whole file until a full collection. */
class Transformed implements TransformResult {
  readonly code: string;
  readonly map: SourceMap;
  readonly diagnostics: readonly Diagnostic[];
  readonly #manifest: CompileResult["manifest"];

  constructor(fileName: string, { edits, manifest, diagnostics }: CompileResult) {
    this.code = edits.toString();
    this.map = edits.generateMap({ source: fileName, includeContent: true, hires: "boundary" });
    this.diagnostics = diagnostics;
    this.#manifest = manifest;
  }

  get manifest(): Manifest {
    return this.#manifest();
  }
}

/** The parsed file and what the compiler makes of it; no result when nothing in it is durable. */
export function compileSource(
  ts: typeof tsTypes,
  { fileName, text, options = {} }: SourceInput,
): { file: tsTypes.SourceFile; result: CompileResult | undefined } {
  const file = parseFile(ts, fileName, text);
  return { file, result: mayHoldDurable(text) ? compileFile(ts, file, options) : undefined };
}

function unchanged(text: string, fileName: string): TransformResult {
  const map = new MagicString(text).generateMap({ source: fileName, includeContent: true, hires: "boundary" });
  return { code: text, map, manifest: { format: CODE_FORMAT, compiler: version, functions: [] }, diagnostics: [] };
}
