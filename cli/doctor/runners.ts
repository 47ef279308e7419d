/** Programs that start or bundle TypeScript without tsc: what they make of a handler is not compiled. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Invocation } from "../project/scripts.ts";
import type { Facts, Script } from "./facts.ts";
import type { Check, Finding } from "./finding.ts";
import { durableFileBehind, testFiles } from "./reach.ts";
import { compileFirst, configFiles, goesWithoutTsPatch, remedy, routesOf } from "./routes.ts";

const starters = new Set([
  "tsx",
  "ts-node",
  "ts-node-esm",
  "ts-node-dev",
  "tsnd",
  "swc-node",
  "vite-node",
  "jiti",
  "nodemon",
]);
const others = new Set(["bun", "deno", "esbuild", "swc", "babel", "mocha", "ava"]);
/** Loaders that `node` and test runners are given. */
const loaders = /^(?:tsx|ts-node|@swc-node|@swc\/register|esbuild-register|jiti)(?:\/|$)/;
const noWatch = /^(?:watch|run|build|test|compile)$/;

/** Scripts that start, transpile or bundle a file with a durable function behind it. */
export const checkRunners: Check = (facts) =>
  facts.scripts.flatMap((script) => script.invocations.flatMap((each) => checkRunner(facts, script, each)));

function checkRunner(facts: Facts, script: Script, invocation: Invocation): Finding[] {
  const name = runnerOf(invocation);
  if (name === undefined || invocation.args.some((arg) => /^(?:.*=)?backstitch\//.test(arg))) return [];
  const entries = entriesOf(facts, invocation);
  const [found] = entries.flatMap((entry) => {
    const behind = durableFileBehind(entry, facts);
    return behind === undefined ? [] : [{ entry, behind }];
  });
  if (found === undefined) return [];
  const through = found.entry === found.behind ? "" : ` by way of ${facts.shown(found.entry)}`;
  return [
    {
      code: "runner-without-plugin",
      category: "error",
      where: `${facts.shown(facts.packageJson.path)}, script "${script.name}"`,
      what: `${name} takes ${facts.shown(found.behind)}${through} as it is written.`,
      why: `${name} strips types and runs no plugins of tsconfig.json: the handlers throw when they are registered.`,
      fix: fixFor(facts, invocation, found.entry),
    },
  ];
}

/** How a runner of TypeScript is called in messages; undefined for other programs. */
function runnerOf({ tool, args }: Invocation): string | undefined {
  const loader = args.map((arg) => arg.replace(/^--?[\w-]+=/, "")).find((arg) => loaders.test(arg));
  if (tool === "node") return loader === undefined ? (args.some(isSource) ? "Node" : undefined) : `node with ${loader}`;
  if (tool === "mocha" || tool === "ava") return loader === undefined ? undefined : `${tool} with ${loader}`;
  return starters.has(tool) || others.has(tool) ? tool : undefined;
}

function isSource(arg: string): boolean {
  return /\.[cm]?tsx?$/.test(arg);
}

/** The files that are started: those named, those in folders that are named, and the tests when tests are run. */
function entriesOf({ folder }: Facts, { tool, args }: Invocation): string[] {
  const named = args.filter((arg) => isSource(arg) && !arg.includes("*")).map((arg) => resolve(folder, arg));
  if (named.length > 0) return named.filter((path) => existsSync(path));
  const isTest = tool === "mocha" || tool === "ava" || args.some((arg) => /^(?:--)?test$|\*/.test(arg));
  if (isTest) return testFiles(folder);
  const folders = args.filter((arg) => !arg.startsWith("-") && !noWatch.test(arg)).map((arg) => resolve(folder, arg));
  return folders.filter((path) => existsSync(path) && statSync(path).isDirectory()).flatMap(sourcesUnder);
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : sourcesUnder(path);
    return isSource(path) ? [path] : [];
  });
}

function fixFor(facts: Facts, { tool, args }: Invocation, entry: string): string {
  if (tool === "esbuild") return remedy(facts, "esbuild", pluginFix("esbuild", "Call esbuild from a script"));
  if (others.has(tool)) return compileFirst(facts);
  const watch = args.some((arg) => /^(?:--)?watch$/.test(arg)) ? "--watch " : "";
  const test = args.includes("--test") ? "--test " : "";
  const target = test === "" ? facts.shown(entry) : args.filter((arg) => /\.[cm]?tsx?$/.test(arg)).join(" ");
  return remedy(
    facts,
    "register",
    `Write \`node --import backstitch/register ${watch}${test}${target}`.trimEnd().concat("`"),
  );
}

function pluginFix(entry: string, how: string): string {
  return `${how} with \`import backstitch from "backstitch/${entry}"\` and \`backstitch()\` among its plugins.`;
}

const bundlers = [
  { tool: "vite", entry: "vite", configs: ["vite"] },
  { tool: "rollup", entry: "rollup", configs: ["rollup"] },
  { tool: "webpack", entry: "webpack", configs: ["webpack"] },
  { tool: "rspack", entry: "rspack", configs: ["rspack"] },
  { tool: "tsup", entry: "esbuild", configs: ["tsup"] },
  { tool: "tsdown", entry: "rollup", configs: ["tsdown"] },
  { tool: "rolldown", entry: "rollup", configs: ["rolldown"] },
] as const;

/** Bundlers without our plugin. What they bundle is not known, so it is an error only where nothing else compiles. */
export const checkBundlers: Check = (facts) => {
  const routes = routesOf(facts);
  const compiledElsewhere = routes.tspc || goesWithoutTsPatch(facts);
  if (!facts.configs.some(({ durable }) => durable === undefined || durable.length > 0)) return [];
  const used = bundlers.filter(({ tool }) =>
    facts.scripts.some(({ invocations }) => invocations.some((each) => each.tool === tool)),
  );
  const found = used.flatMap(({ tool, entry, configs }): Finding[] => {
    const files = configFiles(facts.folder, ...configs);
    if (files.some(({ text }) => text.includes("backstitch/"))) return [];
    return [withoutPlugin(facts, tool, entry, files[0]?.path ?? facts.packageJson.path, compiledElsewhere)];
  });
  return [...found, ...esbuildScripts(facts, compiledElsewhere)];
};

/** `node build.mjs`, where that file calls esbuild. */
function esbuildScripts(facts: Facts, compiledElsewhere: boolean): Finding[] {
  const files = facts.scripts
    .flatMap(({ invocations }) => invocations)
    .filter(({ tool }) => tool === "node")
    .flatMap(({ args }) => args.filter((arg) => /\.[cm]?js$/.test(arg)).map((arg) => resolve(facts.folder, arg)));
  return [...new Set(files)]
    .filter((path) => existsSync(path) && !path.includes("node_modules"))
    .map((path) => ({ path, text: readFileSync(path, "utf8") }))
    .filter(({ text }) => /["']esbuild["']/.test(text) && !text.includes("backstitch/"))
    .map(({ path }) => withoutPlugin(facts, "esbuild", "esbuild", path, compiledElsewhere));
}

function withoutPlugin(facts: Facts, tool: string, entry: string, path: string, compiledElsewhere: boolean): Finding {
  return {
    code: "bundler-without-plugin",
    category: compiledElsewhere ? "warning" : "error",
    where: facts.shown(path),
    what: `${tool} runs without our plugin.`,
    why: "If it bundles TypeScript with handlers, and not the output of a build, they throw when they are registered.",
    fix: remedy(facts, entry, pluginFix(entry, `Configure ${tool}`)),
  };
}
