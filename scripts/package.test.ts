/** What a user of the published package gets, as far as package.json and the lock file tell. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./source-files.ts";

interface LockedPackage {
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

type Lock = Readonly<Record<string, LockedPackage>>;

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
};
const lock = (JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Lock }).packages;

test("nothing that a user installs has an install script", () => {
  const installed = installedByUser(lock);
  expect(installed).toContain("node_modules/magic-string");
  expect(installed).toContain("node_modules/ts-patch");
  expect(installed).toContain("node_modules/@libsql/linux-x64-gnu");
  expect(installed).not.toContain("node_modules/esbuild");
  expect(installed.filter((path) => lock[path]?.hasInstallScript)).toEqual([]);
});

test("an install script is found wherever it stands below a dependency", () => {
  const nested = installedByUser({
    "": { optionalDependencies: { a: "1" } },
    "node_modules/a": { dependencies: { b: "2" } },
    "node_modules/b": {},
    "node_modules/a/node_modules/b": {
      peerDependencies: { c: "1", missing: "1", own: "1" },
      peerDependenciesMeta: { own: { optional: true } },
      hasInstallScript: true,
    },
    "node_modules/c": {},
    "node_modules/own": { hasInstallScript: true },
    "node_modules/unrelated": { hasInstallScript: true },
  });
  expect(nested).toEqual(["node_modules/a", "node_modules/a/node_modules/b", "node_modules/c"]);
});

test("the lock file holds the optional packages of every platform, without which `npm ci` refuses it", () => {
  const missing = Object.entries(lock).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).filter((name) => resolve(lock, path, name) === undefined),
  );
  expect(missing).toEqual([]);
});

test("every entry names its types first, so that TypeScript finds them before the code", () => {
  for (const [entry, conditions] of Object.entries(manifest.exports)) {
    if (typeof conditions === "string") continue;
    expect(Object.keys(conditions), entry).toEqual(["types", "default"]);
  }
});

/**
 * Paths in the lock file of all that comes with the package, at every depth: dependencies, optional ones, and peers other
 * than optional ones, which a user has or has not.
 */
function installedByUser(packages: Lock): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta } = packages[path] ?? {};
    // Optional peers of the package itself are installed by whoever compiles; those of its dependencies are not ours.
    const isPeer = (name: string) => path === "" || !peerDependenciesMeta?.[name]?.optional;
    const peers = Object.keys(peerDependencies).filter(isPeer);
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const dependency = resolve(packages, path, name);
      if (dependency === undefined || found.has(dependency)) continue;
      found.add(dependency);
      visit(dependency);
    }
  };
  visit("");
  return [...found].sort();
}

/** Finds a package as Node does: in the `node_modules` beside `from`, then in those above it. */
function resolve(packages: Lock, from: string, name: string): string | undefined {
  const nested = `${from === "" ? "" : `${from}/`}node_modules/${name}`;
  if (nested in packages) return nested;
  return from === ""
    ? undefined
    : resolve(packages, from.slice(0, Math.max(0, from.lastIndexOf("node_modules/") - 1)), name);
}
