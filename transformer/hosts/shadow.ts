/**
 * The shadow program: the compiled files in their rewritten form. TypeScript emits their JavaScript from it. It is never
 * asked for diagnostics, so that nothing is reported at positions of rewritten text.
 *
 * Most programs can emit these files alone, which is cheap: the shadow has no other files, no library and no imports. Else
 * it is the same project, with everything but the compiled files shared.
 */
import type MagicString from "magic-string";
import type ts from "typescript";
import type { Manifest } from "../../runtime/manifest.ts";
import type { TypeScript } from "../ir.ts";
import { manifestName, manifestText } from "../output/manifest-file.ts";
import { composeInlineSourceMap, composeSourceMap } from "../output/source-map.ts";
import { emitsAlone } from "./emits-alone.ts";
import type { FullSourceFile, PatchableProgram } from "./internals.ts";
import type { Project } from "./project.ts";

export interface ShadowParts {
  readonly ts: TypeScript;
  /** TypeScript's own: a patched one would compile the shadow again. */
  readonly createProgram: typeof ts.createProgram;
  readonly program: PatchableProgram;
  readonly host: ts.CompilerHost;
  /** The results for the files of `program`. */
  readonly project: Project;
}

/** Creates the shadow of a program. Files that are not rewritten are shared with it, parsed and bound. */
export function createShadow({ ts, createProgram, program, host, project }: ShadowParts): ts.Program {
  const rewrittenText = (file: ts.SourceFile) => project.compile(file)?.edits?.toString();
  const compiled = program.getSourceFiles().filter((file) => project.compile(file)?.edits !== undefined);
  if (emitsAlone(ts, program, compiled)) {
    const options = { ...shadowOptions(program), isolatedModules: true, noLib: true, noResolve: true, types: [] };
    const shadow = shadowHost(ts, program, host, rewrittenText);
    shadow.resolveModuleNameLiterals = (literals) => literals.map(() => ({ resolvedModule: undefined }));
    return createProgram({ rootNames: compiled.map(({ fileName }) => fileName), options, host: shadow });
  }
  const projectReferences = program.getProjectReferences();
  return createProgram({
    rootNames: program.getRootFileNames(),
    options: shadowOptions(program),
    host: shadowHost(ts, program, host, rewrittenText),
    oldProgram: program,
    ...(projectReferences && { projectReferences }),
  });
}

/** What the compiler made of a file of the program that a shadow is the shadow of. */
export interface Emittable {
  readonly file: ts.SourceFile;
  readonly edits: MagicString | undefined;
  readonly manifest: () => Manifest;
}

/**
 * Emits the JavaScript of one compiled file, its map, which then leads to the author's text, and its manifest. Nothing for
 * a file without edits.
 *
 * @returns what could not be written
 */
export function emitCompiled(
  { shadow, project }: { readonly shadow: ts.Program; readonly project: Project },
  { file, edits, manifest }: Emittable,
  write: ts.WriteFileCallback,
  cancellation?: ts.CancellationToken,
  transformers?: ts.CustomTransformers,
): readonly ts.Diagnostic[] {
  if (!edits) return [];
  const { diagnostics } = shadow.emit(
    shadow.getSourceFile(file.fileName),
    (fileName, text, bom, onError, _sources, data) => {
      write(fileName, composed(fileName, text, edits), bom, onError, [file], data);
      if (!project.writesManifests || isMap(fileName)) return;
      write(manifestName(fileName), manifestText(fileName, file.fileName, manifest()), false, onError);
    },
    cancellation,
    false,
    transformers,
  );
  return diagnostics;
}

function isMap(fileName: string): boolean {
  return fileName.endsWith(".map");
}

function composed(fileName: string, text: string, edits: MagicString): string {
  return isMap(fileName) ? composeSourceMap(text, edits) : composeInlineSourceMap(text, edits);
}

/** Only JavaScript, laid out as the original program lays it out; nothing is checked a second time. */
function shadowOptions(program: PatchableProgram): ts.CompilerOptions {
  return {
    ...program.getCompilerOptions(),
    rootDir: program.getCommonSourceDirectory(),
    noCheck: true,
    // Options that need declarations (`declarationDir`) are errors of the shadow.
    noEmitOnError: false,
    declaration: false,
    declarationMap: false,
    composite: false,
    incremental: false,
  };
}

function shadowHost(
  ts: TypeScript,
  program: PatchableProgram,
  host: ts.CompilerHost,
  rewrittenText: (file: ts.SourceFile) => string | undefined,
): ts.CompilerHost {
  const rewritten = new Map<ts.SourceFile, ts.SourceFile>();

  const fileOf = (original: FullSourceFile, options: ts.ScriptTarget | ts.CreateSourceFileOptions) => {
    // A program resolves redirects itself and refuses a host that already did.
    if (original.redirectInfo) return original.redirectInfo.unredirected;
    const known = rewritten.get(original);
    if (known) return known;
    const text = rewrittenText(original);
    if (text === undefined) return original;
    const file = ts.createSourceFile(original.fileName, text, options, false, original.scriptKind);
    rewritten.set(original, file);
    return file;
  };

  // Inherits from the host of the program, whose caches and watchers must not hear of the shadow.
  const overrides: Partial<ts.CompilerHost> = {
    getSourceFile(fileName, options, onError) {
      const original = program.getSourceFile(fileName) as FullSourceFile | undefined;
      return original ? fileOf(original, options) : host.getSourceFile(fileName, options, onError);
    },
    // An import that the compiler added resolves to nothing, which keeps it and costs nothing.
    resolveModuleNameLiterals: (literals, containingFile, _redirect, options, file) =>
      literals.map((literal) => {
        const original = program.getSourceFile(containingFile);
        const mode = ts.getModeForUsageLocation(file, literal, options);
        return (original && program.getResolvedModule(original, literal.text, mode)) ?? { resolvedModule: undefined };
      }),
  };
  const withoutCaches = Object.fromEntries(hooksOfBuilders.map((name) => [name, undefined]));
  return Object.assign(Object.create(host), withoutCaches, overrides);
}

/** Hooks through which watch and build hosts keep their caches. */
const hooksOfBuilders = [
  "getSourceFileByPath",
  "resolveModuleNames",
  "resolveTypeReferenceDirectives",
  "resolveTypeReferenceDirectiveReferences",
  "resolveLibrary",
  "getModuleResolutionCache",
  "hasInvalidatedResolutions",
  "hasInvalidatedLibResolutions",
  "onReleaseOldSourceFile",
  "onReleaseParsedCommandLine",
] as const;
