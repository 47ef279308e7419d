import type ts from "typescript";
import type { ModulePlace } from "../ir.ts";

interface Package {
  readonly name: string;
  readonly folder: string;
}

/**
 * Finds the package that a file belongs to: that of the nearest package.json that has a name. A nested package.json
 * without one (`{ "type": "module" }`) is not a package of its own.
 *
 * @returns a lookup from the path of a file to its package and its place in that; each folder is read once
 */
export function createModulePlaces(
  host: Pick<ts.CompilerHost, "readFile" | "fileExists">,
): (fileName: string) => ModulePlace {
  const packages = new Map<string, Package | undefined>();

  const packageOfFolder = (folder: string): Package | undefined => {
    if (packages.has(folder)) return packages.get(folder);
    const parent = parentFolder(folder);
    const name = readName(host, `${folder}/package.json`);
    const above = parent === folder ? undefined : () => packageOfFolder(parent);
    const found = name === undefined ? above?.() : { name, folder };
    packages.set(folder, found);
    return found;
  };
  return (fileName) => {
    const found = packageOfFolder(parentFolder(fileName));
    // Where no package is, nothing says from where a path would be the same on every machine.
    if (found === undefined) return { modulePath: fileName.slice(fileName.lastIndexOf("/") + 1) };
    return { packageName: found.name, modulePath: fileName.slice(found.folder.length + 1) };
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
