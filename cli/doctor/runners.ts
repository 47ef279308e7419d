/** Programs that start TypeScript, or translate it file by file, without tsc. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Invocation } from "../project/scripts.ts";
import type { Facts, Script } from "./facts.ts";
import type { Check, Finding } from "./finding.ts";
import { durableFileBehind, testFiles } from "./reach.ts";
import { compileFirst, pluginFix, remedy } from "./routes.ts";

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
/** Words between a program and what it is given. */
const subcommands = /^(?:watch|run|build|test|compile)$/;

/** Scripts that start or translate a file with a durable function behind it. */
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
  const from = found.entry === found.behind ? "" : ` (from ${facts.shown(found.entry)})`;
  return [
    {
      code: "runner-without-plugin",
      category: "error",
      where: `${facts.shown(facts.packageJson.path)}, script "${script.name}"`,
      what: `${name} loads ${facts.shown(found.behind)}${from} without the plugin.`,
      why: `${name} runs no plugins of tsconfig.json: the handlers of this file throw when they are registered.`,
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
  const folders = args
    .filter((arg) => !arg.startsWith("-") && !subcommands.test(arg))
    .map((arg) => resolve(folder, arg));
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
  if (tool === "esbuild") return pluginFix(facts, "esbuild", "Call esbuild from a script");
  if (others.has(tool)) return compileFirst(facts);
  const isTest = args.includes("--test");
  const words = [
    "node --import backstitch/register",
    ...(args.some((arg) => /^(?:--)?watch$/.test(arg)) ? ["--watch"] : []),
    ...(isTest ? ["--test", ...args.filter(isSource)] : [facts.shown(entry)]),
  ];
  return remedy(facts, "register", `Write \`${words.join(" ")}\``);
}
