/**
 * `backstitch/esbuild`: the plugin for esbuild.
 *
 * ```ts
 * // build.mjs
 * import backstitch from "backstitch/esbuild";
 * import { build } from "esbuild";
 *
 * await build({ entryPoints: ["src/main.ts"], bundle: true, platform: "node", plugins: [backstitch()] });
 * ```
 */
import type { UnpluginInstance } from "unplugin";
import type { BackstitchOptions } from "./options.ts";
import { plugin } from "./plugin.ts";

export type { BackstitchOptions } from "./options.ts";

/**
 * Makes the plugin.
 *
 * @param options see {@link BackstitchOptions}; all may be left out
 * @returns the plugin; a build in which a workflow file does not compile fails, at the author's position
 */
const backstitch: UnpluginInstance<BackstitchOptions | undefined, false>["esbuild"] = plugin.esbuild;

export default backstitch;
