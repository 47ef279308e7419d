/** Finds a TypeScript that has a compiler API in JavaScript: the user's own, or the one installed for the overlay. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type tsTypes from "typescript";
import { loadUserTypeScript, NoTypeScriptError, overlayPackage } from "../../transformer/hosts/user-typescript.ts";
import { exitCodes, Failure } from "../failure.ts";
import { installCommand } from "./package-manager.ts";

/** The first version that works, and the first that has no compiler API. */
export const firstTypeScript = "5.8.0";
export const firstNativeTypeScript = "7.0.0";

/**
 * Loads TypeScript for a project.
 *
 * @param folder where the project stands; its own packages come first, those beside this one second
 * @throws Failure when there is none that can be used, with the command that installs one
 */
export function loadTypeScript(folder: string): typeof tsTypes {
  try {
    return loadUserTypeScript(join(folder, "package.json"));
  } catch (error) {
    if (!(error instanceof NoTypeScriptError)) throw error;
    const command = installCommand(folder, { dev: true }, overlayPackage);
    throw new Failure(
      `A TypeScript from 5.8 to 6 is needed, and ${error.why}. Run \`${command}\`.`,
      exitCodes.notFound,
    );
  }
}

/** The version of a package as a module in `folder` would load it; undefined when it is not installed. */
export function versionIn(folder: string, name: string): string | undefined {
  return installedVersion(name, createRequire(join(folder, "package.json")));
}

function installedVersion(name: string, load: NodeJS.Require): string | undefined {
  // Not `resolve`: a package need not export its package.json.
  for (const modules of load.resolve.paths(name) ?? []) {
    const path = join(modules, name, "package.json");
    if (existsSync(path)) return (JSON.parse(readFileSync(path, "utf8")) as { version?: string }).version;
  }
  return undefined;
}
