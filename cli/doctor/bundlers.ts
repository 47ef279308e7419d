/** Bundlers without our plugin. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Facts } from "./facts.ts";
import type { Check, Finding } from "./finding.ts";
import { configFiles, goesWithoutTsPatch, pluginFix, routesOf } from "./routes.ts";

/** Which of our plugins a bundler takes. */
const bundlers = {
  vite: "vite",
  rollup: "rollup",
  rolldown: "rollup",
  tsdown: "rollup",
  webpack: "webpack",
  rspack: "rspack",
  tsup: "esbuild",
} as const;

export const checkBundlers: Check = (facts) => {
  const hasHandlers = facts.configs.some(({ durable }) => durable === undefined || durable.length > 0);
  if (!hasHandlers) return [];
  const invocations = facts.scripts.flatMap((script) => script.invocations);
  const used = Object.entries(bundlers).filter(([tool]) => invocations.some((each) => each.tool === tool));
  const found = used.flatMap(([tool, entry]) => {
    const configs = configFiles(facts.folder, tool);
    const { path } = configs[0] ?? facts.packageJson;
    return configs.some(({ text }) => text.includes("backstitch/")) ? [] : [withoutPlugin(facts, tool, entry, path)];
  });
  return [...found, ...checkEsbuild(facts)];
};

/** esbuild has no configuration: `node build.mjs` calls it. */
function checkEsbuild(facts: Facts): Finding[] {
  const files = facts.scripts
    .flatMap(({ invocations }) => invocations)
    .filter(({ tool }) => tool === "node")
    .flatMap(({ args }) => args.filter((arg) => /\.[cm]?js$/.test(arg)).map((arg) => resolve(facts.folder, arg)))
    .filter((path) => existsSync(path) && !path.includes("node_modules"));
  return [...new Set(files)]
    .map((path) => ({ path, text: readFileSync(path, "utf8") }))
    .filter(({ text }) => /["']esbuild["']/.test(text) && !text.includes("backstitch/"))
    .map(({ path }) => withoutPlugin(facts, "esbuild", "esbuild", path));
}

/** What is bundled is not known, it may be the output of a build: so it is an error only where nothing else compiles. */
function withoutPlugin(facts: Facts, tool: string, entry: string, path: string): Finding {
  return {
    code: "bundler-without-plugin",
    category: routesOf(facts).tspc || goesWithoutTsPatch(facts) ? "warning" : "error",
    where: facts.shown(path),
    what: `${tool} runs without our plugin.`,
    why: "If it bundles TypeScript with handlers, and not the output of a build, they throw when they are registered.",
    fix: pluginFix(facts, entry, `Configure ${tool}`),
  };
}
