/**
 * The ts-patch program transformer. It returns the program that it was given, with four methods replaced: the rest of
 * TypeScript goes on seeing the author's files, and reports on them.
 */
import type ts from "typescript";
import type { TypeScript } from "../../ir.ts";
import { type FullSourceFile, missingInternals, type PatchableProgram } from "../internals.ts";
import { type Compiler, createProject, type Project } from "../project.ts";
import { createShadow } from "../shadow.ts";
import { createEmit } from "./emit.ts";

/** What ts-patch calls: once per program that TypeScript creates, in watch mode again at every change. */
export type ProgramTransformer = (
  program: ts.Program,
  host: ts.CompilerHost | undefined,
  config: object,
  extras: { readonly ts: typeof ts },
) => ts.Program;

/** `typescript` as ts-patch hands it over. */
interface PatchedTypeScript extends TypeScript {
  /** `createProgram` without ts-patch around it. */
  readonly originalCreateProgram: typeof ts.createProgram;
}

/** Shared by all copies of this package, so that a program that two plugin entries see is patched once. */
const patched = Symbol.for("backstitch.patched");

/**
 * Makes the program transformer around a compiler.
 *
 * @returns a transformer that throws when TypeScript lacks what it needs
 */
export function createProgramTransformer(compiler: Compiler): ProgramTransformer {
  return (program, maybeHost, _config, extras) => {
    assertProgramTransformer(extras);
    const { ts } = extras;
    if (patched in program) return program;
    assertSupported(ts, program);
    Object.defineProperty(program, patched, { value: true });
    const host = maybeHost ?? ts.createCompilerHost(program.getCompilerOptions());
    const project = createProject(ts, program, host, compiler);
    markVersions(program, project, compiler.version);
    patchDiagnostics(program, project);
    patchEmit(ts as PatchedTypeScript, program, host, project);
    return program;
  };
}

/**
 * Without `transformProgram` in the entry, ts-patch passes other arguments.
 *
 * @throws Error saying what the entry lacks
 */
function assertProgramTransformer(extras: object | undefined): void {
  if (extras !== undefined && "ts" in extras) return;
  throw new Error(
    'backstitch/transformer needs the whole program, and nothing was compiled. Add `"transformProgram": true` to its entry in `plugins` of tsconfig.json.',
  );
}

/**
 * Checks that this TypeScript has what the host is built on.
 *
 * @throws Error naming what is missing, the version found and what to install
 */
function assertSupported(ts: TypeScript, program: ts.Program): asserts program is PatchableProgram {
  const missing = missingInternals(program);
  if (typeof (ts as Partial<PatchedTypeScript>).originalCreateProgram !== "function") {
    missing.push("ts.originalCreateProgram (made by ts-patch)");
  }
  if (missing.length === 0) return;
  throw new Error(
    `backstitch/transformer cannot work with TypeScript ${ts.version}: it lacks ${missing.join(", ")}. ` +
      "Nothing was compiled. Compile with tspc of ts-patch 3.3 or 4 and a TypeScript from 5.8 up to, not including, 7.",
  );
}

/** Adds our errors to TypeScript's. Warnings are left out: tsc fails a build on any diagnostic, whatever its category. */
function patchDiagnostics(program: PatchableProgram, project: Project): void {
  const { getSemanticDiagnostics, getBindAndCheckDiagnostics } = program;
  program.getSemanticDiagnostics = (file, ...rest) => [
    ...getSemanticDiagnostics(file, ...rest),
    ...errorsOf(program, project, file),
  ];
  program.getBindAndCheckDiagnostics = (file, ...rest) => [
    ...getBindAndCheckDiagnostics(file, ...rest),
    ...errorsOf(program, project, file),
  ];
}

/** Our errors in one file, or in all. */
function errorsOf(program: ts.Program, project: Project, file: ts.SourceFile | undefined): readonly ts.Diagnostic[] {
  const files = file ? [file] : program.getSourceFiles();
  return files.flatMap((each) => project.compile(each)?.errors ?? []);
}

function patchEmit(ts: PatchedTypeScript, program: PatchableProgram, host: ts.CompilerHost, project: Project): void {
  const { emit: emitOriginal, emitBuildInfo } = program;
  let shadow: ts.Program | undefined;

  const emit = createEmit({
    program,
    host,
    project,
    emitOriginal,
    shadow: () => {
      shadow ??= createShadow({ ts, createProgram: ts.originalCreateProgram, program, host, project });
      return shadow;
    },
  });
  program.emit = (file, ...rest) => {
    const result = emit(file, ...rest);
    printWarnings(ts, program, host, project);
    // Under `noCheck` builders ask for no other diagnostics than those of the emit.
    if (!program.getCompilerOptions().noCheck) return result;
    return { ...result, diagnostics: [...result.diagnostics, ...errorsOf(program, project, file)] };
  };
  program.emitBuildInfo = (...args) => {
    const result = emitBuildInfo(...args);
    printWarnings(ts, program, host, project);
    return result;
  };
}

function printWarnings(ts: TypeScript, program: ts.Program, host: ts.CompilerHost, project: Project): void {
  const warnings = project.takeWarnings();
  if (warnings.length === 0) return;
  const pretty = program.getCompilerOptions().pretty ?? process.stderr.isTTY === true;
  const format = pretty ? ts.formatDiagnosticsWithColorAndContext : ts.formatDiagnostics;
  process.stderr.write(format(warnings, host));
}

/**
 * Makes output of another version of the compiler stale in `.tsbuildinfo`, where TypeScript records a hash of each
 * file's text. Only hashes are marked: a language service counts versions and compares them with its own.
 */
function markVersions(program: ts.Program, project: Project, version: string): void {
  const { incremental, composite } = program.getCompilerOptions();
  if (!incremental && !composite) return;
  for (const file of program.getSourceFiles() as readonly FullSourceFile[]) {
    if (file.version && contentHash.test(file.version) && project.isCandidate(file)) {
      file.version += `-backstitch-${version}`;
    }
  }
}

const contentHash = /^[0-9a-f]{32,}$/;
