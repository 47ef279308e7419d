/** The ways in which a project may have its handlers compiled, and which of them it goes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isNative } from "../project/toolchain.ts";
import type { Facts, Script } from "./facts.ts";

interface Routes {
  /** `tspc`, or `tsc` that `ts-patch install` patched. */
  readonly tspc: boolean;
  /** `backstitch emit` behind `tsc`. */
  readonly emit: boolean;
  /** A plugin of a bundler, or the loader of Node. */
  readonly bundler: boolean;
}

export function routesOf(facts: Facts): Routes {
  const runs = (tool: string) =>
    facts.scripts.some(({ invocations }) => invocations.some((each) => each.tool === tool));
  return {
    tspc: !hasNativeTypeScript(facts) && (runs("tspc") || (facts.patched && runs("tsc"))),
    emit: facts.scripts.some(emits),
    bundler:
      facts.scripts.some(({ text }) => text.includes("backstitch/register")) ||
      configFiles(facts.folder).some(({ text }) => /["']backstitch\/(?!sqlite|testing|compiler|internal)/.test(text)),
  };
}

/** Whether the handlers are compiled without ts-patch. */
export function goesWithoutTsPatch(facts: Facts): boolean {
  const { tspc, emit, bundler } = routesOf(facts);
  return !tspc && (emit || bundler);
}

export function hasNativeTypeScript({ versions: { typescript } }: Facts): boolean {
  return typescript !== undefined && isNative(typescript);
}

/** Whether a script runs `backstitch emit` itself. */
export function emits({ invocations }: Script): boolean {
  return invocations.some(({ tool, args }) => tool === "backstitch" && args[0] === "emit");
}

/** Files like `vite.config.ts` in a folder: those of one tool, or all. */
export function configFiles(folder: string, ...tools: string[]): { readonly path: string; readonly text: string }[] {
  return readdirSync(folder)
    .filter((name) => /^[\w-]+\.(?:config|workspace)\.[cm]?[jt]s$/.test(name))
    .filter((name) => tools.length === 0 || tools.some((tool) => name.startsWith(`${tool}.`)))
    .sort()
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), "utf8") }));
}

/** What to write when this package has the entry, otherwise the way that works with every tool. */
export function remedy(facts: Facts, entry: string, withEntry: string): string {
  return facts.own.entries.includes(`./${entry}`) ? withEntry : compileFirst(facts);
}

export function pluginFix(facts: Facts, entry: string, how: string): string {
  const withEntry = `${how} with \`import backstitch from "backstitch/${entry}"\` and \`backstitch()\` among its plugins.`;
  return remedy(facts, entry, withEntry);
}

export function compileFirst(facts: Facts): string {
  const build = hasNativeTypeScript(facts) ? "tsc && backstitch emit" : "tspc";
  return `Compile with \`${build}\` first, and give this tool the JavaScript that it wrote.`;
}
