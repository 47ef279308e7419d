/** The program of one of the user's tsconfig.json files, kept and brought up to date for as long as a plugin lives. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "../../ir.ts";
import type { UserConfig } from "../user-config.ts";

/** A program that follows the files on disk. */
export interface UserProgram {
  /** The program as of the last change; the same object when nothing changed. `fileName` is a file that it must hold. */
  holding(fileName: string): ts.Program | undefined;
}

/** Which files may have changed on disk: all of them, each time that `count` does. */
export interface Changes {
  readonly count: number;
}

/** Makes a program of a tsconfig.json. It parses what changed only, and reads each file at most once per change. */
export function createUserProgram(ts: TypeScript, config: UserConfig, changes: Changes): UserProgram {
  const roots = new Set(config.fileNames);
  const host: ts.LanguageServiceHost = {
    ...createHost(ts, config, versionsOf(changes)),
    getScriptFileNames: () => [...roots],
    // While this stays the same, nothing else is asked.
    getProjectVersion: () => `${changes.count} ${roots.size}`,
  };
  const service = ts.createLanguageService(host);
  return {
    holding(fileName) {
      roots.add(fileName);
      return service.getProgram();
    },
  };
}

function createHost(
  ts: TypeScript,
  { path, options, references }: UserConfig,
  versionOf: (fileName: string) => string,
): Omit<ts.LanguageServiceHost, "getScriptFileNames"> {
  // Where output goes is up to the bundler.
  const { outFile: _, ...settings } = options;
  return {
    ...ts.sys,
    getCompilationSettings: () => settings,
    getScriptVersion: versionOf,
    getScriptSnapshot(fileName) {
      const text = ts.sys.readFile(fileName);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => dirname(path),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getProjectReferences: () => references,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
  };
}

/** The version of a file is when it was written and how long it is. */
function versionsOf(changes: Changes): (fileName: string) => string {
  const known = new Map<string, { readonly at: number; readonly version: string }>();
  return (fileName) => {
    const last = known.get(fileName);
    if (last?.at === changes.count) return last.version;
    const found = statSync(fileName, { throwIfNoEntry: false });
    const version = found ? `${found.mtimeMs} ${found.size}` : "";
    known.set(fileName, { at: changes.count, version });
    return version;
  };
}
