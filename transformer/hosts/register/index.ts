/**
 * `backstitch/register`: compiles TypeScript while Node loads it, workflows included.
 *
 * ```sh
 * node --import backstitch/register src/main.ts
 * ```
 *
 * Source maps are turned on, so that stacks lead to the author's lines.
 */
import nodeModule from "node:module";
import { createModuleCompiler, sourceFile } from "./module-compiler.ts";
import { hookRequire } from "./require-hooks.ts";
import { isNotFound, sourceSpecifiers } from "./source-specifiers.ts";

/** The part of `node:module` that Node has from 22.15 on: hooks in the thread that loads, for `import` and `require` alike. */
interface SyncHooks {
  registerHooks?(hooks: {
    resolve(specifier: string, context: object, next: (specifier: string, context: object) => object): object;
    load(url: string, context: object, next: (url: string, context: object) => object): object;
  }): void;
}

process.setSourceMapsEnabled(true);
const compile = createModuleCompiler();
const { registerHooks } = nodeModule as SyncHooks;
if (registerHooks) {
  registerHooks({ resolve, load });
} else {
  nodeModule.register("./hooks.js", import.meta.url);
  hookRequire(compile);
}

/** Finds the source of what is imported by the name of its output. */
function resolve(specifier: string, context: object, next: (specifier: string, context: object) => object): object {
  try {
    return next(specifier, context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    for (const candidate of sourceSpecifiers(specifier)) {
      try {
        return next(candidate, context);
      } catch {}
    }
    throw error;
  }
}

/** Compiles the user's files. */
function load(url: string, context: object, next: (url: string, context: object) => object): object {
  const fileName = sourceFile(url);
  const compiled = fileName === undefined ? undefined : compile(fileName);
  return compiled ? { ...compiled, shortCircuit: true } : next(url, context);
}
