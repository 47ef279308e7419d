/** Compiles modules as Node loads them: durable functions first, then TypeScript's own emit, one file at a time. */
import { readFileSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type MagicString from "magic-string";
import type ts from "typescript";
import { mayHoldDurable } from "../../compile.ts";
import type { ModulePlace, TypeScript } from "../../ir.ts";
import { composeSourceMap } from "../../output/source-map.ts";
import { compileText, hasErrors } from "../compile-text.ts";
import { describeDiagnostics } from "../describe-diagnostics.ts";
import { createModulePlaces } from "../package-names.ts";
import { createUserConfigs } from "../user-config.ts";
import { loadUserTypeScript } from "../user-typescript.ts";
import { createModuleFormats, type ModuleFormat } from "./module-format.ts";

/** A module that Node can run. */
export interface LoadedModule {
  readonly format: ModuleFormat;
  /** JavaScript with its source map inline. */
  readonly source: string;
}

/** The path behind the URL of a file, without its query; undefined for other URLs. */
export function sourceFile(url: string): string | undefined {
  return url.startsWith("file:") ? fileURLToPath(url.replace(/[?#].*$/, "")) : undefined;
}

/** What compiles the files of one project. */
interface UserCompiler {
  readonly ts: TypeScript;
  readonly formatOf: ReturnType<typeof createModuleFormats>;
  readonly placeOf: (fileName: string) => ModulePlace;
  readonly optionsOf: (fileName: string) => ts.CompilerOptions;
}

/**
 * Makes a compiler of modules. It loads the user's TypeScript when it first needs it.
 *
 * @returns takes the absolute path of a file; gives undefined for what Node loads by itself: files of packages, and
 *   JavaScript in which nothing is durable. Throws an Error with positions and source lines for a file that does not
 *   compile
 */
export function createModuleCompiler(): (fileName: string) => LoadedModule | undefined {
  let user: UserCompiler | undefined;
  return (path) => {
    const fileName = path.replaceAll("\\", "/");
    if (!/\.(?:[cm]?[jt]s|[jt]sx)$/.test(fileName) || fileName.includes("/node_modules/")) return undefined;
    const text = readFileSync(fileName, "utf8").replace(/^\uFEFF/, "");
    if (!needsEmit(fileName) && !mayHoldDurable(text)) return undefined;
    user ??= createUserCompiler(fileName);
    return compileModule(user, fileName, text);
  };
}

function createUserCompiler(fileName: string): UserCompiler {
  const ts = loadUserTypeScript(fileName);
  const configOf = createUserConfigs(ts);
  return {
    ts,
    formatOf: createModuleFormats(ts),
    placeOf: createModulePlaces(ts.sys),
    optionsOf: (file) => configOf(file)?.options ?? {},
  };
}

/** Whether Node cannot run what such a file holds. */
function needsEmit(fileName: string): boolean {
  return /\.(?:[cm]?ts|[jt]sx)$/.test(fileName);
}

function compileModule(user: UserCompiler, fileName: string, text: string): LoadedModule | undefined {
  const { ts } = user;
  const compiled = compileText(ts, fileName, text, user.placeOf(fileName));
  if (compiled) report(ts, compiled.diagnostics);
  const edits = compiled?.edits;
  if (!needsEmit(fileName)) {
    if (!edits) return undefined;
    const map = edits.generateMap({ source: basename(fileName), includeContent: true, hires: "boundary" });
    return { format: user.formatOf(fileName, text, {}), source: withMap(edits.toString(), map.toString()) };
  }
  const options = user.optionsOf(fileName);
  const format = user.formatOf(fileName, text, options);
  return { format, source: emit(ts, fileName, format, options, edits ?? text) };
}

/** TypeScript's emit of one file, with a map onto the author's text. */
function emit(
  ts: TypeScript,
  fileName: string,
  format: ModuleFormat,
  options: ts.CompilerOptions,
  source: MagicString | string,
): string {
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(source.toString(), {
    // By the name, TypeScript tells which kind of module it writes; a `.tsx` has but one.
    fileName: fileName.replace(/(?<=\.)[cm]?ts$/, format === "module" ? "mts" : "cts"),
    reportDiagnostics: true,
    compilerOptions: emitOptions(ts, fileName, format, options),
  });
  // Those of no file are about options, of which some do not go with the emit of a single file.
  const ofFile = (diagnostics ?? []).filter(({ file }) => file !== undefined);
  for (const { file } of ofFile) if (file) file.fileName = fileName;
  report(ts, ofFile);
  const text = sourceMapText ?? "";
  const map = JSON.parse(typeof source === "string" ? text : composeSourceMap(text, source));
  const named = { ...map, file: undefined, sources: [encodeURIComponent(basename(fileName))] };
  return withMap(outputText.replace(/^\/\/# sourceMappingURL=.*$/m, ""), JSON.stringify(named));
}

/** The user's options, but for those that say where output goes. */
function emitOptions(
  ts: TypeScript,
  fileName: string,
  format: ModuleFormat,
  options: ts.CompilerOptions,
): ts.CompilerOptions {
  const { JsxEmit, ModuleKind, ScriptTarget } = ts;
  const isJsx = fileName.endsWith("x");
  const jsx = isJsx && (options.jsx ?? JsxEmit.Preserve) <= JsxEmit.Preserve ? JsxEmit.ReactJSX : options.jsx;
  return {
    target: ScriptTarget.ES2022,
    esModuleInterop: true,
    ...options,
    ...(jsx !== undefined && { jsx }),
    module: isJsx ? (format === "module" ? ModuleKind.ESNext : ModuleKind.CommonJS) : ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    rewriteRelativeImportExtensions: false,
    emitDeclarationOnly: false,
    inlineSourceMap: false,
    sourceMap: true,
    inlineSources: true,
    sourceRoot: "",
  };
}

/** Throws errors, and prints warnings at once: a thread of hooks may end before it has printed what waits. */
function report(ts: TypeScript, diagnostics: readonly ts.Diagnostic[]): void {
  if (hasErrors(ts, diagnostics)) throw new Error(describeDiagnostics(ts, diagnostics));
  if (diagnostics.length > 0) writeSync(process.stderr.fd, `${describeDiagnostics(ts, diagnostics)}\n`);
}

function withMap(text: string, map: string): string {
  const encoded = Buffer.from(map, "utf8").toString("base64");
  return `${text.trimEnd()}\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}
