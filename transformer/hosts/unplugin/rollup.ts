/**
 * `backstitch/rollup`: the plugin for Rollup and Rolldown. It goes in front of the plugin that strips types.
 *
 * ```ts
 * // rollup.config.js
 * import backstitch from "backstitch/rollup";
 * import esbuild from "rollup-plugin-esbuild";
 *
 * export default { input: "src/main.ts", plugins: [backstitch(), esbuild()] };
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
const backstitch: UnpluginInstance<BackstitchOptions | undefined, false>["rollup"] = plugin.rollup;

export default backstitch;
