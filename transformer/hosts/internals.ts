/** What the hosts use of TypeScript beyond its public types. One list, checked once, so that nothing fails silently. */
import type ts from "typescript";

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

/** Names what a program lacks of {@link PatchableProgram}: empty for a TypeScript that the hosts work with. */
export function missingInternals(program: ts.Program): string[] {
  return programMethods
    .filter((name) => typeof (program as Partial<PatchableProgram>)[name] !== "function")
    .map((name) => `program.${name}`);
}
