import type ts from "typescript";
import type { FilePlace } from "../compile.ts";

interface Package {
  readonly packageName: string;
  readonly folder: string;
}

/**
 * Finds the package that a file belongs to: that of the nearest package.json that has a name. A nested package.json without
 * a name (`{ "type": "module" }`) is not a package of its own.
 *
 * @returns a lookup from the path of a file to its place, empty when it is in no package; each folder is read once
 */
export function createFilePlaces(
  host: Pick<ts.CompilerHost, "readFile" | "fileExists">,
): (fileName: string) => FilePlace {
  const packages = new Map<string, Package | undefined>();

  const packageOf = (folder: string): Package | undefined => {
    if (packages.has(folder)) return packages.get(folder);
    const parent = parentFolder(folder);
    const packageName = readName(host, `${folder}/package.json`);
    const inherited = parent === folder ? undefined : packageOf(parent);
    const found = packageName === undefined ? inherited : { packageName, folder };
    packages.set(folder, found);
    return found;
  };
  return (fileName) => {
    const found = packageOf(parentFolder(fileName));
    return found ? { packageName: found.packageName, path: fileName.slice(found.folder.length + 1) } : {};
  };
}

/** TypeScript writes every path with slashes. The root is its own parent. */
function parentFolder(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? path : path.slice(0, end);
}

function readName(host: Pick<ts.CompilerHost, "readFile" | "fileExists">, path: string): string | undefined {
  if (!host.fileExists(path)) return undefined;
  try {
    const { name } = JSON.parse(host.readFile(path) ?? "{}") as { name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    // Not for this plugin to report: package managers and TypeScript say what is wrong with a package.json.
    return undefined;
  }
}
