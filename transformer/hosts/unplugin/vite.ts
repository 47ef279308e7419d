/**
 * `backstitch/vite`: the plugin for Vite and vitest. It serves builds, the dev server and vitest.
 *
 * ```ts
 * // vite.config.ts
 * import backstitch from "backstitch/vite";
 * import { defineConfig } from "vite";
 *
 * export default defineConfig({ plugins: [backstitch()] });
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
const backstitch: UnpluginInstance<BackstitchOptions | undefined, false>["vite"] = plugin.vite;

export default backstitch;
