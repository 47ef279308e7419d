/** What to do about code that the compiler did not see. */
import { detectRunner, type ProcessTraits } from "./runner.ts";

const pluginEntry = '{ "name": "backstitch", "transform": "backstitch/transformer", "transformProgram": true }';

/** Sentences that name the plugin entry, the build command and, when there is one, what to give the runner that left it out. */
export function buildAdvice(traits: ProcessTraits = process): string {
  const runner = detectRunner(traits);
  const build = `Add ${pluginEntry} to "compilerOptions.plugins" in tsconfig.json and build with \`tspc\`; bundlers have plugins of their own, such as backstitch/esbuild.`;
  if (runner === undefined) return build;
  return `${build} This process runs under ${runner}, which does not apply compiler plugins: ${remedyUnder(runner)}.`;
}

function remedyUnder(runner: string): string {
  if (runner === "vitest") return "add `backstitch()` of backstitch/vite to `plugins` in vitest.config.ts";
  if (["bun", "deno", "jest"].includes(runner)) return "run the emitted JavaScript";
  return "run the emitted JavaScript, or give node `--import backstitch/register`";
}
