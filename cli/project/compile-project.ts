/** Compiles the files of a project, for reports and for the overlay. */
import type tsTypes from "typescript";
import type { CompiledFile } from "../../transformer/hosts/project.ts";
import type { OpenProject } from "./open-projects.ts";

interface Result {
  /** The files with durable functions. */
  readonly compiled: readonly (CompiledFile & { readonly file: tsTypes.SourceFile })[];
  readonly errors: readonly tsTypes.Diagnostic[];
  readonly warnings: readonly tsTypes.Diagnostic[];
  readonly hints: readonly tsTypes.Diagnostic[];
}

/** @param isWanted which files of the project to compile, by default all */
export function compileProject(
  { ts, program, project }: OpenProject,
  isWanted: (file: tsTypes.SourceFile) => boolean = () => true,
): Result {
  const candidates = program.getSourceFiles().filter((file) => isWanted(file) && project.isCandidate(file));
  const compiled = candidates.flatMap((file) => {
    const result = project.compile(file);
    return result ? [{ file, ...result }] : [];
  });
  // What cannot be parsed is not compiled, and must not pass for what needs no compiling.
  const unparsed = candidates.flatMap((file) => program.getSyntacticDiagnostics(file));
  const all = compiled.flatMap(({ diagnostics }) => diagnostics);
  return {
    compiled,
    errors: [...unparsed, ...compiled.flatMap(({ errors }) => errors)],
    warnings: project.takeWarnings(),
    hints: all.filter(({ category }) => category === ts.DiagnosticCategory.Suggestion),
  };
}
