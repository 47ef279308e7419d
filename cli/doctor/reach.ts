/** Which durable functions a program loads, followed through its relative imports. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Facts } from "./facts.ts";

/** `from "./a.js"`, `import "./a.js"`, `import("./a.js")`, `require("./a.js")`, `vi.mock` and its like left out. */
const imports = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*["'](\.[^"']*)["']/g;
const isTypeScript = /(?<!\.d)\.[cm]?tsx?$/;

/**
 * Finds the first file with a durable function that an entry loads as TypeScript.
 *
 * @param entry path of the file that is started
 * @returns undefined when there is none, also when the entry is JavaScript, which was compiled before
 */
export function durableFileBehind(entry: string, facts: Facts): string | undefined {
  const seen = new Set<string>();
  const visit = (path: string): string | undefined => {
    if (seen.has(path) || !isTypeScript.test(path)) return undefined;
    seen.add(path);
    if (facts.isDurable(path)) return path;
    for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(imports)) {
      const next = sourceOf(resolve(dirname(path), specifier));
      const found = next && visit(next);
      if (found) return found;
    }
    return undefined;
  };
  const first = sourceOf(entry);
  return first && visit(first);
}

/** `./a.js` may be written for `a.ts`, `./a` for it as well or for `a/index.ts`. */
function sourceOf(path: string): string | undefined {
  const candidates = [
    path,
    path.replace(/\.([cm]?)jsx?$/, ".$1ts"),
    path.replace(/\.jsx?$/, ".tsx"),
    ...[".ts", ".tsx", ".mts", ".cts", "/index.ts", "/index.tsx"].map((end) => path + end),
  ];
  return candidates.find((each) => isTypeScript.test(each) && existsSync(each) && statSync(each).isFile());
}

/** The files of a package that test runners take for tests by their names. */
export function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return /^(?:\..*|node_modules|dist|build|coverage)$/.test(entry.name) ? [] : testFiles(path);
    }
    return /\.(?:test|spec)\.[cm]?tsx?$/.test(entry.name) ? [path] : [];
  });
}
