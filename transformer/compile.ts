/** The pipeline: source text in, edits out. One call per phase. */
import MagicString from "magic-string";
import type tsTypes from "typescript";
import type { Manifest } from "../runtime/manifest.ts";
import { analyseUnit } from "./analyse/analyse-unit.ts";
import { findFileFacts } from "./analyse/file-facts.ts";
import { checkUnits } from "./check/check-units.ts";
import type { TypeQueries } from "./check/type-queries.ts";
import { checkUncompiled } from "./check/uncompiled.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { findUnits, mayHoldDurable } from "./discover/find-units.ts";
import { findImports, isCompiled } from "./discover/imports.ts";
import { nodesOf } from "./discover/nodes.ts";
import { parseErrors } from "./discover/parse.ts";
import { fastTypeScript } from "./fast-typescript.ts";
import type { TypeScript } from "./ir.ts";
import { type InfoOf, lowerFile } from "./lower/file.ts";
import { createReporter } from "./messages.ts";
import { placeOf } from "./output/hash.ts";
import { codeInfo } from "./output/layout.ts";
import { buildManifest } from "./output/manifest.ts";
import { version } from "./output/version.ts";
import { realise } from "./print/realise.ts";

export { mayHoldDurable };

/** Where a file is. Helpers of one name are told apart by it. */
export interface FilePlace {
  /** Name of the nearest package: the front of the code ids of helpers. Default "". */
  readonly packageName?: string;
  /** Path of the file in its package, with slashes. Default: the name of the file alone. */
  readonly path?: string;
}

export interface CompileOptions extends FilePlace {
  /** For the diagnostics that need types. They never change what is emitted. */
  readonly queries?: TypeQueries;
  /** Values whose types say nothing (`any`, `unknown`) are errors where they are stored. Default false. */
  readonly strict?: boolean;
}

export interface CompileResult {
  /** The author's text with the edits that make it durable. Unchanged when `diagnostics` holds an error. */
  readonly edits: MagicString;
  /** Made when it is first asked for. */
  readonly manifest: () => Manifest;
  readonly diagnostics: readonly Diagnostic[];
}

interface SyntaxProblem extends Pick<Diagnostic, "start" | "length"> {
  readonly text: string;
}

function syntaxErrorsOf(file: tsTypes.SourceFile): readonly SyntaxProblem[] {
  // `a?.#b` is told to be wrong, and parsed as what it is.
  const guessed = parseErrors(file).filter(({ code }) => code !== 18030);
  return guessed.map(({ start, length, messageText }) => {
    const text = typeof messageText === "string" ? messageText : messageText.messageText;
    return { start, length, text };
  });
}

/** Compiles one file; undefined when nothing in it is durable. Sets the parent pointers of `file`. */
export function compileFile(
  typescript: TypeScript,
  file: tsTypes.SourceFile,
  options: CompileOptions = {},
): CompileResult | undefined {
  const ts = fastTypeScript(typescript);
  const report = createReporter(file, options.strict ?? false);
  const nodes = nodesOf(ts, file);
  const imports = findImports(ts, file);
  const { packageName = "", queries } = options;
  // TypeScript writes every path with slashes.
  const { path = file.fileName.slice(file.fileName.lastIndexOf("/") + 1) } = options;
  const units = findUnits(ts, file, nodes, imports, { packageName, place: placeOf(path) });
  if (!isCompiled(ts, file)) checkUncompiled({ ts, nodes, imports, units, report }, queries);
  if (units.length === 0 && report.diagnostics.length === 0) return undefined;
  // What the parser made of the rest is a guess.
  const [problem] = syntaxErrorsOf(file);
  if (problem) report.error("syntax-error", problem, { problem: problem.text });
  const facts = findFileFacts(ts, nodes, imports);
  const analyses = units.map((unit) => analyseUnit(ts, unit, { nodes, imports, facts, report }));
  checkUnits(ts, analyses, { imports, facts, report, queries });
  let manifest: Manifest | undefined;
  const typeOf = (name: tsTypes.Identifier): string | undefined => {
    const type = queries?.typeOf(name);
    return type && queries?.textOf(type);
  };
  const edits = new MagicString(file.text);
  const failed = report.diagnostics.some(({ category }) => category === "error");
  if (!failed) {
    const infoOf: InfoOf = (analysis, fn) => codeInfo(ts, analysis, fn);
    realise(lowerFile({ ts, file, nodes, facts, infoOf, version }, analyses), edits);
  }
  return {
    edits,
    manifest: () => (manifest ??= buildManifest({ ts, file, packageName, typeOf }, analyses)),
    diagnostics: report.diagnostics,
  };
}
