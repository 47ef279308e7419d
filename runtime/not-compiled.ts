/** What to do about code that the compiler did not see. */
import { detectRunner, type ProcessTraits } from "./runner.ts";

const pluginEntry = '{ "name": "backstitch", "transform": "backstitch/transformer", "transformProgram": true }';

/** Sentences that name the plugin entry, the build command and, when there is one, the runner that left the plugin out. */
export function buildAdvice(traits: ProcessTraits = process): string {
  const runner = detectRunner(traits);
  const build = `Add ${pluginEntry} to "compilerOptions.plugins" in tsconfig.json and build with \`tspc\`.`;
  if (runner === undefined) return build;
  return `${build} This process runs under ${runner}, which does not apply compiler plugins: run the emitted JavaScript.`;
}
