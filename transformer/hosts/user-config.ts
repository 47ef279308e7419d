/** The tsconfig.json files of the user's, for hosts that no TypeScript started. */
import { dirname, resolve } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "../ir.ts";

/** A tsconfig.json that was read, with what it extends. */
export interface UserConfig {
  readonly path: string;
  readonly options: ts.CompilerOptions;
  /** The files that it names and includes. */
  readonly fileNames: readonly string[];
  readonly references: readonly ts.ProjectReference[];
}

/**
 * Makes the look-up of the tsconfig.json that a file belongs to: the nearest one above it, or the one among its
 * references that includes the file. Each is read once.
 *
 * @param tsconfig path of the one to use for every file, in place of the nearest
 * @returns a look-up that gives undefined for a file without a tsconfig.json and throws an Error for one that cannot be read
 */
export function createUserConfigs(ts: TypeScript, tsconfig?: string): (fileName: string) => UserConfig | undefined {
  const read = new Map<string, UserConfig>();
  const owners = new Map<string, UserConfig>();
  const nearest = new Map<string, string | undefined>();

  const configAt = (path: string): UserConfig => {
    const known = read.get(path) ?? readConfig(ts, path);
    read.set(path, known);
    return known;
  };
  const pathFor = (folder: string): string | undefined => {
    if (!nearest.has(folder)) nearest.set(folder, ts.findConfigFile(folder, ts.sys.fileExists));
    return nearest.get(folder);
  };
  /** A configuration and all that it refers to; references that go in circles are TypeScript's to report. */
  const withReferences = (config: UserConfig, found = new Set<UserConfig>()): Set<UserConfig> => {
    if (found.has(config)) return found;
    found.add(config);
    const paths = config.references.map((reference) => ts.resolveProjectReferencePath(reference));
    for (const path of paths) if (ts.sys.fileExists(path)) withReferences(configAt(path), found);
    return found;
  };
  const ownerOf = (config: UserConfig, fileName: string): UserConfig => {
    const isOwner = ({ fileNames }: UserConfig) => fileNames.includes(fileName);
    const all = [...withReferences(config)];
    // A file that is newer than what was read of the folders.
    const reread = () => all.map(({ path }) => readConfig(ts, path)).find(isOwner);
    const owner = all.find(isOwner) ?? (all.length > 1 ? reread() : undefined) ?? config;
    read.set(owner.path, owner);
    return owner;
  };
  return (fileName) => {
    const path = tsconfig === undefined ? pathFor(dirname(fileName)) : resolve(tsconfig).replaceAll("\\", "/");
    if (path === undefined) return undefined;
    const owner = owners.get(fileName) ?? ownerOf(configAt(path), fileName);
    owners.set(fileName, owner);
    return owner;
  };
}

/** TypeScript itself reports most of what may be wrong in a tsconfig.json; one that cannot be read gives no options at all. */
function readConfig(ts: TypeScript, path: string): UserConfig {
  const parsed = ts.getParsedCommandLineOfConfigFile(
    path,
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic({ messageText }) {
        throw new Error(`backstitch cannot read ${path}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
      },
    },
  );
  return {
    path,
    options: parsed?.options ?? {},
    fileNames: parsed?.fileNames ?? [],
    references: parsed?.projectReferences ?? [],
  };
}
