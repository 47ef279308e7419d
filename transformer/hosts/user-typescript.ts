/** The TypeScript of the user's project, for hosts that no TypeScript started. */
import { createRequire } from "node:module";
import type { TypeScript } from "../ir.ts";

/** The package in which Microsoft publishes TypeScript 6 for projects that have 7: both stand side by side. */
export const overlayPackage = "@typescript/typescript6";

/** There is no TypeScript that can be used: `why` is a clause, "none is installed". */
export class NoTypeScriptError extends Error {
  readonly why: string;

  constructor(why: string) {
    super(`A TypeScript from 5.8 to 6 is needed, and ${why}. Run \`npm install --save-dev ${overlayPackage}\`.`);
    this.name = "NoTypeScriptError";
    this.why = why;
  }
}

/**
 * Loads the TypeScript that a file of the user's resolves, or the one beside it for the overlay; else one of those that
 * came with this package.
 *
 * @param fileName absolute path of the file
 * @param ownPlace where to look for it beside the user's project
 * @throws NoTypeScriptError when there is none, or only one without a compiler API in JavaScript
 */
export function loadUserTypeScript(fileName: string, ownPlace: string = import.meta.url): TypeScript {
  const found: string[] = [];
  for (const from of [fileName, ownPlace]) {
    const load = createRequire(from);
    for (const name of ["typescript", overlayPackage]) {
      const ts = loadPackage(load, name);
      if (ts === undefined) continue;
      if (isUsable(ts)) return ts as TypeScript;
      found.push(`${name} ${ts.version}`);
    }
  }
  throw new NoTypeScriptError(
    found.length === 0 ? "none is installed" : `${found[0]} has no compiler API that this version can use`,
  );
}

/** Version 7 has no compiler API in JavaScript. */
function isUsable(ts: Partial<TypeScript>): boolean {
  const [major = 0, minor = 0] = (ts.versionMajorMinor ?? "").split(".").map(Number);
  return typeof ts.createSourceFile === "function" && (major > 5 || (major === 5 && minor >= 8));
}

/** Undefined when there is no such package. */
function loadPackage(load: NodeJS.Require, name: string): Partial<TypeScript> | undefined {
  try {
    return load(name) as Partial<TypeScript>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
