import type ts from "typescript";

/**
 * Finds the name of the package that a file belongs to: that of the nearest package.json that has one. A nested
 * package.json without a name (`{ "type": "module" }`) is not a package of its own.
 *
 * @returns a lookup from the path of a file to the name, undefined when there is none; each folder is read once
 */
export function createPackageNames(
  host: Pick<ts.CompilerHost, "readFile" | "fileExists">,
): (fileName: string) => string | undefined {
  const names = new Map<string, string | undefined>();

  const nameOfFolder = (folder: string): string | undefined => {
    if (names.has(folder)) return names.get(folder);
    const parent = parentFolder(folder);
    const name = readName(host, `${folder}/package.json`) ?? (parent === folder ? undefined : nameOfFolder(parent));
    names.set(folder, name);
    return name;
  };
  return (fileName) => nameOfFolder(parentFolder(fileName));
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
