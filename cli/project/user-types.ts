/**
 * Where types come from. Files are parsed by a TypeScript with a compiler API in JavaScript; in a project with TypeScript 7
 * the types are that one's all the same, so that what is reported agrees with what the user's compiler says.
 */
import { relative } from "node:path";
import type tsTypes from "typescript";
import type { Manifest } from "../../runtime/manifest.ts";
import type { TypeQueries } from "../../transformer/check/type-queries.ts";
import type { Project } from "../../transformer/hosts/project.ts";
import { isTestedNative, NativeTypeScript } from "../../transformer/hosts/queries/native-typescript.ts";
import type { Terminal } from "../terminal.ts";
import { isNative } from "./toolchain.ts";
import { versionIn } from "./typescript.ts";

type TypeScript = typeof tsTypes;

export interface UserTypes {
  /** @param compile gives the results with these queries; without any, with those of the program's own checker */
  of(program: tsTypes.Program, configPath: string, compile: (queries?: TypeQueries) => Project): TypedProject;
  close(): void;
}

/** Files that are compiled with types. */
export interface TypedProject {
  readonly project: Project;
  /** TypeScript's own errors: those of the project as a whole, and of these files. */
  typeErrors(files: readonly tsTypes.SourceFile[]): readonly tsTypes.Diagnostic[];
}

/**
 * @param ts parses the files
 * @param folder of the user's project
 * @returns what is to be closed when nothing more is asked
 */
export async function openUserTypes(ts: TypeScript, folder: string, terminal: Terminal): Promise<UserTypes> {
  const version = versionIn(folder, "typescript");
  if (version === undefined || !isNative(version)) return typesOfProgram;
  const say: Say = (where, why) =>
    terminal.messages.write(`Types${where} are those of TypeScript ${ts.version}, not of ${version}: ${why}.\n`);
  if (!isTestedNative(version)) {
    say("", "backstitch asks the checker of TypeScript 7.0 only");
    return typesOfProgram;
  }
  try {
    return typesOfNative(await NativeTypeScript.open(folder), ts, say);
  } catch (error) {
    say("", firstLineOf(error));
    return typesOfProgram;
  }
}

const typesOfProgram: UserTypes = {
  of: (program, _configPath, compile) => ({
    project: compile(),
    typeErrors: (files) => errorsOfProgram(program, files),
  }),
  close() {},
};

function errorsOfProgram(
  program: tsTypes.Program,
  files: readonly tsTypes.SourceFile[],
): readonly tsTypes.Diagnostic[] {
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ];
}

/** Tells that the types of TypeScript 7 were not to be had. */
type Say = (where: string, why: string) => void;

function typesOfNative(native: NativeTypeScript, ts: TypeScript, say: Say): UserTypes {
  /** Asks TypeScript 7, and another where it does not answer. */
  const either = <Answer>(first: () => Answer, second: () => Answer): Answer => {
    try {
      return first();
    } catch (error) {
      say("", firstLineOf(error));
      return second();
    }
  };
  return {
    of: (program, configPath, compile) =>
      either(
        () => {
          const { queries, errorsIn } = native.projectOf(ts, program, configPath);
          return {
            project: withSecond(compile(queries), compile, say),
            typeErrors: (files) =>
              either(
                () => errorsIn(files),
                () => errorsOfProgram(program, files),
              ),
          };
        },
        () => typesOfProgram.of(program, configPath, compile),
      ),
    close: () => native.close(),
  };
}

/** What the first cannot compile, because a question about its types was not answered, the second does. */
function withSecond(first: Project, makeSecond: () => Project, say: Say): Project {
  let second: Project | undefined;
  const failed = new Set<tsTypes.SourceFile>();
  const answer = <Answer>(file: tsTypes.SourceFile, ask: (project: Project) => Answer): Answer => {
    if (!failed.has(file)) {
      try {
        return ask(first);
      } catch (error) {
        failed.add(file);
        say(` in ${relative(process.cwd(), file.fileName).replaceAll("\\", "/")}`, firstLineOf(error));
      }
    }
    second ??= makeSecond();
    return ask(second);
  };
  const compile: Project["compile"] = (file) => {
    const compiled = answer(file, (project) => project.compile(file));
    // Its types are asked for later.
    const manifest = () => answer(file, (project) => project.compile(file)?.manifest()) as Manifest;
    return compiled && { ...compiled, manifest };
  };
  return {
    writesManifests: first.writesManifests,
    isCandidate: first.isCandidate,
    compile,
    takeWarnings: () => [...first.takeWarnings(), ...(second?.takeWarnings() ?? [])],
  };
}

/** Errors of modules and of the other process have a stack in their message. */
function firstLineOf(error: unknown): string {
  const [line = ""] = String(error instanceof Error ? error.message : error).split("\n");
  return line.replace(/\.$/, "");
}
