/** Writing the output of a program: everything as TypeScript would, but for the JavaScript of compiled files. */
import type ts from "typescript";
import type { PatchableProgram } from "../internals.ts";
import type { CompiledFile, Project } from "../project.ts";
import { emitCompiled } from "../shadow.ts";

type Emit = ts.Program["emit"];

export interface EmitParts {
  readonly program: PatchableProgram;
  readonly host: ts.CompilerHost;
  readonly project: Project;
  /** `program.emit` of TypeScript. */
  readonly emitOriginal: Emit;
  /** The shadow program, created at the first call. */
  readonly shadow: () => ts.Program;
}

/**
 * Makes the `emit` of a program with compiled files.
 *
 * The first pass is TypeScript's own emit, in which the JavaScript and the maps of compiled files are held back:
 * declarations, build info, and every other file are written from the author's text. The second pass asks the shadow
 * for what was held back. What is not written in the first pass (`--noEmit`, `noEmitOnError`, an unaffected file of an
 * incremental build) is therefore not written at all, and a project without compiled files has no second pass.
 *
 * The manifest of a compiled file is written whenever its JavaScript is.
 */
export function createEmit({ program, host, project, emitOriginal, shadow }: EmitParts): Emit {
  return (target, writeFile, cancellation, emitOnly, transformers, ...rest: unknown[]) => {
    const write: ts.WriteFileCallback = writeFile ?? ((...args) => host.writeFile(...args));
    const heldBack = new Map<ts.SourceFile, CompiledFile>();

    const holdBack: ts.WriteFileCallback = (fileName, text, bom, onError, sources, data) => {
      const file = isScript(fileName) && sources?.length === 1 ? originalOf(program, sources[0]) : undefined;
      const compiled = file && project.compile(file);
      if (compiled?.edits) heldBack.set(file as ts.SourceFile, compiled);
      else write(fileName, text, bom, onError, sources, data);
    };
    // TypeScript passes parameters that the public type does not list; each of them counts.
    const emit = emitOriginal as (...args: unknown[]) => ts.EmitResult;
    const blanking = { ...transformers, before: [blank(program, project), ...(transformers?.before ?? [])] };
    const result = emit(target, holdBack, cancellation, emitOnly, blanking, ...rest);

    const unwritten = [...heldBack].flatMap(([file, compiled]) =>
      emitCompiled({ shadow: shadow(), project }, { file, ...compiled }, write, cancellation, transformers),
    );
    return unwritten.length === 0 ? result : { ...result, diagnostics: [...result.diagnostics, ...unwritten] };
  };
}

/** What is held back need not be made: no other plugin sees a compiled file twice. */
function blank(program: ts.Program, project: Project): ts.TransformerFactory<ts.SourceFile> {
  return ({ factory }) =>
    (file) => {
      const original = originalOf(program, file);
      return original && project.compile(original)?.edits ? factory.updateSourceFile(file, []) : file;
    };
}

/** `writeFile` is told of the transformed tree; the program holds the file that was parsed. */
function originalOf(program: ts.Program, emitted: ts.SourceFile | undefined): ts.SourceFile | undefined {
  return emitted && program.getSourceFile(emitted.fileName);
}

function isScript(fileName: string): boolean {
  return /\.[cm]?jsx?(\.map)?$/.test(fileName);
}
