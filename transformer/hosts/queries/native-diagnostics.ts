/** The errors that TypeScript 7 finds, as the TypeScript that parsed the files has them. */
import type ts from "typescript";
import type * as native from "typescript-7/unstable/sync";

/**
 * Errors of the project as a whole, and of some files.
 *
 * @param program of the files
 * @param own the same files in TypeScript 7
 */
export function nativeErrors(
  program: ts.Program,
  own: native.Program,
  files: readonly ts.SourceFile[],
): readonly ts.Diagnostic[] {
  const names = new Set<string | undefined>(files.map(({ fileName }) => fileName));
  // One request for all files, which TypeScript 7 checks side by side.
  const ofFiles = [...own.getSyntacticDiagnostics(), ...own.getSemanticDiagnostics()];
  return [
    ...own.getProgramDiagnostics(),
    ...own.getGlobalDiagnostics(),
    ...ofFiles.filter(({ fileName }) => names.has(fileName)),
  ].map((diagnostic) => ({ ...located(program, diagnostic), ...related(program, diagnostic) }));
}

function located(program: ts.Program, diagnostic: native.Diagnostic): ts.DiagnosticRelatedInformation {
  const { fileName, pos, end } = diagnostic;
  const { code, category, messageText, next } = chain(diagnostic);
  const file = fileName === undefined ? undefined : fileOf(program, fileName);
  return {
    file,
    start: file && pos,
    length: file && end - pos,
    code,
    category,
    messageText: next ? { code, category, messageText, next } : messageText,
  };
}

/** One of the program, or its tsconfig.json. */
function fileOf(program: ts.Program, fileName: string): ts.SourceFile | undefined {
  const config = program.getCompilerOptions()["configFile"] as ts.TsConfigSourceFile | undefined;
  return config?.fileName === fileName ? config : program.getSourceFile(fileName);
}

function related(
  program: ts.Program,
  { relatedInformation: others }: native.Diagnostic,
): Pick<ts.Diagnostic, "relatedInformation"> {
  return others ? { relatedInformation: others.map((other) => located(program, other)) } : {};
}

/** Both number the categories alike. */
function chain({ code, category, text, messageChain }: native.Diagnostic): ts.DiagnosticMessageChain {
  const next = messageChain && messageChain.length > 0 ? { next: messageChain.map(chain) } : {};
  return { code, category: category as number, messageText: text, ...next };
}
