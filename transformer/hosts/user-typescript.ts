/** The TypeScript of the user's project, for hosts that no TypeScript started. */
import { createRequire } from "node:module";
import type { TypeScript } from "../ir.ts";

/** Where TypeScript 6 is looked for when `typescript` is one without a compiler API in JavaScript. */
const namesOfTypeScript = ["typescript", "typescript-6"];

/**
 * Loads the TypeScript that a file of the user's resolves, else the one that came with this package.
 *
 * @param fileName absolute path of the file
 * @param ownPlace where to look for it beside the user's project
 * @throws Error when there is none, or only one without a compiler API; the message says what to install
 */
export function loadUserTypeScript(fileName: string, ownPlace: string = import.meta.url): TypeScript {
  const withoutApi: string[] = [];
  for (const from of [fileName, ownPlace]) {
    const load = createRequire(from);
    for (const name of namesOfTypeScript) {
      const found = loadPackage(load, name);
      if (found === undefined) continue;
      if (typeof found.createSourceFile === "function") return found as TypeScript;
      withoutApi.push(String(found.version));
    }
  }
  throw new Error(
    withoutApi.length === 0
      ? `backstitch compiles ${fileName} with the TypeScript of your project, and finds none: npm i -D typescript@6.0.3`
      : `TypeScript ${withoutApi[0]} has no compiler API in JavaScript, which backstitch compiles with. ` +
          "Install TypeScript 6 in its place (npm i -D typescript@6.0.3), or beside it under a name of its own " +
          "(npm i -D typescript-6@npm:typescript@6.0.3), where it is found by itself.",
  );
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
