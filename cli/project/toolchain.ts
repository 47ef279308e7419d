/** Which compilers fit together. README.md has the same table. */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { overlayPackage } from "../../transformer/hosts/user-typescript.ts";
import { firstNativeTypeScript, firstTypeScript } from "./typescript.ts";
import { isBelow } from "./versions.ts";

/** The ranges that a project without any compiler gets. */
export const recommended = { typescript: "^6.0.3", tsPatch: "^3.3.0", overlay: "^6.0.2" } as const;

/** The same as a package manager is given them. */
export const install = { typescript: "typescript@6", tsPatch: "ts-patch@3", overlay: `${overlayPackage}@6` } as const;

/** Why a TypeScript from 5.8 to 6, a ts-patch and a Node do not work together; undefined when they do. */
export function mismatchOf(typescript: string, tsPatch: string, node: string): string | undefined {
  if (isBelow(tsPatch, "3.3.0")) return "ts-patch before 3.3 is not tested with any TypeScript that the plugin takes.";
  if (isBelow(tsPatch, "4.0.0")) return undefined;
  if (isBelow(typescript, "6.0.0")) return "ts-patch 4 refuses TypeScript 5: tspc stops.";
  if (isBelow(node, "22.15.0")) return "ts-patch 4 asks for Node 22.15 or later.";
  return undefined;
}

/** Whether a TypeScript has no compiler API, so that no plugin can run in it. Ranges like `latest` mean the newest one. */
export function isNative(typescript: string): boolean {
  return !/\d/.test(typescript) || !isBelow(typescript, firstNativeTypeScript);
}

export function isTooOld(typescript: string): boolean {
  return /\d/.test(typescript) && isBelow(typescript, firstTypeScript);
}

/** Whether `ts-patch install` has patched the installed TypeScript: then plain `tsc` runs plugins. */
export function isPatched(folder: string): boolean {
  return ["tsc.js", "_tsc.js"].some((name) => {
    const path = join(folder, "node_modules", "typescript", "lib", name);
    return existsSync(path) && beginOf(path) === patchHeader;
  });
}

const patchHeader = "/// tsp-module:";

/** The file has megabytes. */
function beginOf(path: string): string {
  const file = openSync(path, "r");
  const buffer = Buffer.alloc(patchHeader.length);
  readSync(file, buffer);
  closeSync(file);
  return buffer.toString("utf8");
}
