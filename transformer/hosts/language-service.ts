/**
 * The plugin for editors. tsserver loads it through the `main` of the package when a tsconfig.json names `backstitch`;
 * the same entry of the tsconfig.json makes ts-patch load `backstitch/transformer`.
 */
import type ts from "typescript";

/**
 * Makes the plugin, as tsserver asks for it.
 *
 * @returns a plugin that hands on the project's language service as it is: editors show TypeScript's own view of the
 *   author's files, which compiled files never change
 */
export default function init(): ts.server.PluginModule {
  return { create: (info) => info.languageService };
}
