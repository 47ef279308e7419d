/**
 * The plugin for editors. tsserver loads it through the `main` of the package when a tsconfig.json names `backstitch`;
 * the same entry of the tsconfig.json makes ts-patch load `backstitch/transformer`.
 */
import type ts from "typescript";
import { compileFile, mayHoldDurable } from "../compile.ts";
import type { TypeScript } from "../ir.ts";
import { version } from "../output/version.ts";
import { createProject, type Project } from "./project.ts";

const compiler = { version, mayHoldDurable, compileFile };

/** On a language service that has our diagnostics: two entries in a tsconfig.json add them once. */
const extended = Symbol.for("backstitch.extended");

/**
 * Makes the plugin, as tsserver asks for it.
 *
 * @returns a plugin that adds the compiler's diagnostics to TypeScript's: errors and warnings to the semantic ones, hints
 *   to the suggestions. Everything else of the language service stays TypeScript's own view of the author's files.
 */
export default function init({ typescript }: { readonly typescript: TypeScript }): ts.server.PluginModule {
  return {
    create: (info) => (extended in info.languageService ? info.languageService : withDiagnostics(typescript, info)),
  };
}

function withDiagnostics(ts: TypeScript, info: ts.server.PluginCreateInfo): ts.LanguageService {
  const { languageService } = info;
  const projects = new WeakMap<ts.Program, Project>();

  /** A language service makes a new program for each change, and keeps it until the next one. */
  const projectOf = (program: ts.Program): Project => {
    let project = projects.get(program);
    if (!project) {
      project = createProject(ts, program, hostOf(ts, info), compiler);
      projects.set(program, project);
    }
    return project;
  };

  /** Ours in a file. What goes wrong in here must not take TypeScript's diagnostics away. */
  const diagnosticsOf = (fileName: string): readonly ts.Diagnostic[] => {
    try {
      const program = languageService.getProgram();
      const file = program?.getSourceFile(fileName);
      return (program && file && projectOf(program).compile(file)?.diagnostics) ?? [];
    } catch (error) {
      info.project.projectService.logger.info(
        `backstitch: ${fileName}: ${error instanceof Error ? error.stack : error}`,
      );
      return [];
    }
  };

  const isHint = ({ category }: ts.Diagnostic) => category === ts.DiagnosticCategory.Suggestion;
  const service = {
    ...languageService,
    [extended]: true,
    getSemanticDiagnostics: (fileName: string) => [
      ...languageService.getSemanticDiagnostics(fileName),
      ...diagnosticsOf(fileName).filter((diagnostic) => !isHint(diagnostic)),
    ],
    getSuggestionDiagnostics: (fileName: string) => [
      ...languageService.getSuggestionDiagnostics(fileName),
      ...diagnosticsOf(fileName).filter((diagnostic): diagnostic is ts.DiagnosticWithLocation => isHint(diagnostic)),
    ],
  } satisfies ts.LanguageService & { [extended]: true };
  return service;
}

/** Reads files as the editor's project does. */
function hostOf(ts: TypeScript, { languageServiceHost }: ts.server.PluginCreateInfo) {
  return {
    readFile: (path: string) => languageServiceHost.readFile?.(path) ?? ts.sys.readFile(path),
    fileExists: (path: string) => languageServiceHost.fileExists?.(path) ?? ts.sys.fileExists(path),
  };
}
