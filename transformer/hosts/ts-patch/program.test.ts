import type ts from "typescript";
import { expect, test } from "vitest";
import { createStandIn } from "../../../fixtures/stand-in-compiler.ts";
import { loadTypeScript } from "../../../fixtures/toolchain.ts";
import { compileFile, mayHoldDurable } from "../../compile.ts";
import type { PluginOptions } from "../project.ts";
import { createProgramTransformer } from "./program.ts";

const typescript = loadTypeScript();
/** TypeScript as ts-patch hands it over. */
const patchedTypeScript = { ...typescript, originalCreateProgram: typescript.createProgram };
const transform = createProgramTransformer(createStandIn("1"));
const transformForReal = createProgramTransformer({ version: "1", mayHoldDurable, compileFile });
const handler = "export default async ({ step }: any) => { await step.run('a', () => 1) /* error: no */ };\n";

/** A program of files in memory. */
function createProgram(files: Record<string, string>, options: ts.CompilerOptions = {}) {
  const written: Record<string, string> = {};
  const host: ts.CompilerHost = {
    ...typescript.createCompilerHost({}),
    getSourceFile: (name, options) => {
      const text = files[name];
      return text === undefined ? undefined : typescript.createSourceFile(name, text, options);
    },
    fileExists: (name) => name in files,
    readFile: (name) => files[name],
    writeFile: (name, text) => {
      written[name] = text;
    },
  };
  const all = { noLib: true, types: [], target: typescript.ScriptTarget.ES2022, ...options };
  const program = typescript.createProgram(Object.keys(files), all, host);
  return { program, host, written };
}

test("a TypeScript without what the host needs is refused by name and version", () => {
  const { program, host } = createProgram({ "/a.ts": "" });
  expect(() => transform(program, host, {}, { ts: typescript })).toThrow(
    `backstitch/transformer cannot work with TypeScript ${typescript.version}: it lacks ts.originalCreateProgram`,
  );
  Reflect.deleteProperty(program, "getBindAndCheckDiagnostics");
  expect(() => transform(program, host, {}, { ts: patchedTypeScript })).toThrow(
    "it lacks program.getBindAndCheckDiagnostics.",
  );
});

test("a program is patched once", () => {
  const { program, host } = createProgram({ "/a.ts": handler });
  expect(transform(program, host, {}, { ts: patchedTypeScript })).toBe(program);
  expect(transform(program, host, {}, { ts: patchedTypeScript })).toBe(program);
  const ours = program.getSemanticDiagnostics().filter(({ source }) => source === "backstitch");
  expect(ours).toHaveLength(1);
  expect(program.getSemanticDiagnostics(program.getSourceFile("/a.ts"))).toContainEqual(ours[0]);
});

test("a program without durable files creates no other program", () => {
  const { program, host, written } = createProgram({ "/a.ts": "export const a = 1;\n" });
  const withoutPrograms = {
    ...typescript,
    originalCreateProgram: () => {
      throw new Error("created");
    },
  };
  transform(program, host, {}, { ts: withoutPrograms }).emit();
  expect(written).toEqual({ "/a.js": "export const a = 1;\n" });
});

test("a file that cannot be parsed is left to TypeScript", () => {
  const { program, host, written } = createProgram({ "/a.ts": `${handler.replace("/* error: no */", "")}broken(;\n` });
  transform(program, host, {}, { ts: patchedTypeScript });
  expect(program.getSyntacticDiagnostics()).not.toEqual([]);
  expect(program.getSemanticDiagnostics().filter(({ source }) => source === "backstitch")).toEqual([]);
  program.emit();
  expect(written["/a.js"]).not.toContain("$.at(");
});

test("outFile is refused where it would hide a durable function", () => {
  const sources = { "/a.ts": handler.replace("/* error: no */", ""), "/b.ts": "export const b = 1;\n" };
  const { program, host, written } = createProgram(sources, {
    outFile: "/all.js",
    module: typescript.ModuleKind.System,
  });
  transform(program, host, {}, { ts: patchedTypeScript });
  const ours = program.getSemanticDiagnostics().filter(({ source }) => source === "backstitch");
  expect(ours.map(({ file, messageText }) => [file?.fileName, messageText])).toEqual([
    ["/a.ts", expect.stringContaining("Use `outDir` in tsconfig.json")],
  ]);
  program.emit();
  expect(written["/all.js"]).not.toContain("$.at(");
});

test("without a host, TypeScript's own is used", () => {
  const { program } = createProgram({ "/a.ts": handler.replace("/* error: no */", "") });
  transform(program, undefined, {}, { ts: patchedTypeScript });
  const written: Record<string, string> = {};
  program.emit(undefined, (name, text) => {
    written[name] = text;
  });
  expect(written["a.js"] ?? written["/a.js"]).toContain("$.at(");
});

test("a manifest is written with the JavaScript, unless the author wants none", () => {
  const handled = `createFunction({ id: "a" }, {}, async ({ step }: any) => {
    const n: number = await step.run("one", () => 1);
    await step.run("two", () => n);
  });`;
  const build = (entry: PluginOptions, options: ts.CompilerOptions = {}) => {
    // TypeScript does not declare that options hold the entries.
    const plugins = [{ transform: "backstitch/transformer", ...entry }] as unknown as string[];
    const { program, host, written } = createProgram(
      { "/src/a.mts": handled },
      { outDir: "/dist", plugins, ...options },
    );
    transformForReal(program, host, {}, { ts: patchedTypeScript }).emit();
    return written;
  };
  const { "/dist/a.mjs.backstitch.json": text = "", ...rest } = build({});
  expect(JSON.parse(text)).toMatchObject({
    source: "../src/a.mts",
    functions: [{ code: "a", labels: { two: { slots: [{ scope: "", name: "n", type: "number" }] } } }],
  });
  expect(build({ manifest: false })).toEqual(rest);
  expect(Object.keys(build({}, { sourceMap: true }))).toEqual([
    "/dist/a.mjs.map",
    "/dist/a.mjs",
    "/dist/a.mjs.backstitch.json",
  ]);
  expect(build({}, { noEmit: true })).toEqual({});
});

test("an entry without transformProgram is told what it lacks", () => {
  const { program } = createProgram({ "/a.ts": handler });
  const asOtherTransformer = transform as unknown as (program: ts.Program, config: object, extras: object) => unknown;
  expect(() => asOtherTransformer(program, {}, { ts: patchedTypeScript })).toThrow('Add `"transformProgram": true`');
});

test("what cannot be written is reported", () => {
  const { program, host } = createProgram({ "/a.ts": handler.replace("/* error: no */", "") });
  transform(program, host, {}, { ts: patchedTypeScript });
  const { diagnostics } = program.emit(undefined, (name, _text, _bom, onError) => onError?.(`no space for ${name}`));
  expect(diagnostics.map(({ messageText }) => String(messageText)).join()).toMatch(/a\.js'?: no space for /);
});
