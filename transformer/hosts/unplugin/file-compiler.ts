/** Compiles the files that a bundler hands over, with types where there is a tsconfig.json. */
import type ts from "typescript";
import type { Manifest } from "../../../runtime/manifest.ts";
import { compileFile, mayHoldDurable } from "../../compile.ts";
import type { TypeScript } from "../../ir.ts";
import { version } from "../../output/version.ts";
import { type CompiledText, compileText } from "../compile-text.ts";
import { createModulePlaces } from "../package-names.ts";
import { createProject, type Project } from "../project.ts";
import { createUserConfigs, type UserConfig } from "../user-config.ts";
import type { BackstitchOptions } from "./options.ts";
import { createUserProgram, type UserProgram } from "./user-program.ts";

/** The compiler of one plugin: it keeps the programs of the user's tsconfig.json files between builds. */
export interface FileCompiler {
  /**
   * Compiles a file.
   *
   * @param text the file as the bundler has it: as it is on disk, unless another plugin came first
   * @returns undefined when nothing in it is durable
   * @throws Error when another plugin changed what is durable in it
   */
  compile(fileName: string, text: string): CompiledText | undefined;
  /** Compiles a text that need not be what is on disk under its name. */
  compileVirtual(fileName: string, text: string): CompiledText | undefined;
  /** Tells that files on disk may have changed. */
  changed(): void;
}

export function createFileCompiler(ts: TypeScript, { types, tsconfig }: BackstitchOptions): FileCompiler {
  const programs = createPrograms(ts, types !== false, tsconfig);
  const placeOf = createModulePlaces(ts.sys);
  const compileVirtual = (fileName: string, text: string) => compileText(ts, fileName, text, placeOf(fileName));

  return {
    compile(fileName, text) {
      const onDisk = ts.sys.readFile(fileName);
      const own = text.replace(/^\uFEFF/, "");
      if (onDisk !== undefined && own !== onDisk) {
        assertSameFrames(fileName, compileVirtual(fileName, own), compileVirtual(fileName, onDisk));
      } else if (mayHoldDurable(own)) {
        const project = programs.projectWith(fileName, own);
        if (project) return compileIn(project.project, project.file);
      }
      return compileVirtual(fileName, own);
    },
    compileVirtual,
    changed: programs.changed,
  };
}

function compileIn(project: Project, file: ts.SourceFile): CompiledText | undefined {
  const compiled = project.compile(file);
  if (!compiled) return undefined;
  const { edits, manifest, errors } = compiled;
  return { edits, manifest, diagnostics: [...errors, ...project.takeWarnings()] };
}

interface Programs {
  /** A file in its program; undefined when it has none that holds this text. */
  projectWith(fileName: string, text: string): { project: Project; file: ts.SourceFile } | undefined;
  changed(): void;
}

function createPrograms(ts: TypeScript, types: boolean, tsconfig: string | undefined): Programs {
  const changes = { count: 0 };
  const configOf = createUserConfigs(ts, tsconfig);
  const programs = new Map<UserConfig, UserProgram>();
  const projects = new WeakMap<ts.Program, Project>();

  const programOf = (config: UserConfig): UserProgram => {
    const program = programs.get(config) ?? createUserProgram(ts, config, changes);
    programs.set(config, program);
    return program;
  };
  const projectOf = (program: ts.Program): Project => {
    const compiler = { version, mayHoldDurable, compileFile };
    const project = projects.get(program) ?? createProject(ts, program, ts.sys, compiler);
    projects.set(program, project);
    return project;
  };
  return {
    projectWith(fileName, text) {
      const config = types ? configOf(fileName) : undefined;
      if (!config) return undefined;
      if (programOf(config).holding(fileName)?.getSourceFile(fileName)?.text !== text) changes.count++;
      const program = programOf(config).holding(fileName);
      const file = program?.getSourceFile(fileName);
      return program && file?.text === text ? { project: projectOf(program), file } : undefined;
    },
    changed() {
      changes.count++;
    },
  };
}

/** Labels come from the author's text in every build. A plugin that changed them makes runs that no other build can resume. */
function assertSameFrames(fileName: string, found: CompiledText | undefined, original: CompiledText | undefined): void {
  if (framesOf(found?.manifest()) === framesOf(original?.manifest())) return;
  throw new Error(
    `Another plugin changed ${fileName} before backstitch() saw it, and with it the durable functions in it. ` +
      "Put backstitch() in front of the plugins that compile or rewrite TypeScript. One that reads the files itself " +
      "cannot be used beside it: for @rollup/plugin-typescript, docs/bundlers.md says what to do instead.",
  );
}

/** The durable functions of a file with their labels and slots, as text that can be compared. */
function framesOf(manifest: Manifest | undefined): string {
  const functions = manifest?.functions.map(({ code, labels }) => [
    code,
    Object.entries(labels).map(([label, { slots }]) => [label, slots.map(({ scope, name }) => [scope, name])]),
  ]);
  return JSON.stringify(functions ?? []);
}
