/** Which files of a program are compiled, and what became of each. */
import type MagicString from "magic-string";
import type ts from "typescript";
import type { Manifest } from "../../runtime/manifest.ts";
import type { TypeQueries } from "../check/type-queries.ts";
import { mayCallSteps } from "../check/uncompiled.ts";
import type { CompileOptions } from "../compile.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { TypeScript } from "../ir.ts";
import { createFilePlaces } from "./file-places.ts";
import { createCheckerQueries } from "./queries/checker.ts";

/** The compiler as this host sees it. `transformer/compile.ts` is the real one. */
export interface Compiler {
  /** Version of the compiler: output of another version is stale. */
  readonly version: string;
  /** False only when the text can hold nothing durable. Cheap. */
  mayHoldDurable(text: string): boolean;
  /** Undefined when nothing in the file is durable. */
  compileFile(ts: TypeScript, file: ts.SourceFile, options?: CompileOptions): CompilerResult | undefined;
}

interface CompilerResult {
  readonly edits: MagicString;
  readonly diagnostics: readonly Diagnostic[];
  /** Made when it is asked for. */
  readonly manifest: () => Manifest;
}

/** A file that holds something durable. */
export interface CompiledFile {
  /** Undefined when the file has errors: it is then emitted as its author wrote it, and throws at registration. */
  readonly edits: MagicString | undefined;
  /** Made when it is asked for. */
  readonly manifest: () => Manifest;
  readonly errors: readonly ts.Diagnostic[];
  /** Errors, warnings and hints. */
  readonly diagnostics: readonly ts.Diagnostic[];
}

/** Results of one program. Each file is compiled when it is first asked for, and once. */
export interface Project {
  /** Whether the author wants manifests beside the JavaScript. */
  readonly writesManifests: boolean;
  /** True when the file is the user's own and its text may hold something durable. */
  isCandidate(file: ts.SourceFile): boolean;
  /** Undefined for a file without anything durable, and for one that TypeScript could not parse. */
  compile(file: ts.SourceFile): CompiledFile | undefined;
  /** Warnings of the files compiled since the last call. */
  takeWarnings(): readonly ts.Diagnostic[];
}

/** What an author may set where the plugin is named. */
export interface PluginOptions {
  /** Values whose types say nothing (`any`, `unknown`) are errors where they are stored. Default false. */
  readonly strict?: boolean;
  /** Whether a manifest is written beside the JavaScript of each compiled file. Default true. */
  readonly manifest?: boolean;
}

/** The entry of the tsconfig.json that names this package. */
function namedOptions(program: ts.Program): PluginOptions {
  const plugins = (program.getCompilerOptions()["plugins"] ?? []) as readonly PluginEntry[];
  return plugins.find(({ name, transform }) => name === "backstitch" || transform === "backstitch/transformer") ?? {};
}

interface PluginEntry extends PluginOptions {
  readonly name?: string;
  readonly transform?: string;
}

/**
 * @param options by default those of the program's tsconfig.json
 * @param queries where types come from, by default the program's own checker
 */
export function createProject(
  ts: TypeScript,
  program: ts.Program,
  host: Pick<ts.CompilerHost, "readFile" | "fileExists">,
  compiler: Compiler,
  { strict = false, manifest: writesManifests = true }: PluginOptions = namedOptions(program),
  queries: TypeQueries = createCheckerQueries(ts, program),
): Project {
  const placeOf = createFilePlaces(host);
  const compiled = new Map<ts.SourceFile, CompiledFile | undefined>();
  let warnings: ts.Diagnostic[] = [];

  const isCandidate = (file: ts.SourceFile): boolean =>
    !file.isDeclarationFile &&
    !program.isSourceFileFromExternalLibrary(file) &&
    !file.fileName.endsWith(".json") &&
    (compiler.mayHoldDurable(file.text) || mayCallSteps(file.text));

  const compileNow = (file: ts.SourceFile): CompiledFile | undefined => {
    // Without a whole tree there is nothing to compile; TypeScript reports the syntax error itself.
    if (!isCandidate(file) || program.getSyntacticDiagnostics(file).length > 0) return undefined;
    // The compiler walks from nodes to their parents. TypeScript sets them when it makes a checker, or while it parses.
    if (file.endOfFileToken.parent === undefined) program.getTypeChecker();
    const result = compiler.compileFile(ts, file, { ...placeOf(file.fileName), queries, strict });
    if (!result) return undefined;
    const own = program.getCompilerOptions().outFile ? [outFileUnsupported] : [];
    const all = [...own, ...result.diagnostics].map((diagnostic) => toTypeScript(ts, file, diagnostic));
    const of = (category: ts.DiagnosticCategory) => all.filter((diagnostic) => diagnostic.category === category);
    const errors = of(ts.DiagnosticCategory.Error);
    warnings.push(...of(ts.DiagnosticCategory.Warning));
    return { edits: errors.length > 0 ? undefined : result.edits, manifest: result.manifest, errors, diagnostics: all };
  };

  return {
    writesManifests,
    isCandidate,
    compile(file) {
      if (!compiled.has(file)) compiled.set(file, compileNow(file));
      return compiled.get(file);
    },
    takeWarnings() {
      const taken = warnings;
      warnings = [];
      return taken;
    },
  };
}

/** A bundle has one source map for many files, of which only some are rewritten. Numbers of hosts count down from 90099. */
const outFileUnsupported: Diagnostic = {
  code: 90099,
  category: "error",
  message: "A file with a durable function cannot be compiled with `outFile`. Use `outDir` in tsconfig.json.",
  start: 0,
  length: 0,
};

/** A diagnostic as TypeScript has them. */
export function toTypeScript(ts: TypeScript, file: ts.SourceFile, diagnostic: Diagnostic): ts.Diagnostic {
  const { Error: error, Warning: warning, Suggestion: hint } = ts.DiagnosticCategory;
  return {
    file,
    start: diagnostic.start,
    length: diagnostic.length,
    code: diagnostic.code,
    category: { error, warning, hint }[diagnostic.category],
    messageText: diagnostic.message,
    source: "backstitch",
  };
}
