/** Compiles a module and evaluates it in this process, without touching the disk. */
import { createRequire } from "node:module";
import MagicString from "magic-string";
import type tsTypes from "typescript";
import * as runtime from "../runtime/index.ts";
import * as inngest from "../runtime/inngest/index.ts";
import * as internal from "../runtime/internal.ts";
import type { Diagnostic } from "../transformer/diagnostics.ts";
import { commonJs } from "./common-js.ts";
import { compileSource, type SourceInput } from "./transform-source.ts";

/** Thrown by `loadSource` when the file does not compile. */
export class CompileError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(fileName: string, diagnostics: readonly Diagnostic[]) {
    super(
      `${fileName} does not compile:\n${diagnostics.map(({ code, message }) => `TS${code}: ${message}`).join("\n")}`,
    );
    this.name = "CompileError";
    this.diagnostics = diagnostics;
  }
}

const builtIn: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["backstitch", runtime],
  ["backstitch/inngest", inngest],
  ["backstitch/internal", internal],
]);

const requireFromHere = createRequire(import.meta.url);

/**
 * Compiles one module and evaluates it. Imports of `backstitch` and of installed packages resolve; relative imports
 * do not, there being no disk.
 *
 * @param ts the TypeScript module to compile with
 * @param input the module; its name stands in stack traces
 * @returns the module's exports
 * @throws CompileError when the compiler reports an error, and whatever the module throws while it is evaluated
 * @example
 * const { default: fn } = loadSource(ts, { fileName: "order.ts", text });
 */
export function loadSource(ts: typeof tsTypes, input: SourceInput): Record<string, unknown> {
  const { file, result } = compileSource(ts, input);
  const diagnostics = result?.diagnostics ?? [];
  if (diagnostics.some(({ category }) => category === "error")) throw new CompileError(input.fileName, diagnostics);
  const edits = result?.edits ?? new MagicString(input.text);
  const code = commonJs(ts, file, edits.clone()) ?? emit(ts, input.fileName, edits.toString());
  const module = { exports: {} as Record<string, unknown> };
  const evaluate = new Function("module", "exports", "require", `${code}\n//# sourceURL=${input.fileName}`);
  evaluate(module, module.exports, resolve);
  return module.exports;
}

function emit(ts: typeof tsTypes, fileName: string, text: string): string {
  const { outputText } = ts.transpileModule(text, {
    fileName,
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
      jsx: ts.JsxEmit.ReactJSX,
    },
  });
  return outputText;
}

function resolve(specifier: string): unknown {
  return builtIn.get(specifier) ?? requireFromHere(specifier);
}
