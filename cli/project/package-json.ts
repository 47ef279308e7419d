/** The package.json of a project. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exitCodes, Failure } from "../failure.ts";

export interface PackageJson {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly value: {
    readonly name?: string;
    readonly scripts?: Readonly<Record<string, string>>;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
    readonly jest?: unknown;
  };
}

/**
 * Reads the nearest package.json, in a folder or above it.
 *
 * @throws Failure when there is none, or when it is not JSON
 */
export function readPackageJson(from: string): PackageJson {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (existsSync(path)) return parse(path, folder);
    if (dirname(folder) === folder) break;
  }
  throw new Failure(`There is no package.json in ${from} or above it. Make one with \`npm init\`.`, exitCodes.notFound);
}

function parse(path: string, folder: string): PackageJson {
  const text = readFileSync(path, "utf8");
  try {
    return { path, folder, text, value: JSON.parse(text) };
  } catch (error) {
    throw new Failure(`${path} is not valid JSON: ${(error as Error).message}. Mend it first.`);
  }
}

/** The range under which a package is listed, as a dependency of either kind. */
export function rangeOf({ value }: PackageJson, name: string): string | undefined {
  return value.dependencies?.[name] ?? value.devDependencies?.[name];
}
