/** What this host uses of TypeScript beyond its public types. One list, checked once, so that nothing fails silently. */
import type ts from "typescript";

export type TypeScript = typeof ts;

/** `typescript` as ts-patch hands it over. */
export interface PatchedTypeScript extends TypeScript {
  /** `createProgram` without ts-patch around it. */
  readonly originalCreateProgram: typeof ts.createProgram;
}

/** The parts of a program that the public type leaves out. */
export interface PatchableProgram extends ts.Program {
  /** What builders (`--incremental`, `--watch`, `--build`) call instead of `getSemanticDiagnostics`. */
  getBindAndCheckDiagnostics(file: ts.SourceFile, cancellation?: ts.CancellationToken): readonly ts.Diagnostic[];
  /** What builders call instead of `emit` when nothing is to be written but `.tsbuildinfo`. */
  emitBuildInfo(writeFile?: ts.WriteFileCallback, cancellation?: ts.CancellationToken): ts.EmitResult;
  getResolvedModule(
    file: ts.SourceFile,
    name: string,
    mode: ts.ResolutionMode,
  ): ts.ResolvedModuleWithFailedLookupLocations | undefined;
  /** The folder that the layout of the output is relative to. */
  getCommonSourceDirectory(): string;
}

/** Fields of every source file that the public type leaves out. */
export interface FullSourceFile extends ts.SourceFile {
  readonly scriptKind: ts.ScriptKind;
  /** Builders compare versions to tell which files changed. `tsc` uses a hash of the text. */
  version?: string;
  /** Set when another package holds an identical copy, which stands in for this one. */
  readonly redirectInfo?: { readonly unredirected: ts.SourceFile };
}

const programMethods = [
  "getBindAndCheckDiagnostics",
  "emitBuildInfo",
  "getResolvedModule",
  "getCommonSourceDirectory",
] as const;

/**
 * Checks that this TypeScript has what the host is built on.
 *
 * @throws Error naming what is missing, the version found and what to install
 */
export function assertSupported(ts: TypeScript, program: ts.Program): asserts program is PatchableProgram {
  const missing: string[] = programMethods
    .filter((name) => typeof (program as Partial<PatchableProgram>)[name] !== "function")
    .map((name) => `program.${name}`);
  if (typeof (ts as Partial<PatchedTypeScript>).originalCreateProgram !== "function") {
    missing.push("ts.originalCreateProgram (made by ts-patch)");
  }
  if (missing.length === 0) return;
  throw new Error(
    `backstitch/transformer cannot work with TypeScript ${ts.version}: it lacks ${missing.join(", ")}. ` +
      "Nothing was compiled. Compile with tspc of ts-patch 3.3 or 4 and a TypeScript from 5.8 up to, not including, 7.",
  );
}
