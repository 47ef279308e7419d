/**
 * `backstitch/webpack`: the plugin for webpack.
 *
 * ```ts
 * // webpack.config.js
 * import backstitch from "backstitch/webpack";
 *
 * export default { entry: "./src/main.ts", plugins: [backstitch()], module: { rules: [{ test: /\.ts$/, use: "swc-loader" }] } };
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
const backstitch: UnpluginInstance<BackstitchOptions | undefined, false>["webpack"] = plugin.webpack;

export default backstitch;
