/**
 * TypeScript 7 as a source of types. It runs in a process of its own, and what it exports for programs is not stable yet:
 * only versions that were tested are asked.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type ts from "typescript";
import type * as ast from "typescript-7/unstable/ast";
import type * as native from "typescript-7/unstable/sync";
import type { TypeQueries } from "../../check/type-queries.ts";
import type { TypeScript } from "../../ir.ts";
import { createNativeQueries, type NativeExports } from "./native-checker.ts";
import { nativeErrors } from "./native-diagnostics.ts";

/** Whether this version is one whose checker was tested. */
export function isTestedNative(version: string): boolean {
  return /^7\.0\./.test(version);
}

/** A project as TypeScript 7 sees it. */
export interface NativeProject {
  readonly queries: TypeQueries;
  /** TypeScript's own errors: those of the project as a whole, and of these files. */
  errorsIn(files: readonly ts.SourceFile[]): readonly ts.Diagnostic[];
}

/** The process of one TypeScript 7. Whoever opened it closes it. */
export class NativeTypeScript {
  readonly #exports: NativeExports;
  readonly #api: native.API;

  private constructor(exports: NativeExports, api: native.API) {
    this.#exports = exports;
    this.#api = api;
  }

  /**
   * Starts the TypeScript that a project has installed.
   *
   * @param folder of the project
   * @param name of the package, where it is installed under another one
   * @throws Error when it does not export what is asked, or cannot be started
   */
  static async open(folder: string, name = "typescript"): Promise<NativeTypeScript> {
    const load = createRequire(join(folder, "package.json"));
    const importFrom = (path: string): Promise<unknown> => import(pathToFileURL(load.resolve(`${name}/${path}`)).href);
    const sync = (await importFrom("unstable/sync")) as typeof native;
    const { SyntaxKind } = (await importFrom("unstable/ast")) as typeof ast;
    return new NativeTypeScript({ ...sync, SyntaxKind }, new sync.API({ cwd: folder }));
  }

  /**
   * Reads a project, which another TypeScript has parsed.
   *
   * @param configPath of the tsconfig.json that the program is of
   * @throws Error when TypeScript 7 makes another program of it
   */
  projectOf(ts: TypeScript, program: ts.Program, configPath: string): NativeProject {
    const snapshot = this.#api.updateSnapshot({ openProjects: [configPath] });
    const own = snapshot.getProject(configPath);
    if (!own) throw new Error(`it does not read ${configPath}`);
    const missing = program.getRootFileNames().find((name) => !own.program.getSourceFileMetadata(name));
    if (missing !== undefined) throw new Error(`it does not read ${missing}`);
    return {
      queries: createNativeQueries(ts, program, this.#exports, own),
      errorsIn: (files) => nativeErrors(program, own.program, files),
    };
  }

  close(): void {
    try {
      this.#api.close();
    } catch {
      // A process that has ended has nothing to close, and says so.
    }
  }
}
