/** A tsconfig.json with what it extends, read without TypeScript, which may not be there. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import jsonc from "jsonc-parser";
import { exitCodes, Failure } from "../failure.ts";

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  readonly value: {
    readonly extends?: string | readonly string[];
    readonly compilerOptions?: Readonly<Record<string, unknown>>;
    readonly references?: readonly { readonly path: string }[];
    readonly files?: readonly string[];
    readonly include?: readonly string[];
  };
}

/**
 * The path that `--project` names: a tsconfig.json, or a folder that holds one.
 *
 * @throws Failure when there is no such file
 */
export function namedConfig(option: string): string {
  const path = resolve(option);
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "tsconfig.json") : path;
  if (existsSync(file)) return file;
  throw new Failure(`There is no ${file}. Give the path of a tsconfig.json to --project.`, exitCodes.notFound);
}

/** The file itself, then what it extends: an option is that of the first file that sets it. */
export function readConfigChain(path: string): ConfigFile[] {
  const found: ConfigFile[] = [];
  const visit = (at: string): void => {
    if (!existsSync(at) || found.some((file) => file.path === at)) return;
    const text = readFileSync(at, "utf8");
    const value = (jsonc.parse(text, [], { allowTrailingComma: true }) ?? {}) as ConfigFile["value"];
    found.push({ path: at, text, value });
    // Of several, a later one counts more.
    for (const name of [value.extends ?? []].flat().reverse()) {
      const base = resolveBase(name, at);
      if (base !== undefined) visit(base);
    }
  };
  visit(path);
  return found;
}

/** An option, and the file that sets it. */
export function optionIn(
  chain: readonly ConfigFile[],
  name: string,
): { readonly value: unknown; readonly file: ConfigFile } | undefined {
  const file = chain.find(({ value }) => value.compilerOptions?.[name] !== undefined);
  return file && { value: file.value.compilerOptions?.[name], file };
}

/** The configurations that a tsconfig.json stands for: itself and all that it refers to, each once. */
export function configsOf(path: string): string[] {
  const found: string[] = [];
  const visit = (at: string): void => {
    if (found.includes(at) || !existsSync(at)) return;
    found.push(at);
    for (const reference of readConfigChain(at)[0]?.value.references ?? []) {
      const target = resolve(dirname(at), reference.path);
      visit(target.endsWith(".json") ? target : join(target, "tsconfig.json"));
    }
  };
  visit(path);
  return found;
}

function resolveBase(name: string, from: string): string | undefined {
  if (name.startsWith(".") || isAbsolute(name)) {
    const path = resolve(dirname(from), name);
    return [path, `${path}.json`].find((each) => each.endsWith(".json") && existsSync(each));
  }
  const load = createRequire(from);
  for (const candidate of [`${name}/tsconfig.json`, name, `${name}.json`]) {
    try {
      const path = load.resolve(candidate);
      if (path.endsWith(".json")) return path;
    } catch {
      // The next spelling; when none is there, TypeScript says so.
    }
  }
  return undefined;
}
