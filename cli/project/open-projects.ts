/** Opens the projects that a tsconfig.json describes, with the compiler ready for each. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type tsTypes from "typescript";
import { compileFile, mayHoldDurable } from "../../transformer/compile.ts";
import { createProject, type PluginOptions } from "../../transformer/hosts/project.ts";
import { version } from "../../transformer/output/version.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { namedConfig } from "./tsconfig-chain.ts";
import { loadTypeScript } from "./typescript.ts";
import { openUserTypes, type TypedProject, type UserTypes } from "./user-types.ts";

export type TypeScript = typeof tsTypes;

/** One tsconfig.json with the program that it describes, and what the compiler makes of each file. */
export interface OpenProject extends TypedProject {
  readonly ts: TypeScript;
  readonly configPath: string;
  readonly program: tsTypes.Program;
  readonly host: tsTypes.CompilerHost;
}

/**
 * Opens a project for as long as it is used. One that lists no files of its own, only references, stands for those that it
 * refers to.
 *
 * @param option a tsconfig.json or a folder that holds one; by default the nearest from the working directory upwards
 * @param overrides options in place of those of the tsconfig.json
 * @param use is given the projects
 * @throws Failure when there is no tsconfig.json, or no TypeScript to read it with
 */
export async function withProjects<Result>(
  option: string | undefined,
  overrides: PluginOptions | undefined,
  terminal: Terminal,
  use: (projects: readonly OpenProject[]) => Result,
): Promise<Result> {
  const configPath = findConfig(option);
  const folder = dirname(configPath);
  const ts = loadTypeScript(folder);
  const configs = parseConfigs(ts, configPath, terminal);
  const types = await openUserTypes(ts, folder, terminal);
  try {
    return use(configs.map(([path, parsed]) => open(ts, path, parsed, types, overrides)));
  } finally {
    types.close();
  }
}

/** @throws Failure when there is no such file */
function findConfig(option: string | undefined): string {
  if (option !== undefined) return namedConfig(option);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const file = join(folder, "tsconfig.json");
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) break;
  }
  throw new Failure(
    `There is no tsconfig.json in ${process.cwd()} or above it. Give its path to --project, or run \`backstitch init\`.`,
    exitCodes.notFound,
  );
}

function parseConfigs(
  ts: TypeScript,
  configPath: string,
  terminal: Terminal,
  seen = new Set<string>(),
): [string, tsTypes.ParsedCommandLine][] {
  if (seen.has(configPath)) return [];
  seen.add(configPath);
  const report = (diagnostics: readonly tsTypes.Diagnostic[]) =>
    terminal.messages.write(ts.formatDiagnostics(diagnostics, formatHost(ts)));
  const parsed = ts.getParsedCommandLineOfConfigFile(configPath, undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => report([diagnostic]),
  });
  if (parsed === undefined) {
    throw new Failure(`${configPath} cannot be read. Run \`tsc --showConfig -p ${configPath}\`.`, exitCodes.notFound);
  }
  const references = parsed.projectReferences ?? [];
  if (parsed.fileNames.length === 0 && references.length > 0) {
    return references.flatMap((reference) =>
      parseConfigs(ts, ts.resolveProjectReferencePath(reference), terminal, seen),
    );
  }
  report(parsed.errors);
  return [[configPath, parsed]];
}

function open(
  ts: TypeScript,
  configPath: string,
  parsed: tsTypes.ParsedCommandLine,
  types: UserTypes,
  overrides: PluginOptions | undefined,
): OpenProject {
  const { fileNames: rootNames, options, projectReferences } = parsed;
  // With parents of nodes: where types are TypeScript 7's, no checker of this program needs to be made for them.
  const host = ts.createCompilerHost(options, true);
  const program = ts.createProgram({ rootNames, options, host, ...(projectReferences && { projectReferences }) });
  const compiler = { version, mayHoldDurable, compileFile };
  const typed = types.of(program, configPath, (queries) =>
    createProject(ts, program, host, compiler, overrides, queries),
  );
  return { ts, configPath, program, host, ...typed };
}

/** How TypeScript prints paths: relative to the working directory. */
export function formatHost(ts: TypeScript): tsTypes.FormatDiagnosticsHost {
  return {
    getCurrentDirectory: () => process.cwd(),
    getCanonicalFileName: (name) => (ts.sys.useCaseSensitiveFileNames ? name : name.toLowerCase()),
    getNewLine: () => "\n",
  };
}
