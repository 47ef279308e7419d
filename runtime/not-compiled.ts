/** What to do about code that the compiler did not see. */
import { hasCode } from "./engine/registry.ts";
import { detectRunner, type ProcessTraits } from "./runner.ts";

const pluginEntry = '{ "name": "backstitch", "transform": "backstitch/transformer", "transformProgram": true }';

/**
 * Sentences that name the plugin entry, the build command and, when there is one, what to give the runner that left it out. Where
 * other code is compiled, the compiler was there, and did not see what the function is.
 */
export function buildAdvice(traits: ProcessTraits = process, isBuilt = hasCode()): string {
  if (isBuilt) return unseen;
  const runner = detectRunner(traits);
  const build = `Add ${pluginEntry} to "compilerOptions.plugins" in tsconfig.json and build with \`tspc\`; bundlers have plugins of their own, such as backstitch/esbuild.`;
  if (runner === undefined) return build;
  return `${build} This process runs under ${runner}, which does not apply compiler plugins: ${remedyUnder(runner)}.`;
}

const unseen =
  "Other code of this process is compiled: if this file is as well, without errors, the compiler did not see that the function is a handler. " +
  "Write it in the call of createFunction(), give its parameter the type `Context` of backstitch, or wrap it in durable(). Else build this file as the others.";

function remedyUnder(runner: string): string {
  if (runner === "vitest") return "add `backstitch()` of backstitch/vite to `plugins` in vitest.config.ts";
  if (["bun", "deno", "jest"].includes(runner)) return "run the emitted JavaScript";
  return "run the emitted JavaScript, or give node `--import backstitch/register`";
}
