/** Which tool runs TypeScript files in this process, for the message that a handler was not compiled. */

/** The parts of `process` that tell. */
export interface ProcessTraits {
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/** Loaders are given to node by a path or a package name: `--import tsx`, `--loader ts-node/esm`, `-r @swc/register`. */
const loaders: readonly (readonly [pattern: RegExp, runner: string])[] = [
  [/(^|[\\/=])tsx([\\/]|$)/, "tsx"],
  [/(^|[\\/=])ts-node(-esm|-script|-transpile-only|-dev)?([\\/]|$)/, "ts-node"],
  [/(^|[\\/=])@swc(-node)?[\\/]/, "swc"],
  [/(^|[\\/=])(esbuild-register|esbuild-runner|esr)([\\/]|$)/, "esbuild"],
  [/(^|[\\/=])jiti([\\/]|$)/, "jiti"],
  [/^--experimental-(strip|transform)-types$/, "node's type stripping"],
];

/** Name of the runner; undefined when nothing gives it away. */
export function detectRunner({ execArgv, argv, env, versions }: ProcessTraits): string | undefined {
  if (versions["bun"] !== undefined) return "bun";
  if (versions["deno"] !== undefined) return "deno";
  if (env["VITEST"] !== undefined) return "vitest";
  if (env["JEST_WORKER_ID"] !== undefined) return "jest";
  const texts = [...execArgv, ...(env["NODE_OPTIONS"] ?? "").split(/\s+/), argv[1] ?? ""];
  for (const [pattern, runner] of loaders) {
    if (texts.some((text) => pattern.test(text))) return runner;
  }
  return /\.[cm]?tsx?$/.test(argv[1] ?? "") ? "node's type stripping" : undefined;
}
