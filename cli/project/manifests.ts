/** Manifests that builds wrote: one file, or all those of a folder. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CODE_FORMAT, type Manifest } from "../../runtime/manifest.ts";
import { exitCodes, Failure } from "../failure.ts";
import { compileProject } from "./compile-project.ts";
import type { OpenProject } from "./open-projects.ts";

const ending = ".backstitch.json";

/**
 * Reads the manifests of a build.
 *
 * @param path a manifest, a file with a list of them, or a folder that holds some at any depth
 * @throws Failure when there is nothing at the path, or something else
 */
export function readManifests(path: string): Manifest[] {
  requirePath(path);
  if (!statSync(path).isDirectory()) return readManifestFile(path);
  const found = readdirSync(path, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(ending) && !/(^|[\\/])node_modules[\\/]/.test(name),
  );
  if (found.length === 0) {
    throw new Failure(`${path} holds no manifest (*${ending}). Build the project with tspc first.`, exitCodes.notFound);
  }
  return found.sort().flatMap((name) => readManifestFile(join(path, name)));
}

/** @throws Failure when there is nothing at the path */
export function requirePath(path: string): void {
  if (!existsSync(path)) throw new Failure(`There is no ${path}.`, exitCodes.notFound);
}

function readManifestFile(path: string): Manifest[] {
  const read = parse(readFileSync(path, "utf8"));
  const manifests = Array.isArray(read) ? (read as unknown[]) : [read];
  if (manifests.length > 0 && manifests.every(isManifest)) return manifests;
  const found = formatOf(manifests[0]);
  throw new Failure(
    found === undefined
      ? `${path} is no manifest. The compiler writes them beside the JavaScript, as *${ending}.`
      : `${path} is a manifest of format ${found}, known is ${CODE_FORMAT}. Build it again with this version.`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is Manifest {
  if (formatOf(value) !== CODE_FORMAT) return false;
  const { functions } = value as Partial<Manifest>;
  return Array.isArray(functions) && functions.every((fn) => typeof fn?.layout === "object");
}

function formatOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as Partial<Manifest>).format : undefined;
}

/** The manifests of the files of a project, as a build would write them. */
export function manifestsOf(projects: readonly OpenProject[]): Manifest[] {
  return projects.flatMap((project) => compileProject(project).compiled.map(({ manifest }) => manifest()));
}
