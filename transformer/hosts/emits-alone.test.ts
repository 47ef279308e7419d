import type ts from "typescript";
import { expect, test } from "vitest";
import { loadTypeScript } from "../../fixtures/toolchain.ts";
import { compileFile, mayHoldDurable } from "../compile.ts";
import { emitsAlone } from "./emits-alone.ts";
import { createProgramTransformer } from "./ts-patch/program.ts";

const typescript = loadTypeScript();
const patched = { ...typescript, originalCreateProgram: typescript.createProgram };
const transform = createProgramTransformer({ version: "1", mayHoldDurable, compileFile });
const handler = `export default createFunction({ id: "a" }, {}, async ({ step }: any) => { await step.run("one", () => 1); });\n`;
const types =
  "export interface Type { a: 1 } export const value = 1; export class Class {} export const enum Size { big = 7 }\n";
const plainTypes = types.replace(/export const enum.*/, "");

/** The program of a file with a handler, a file of types, and what is said of the first and emitted for it. */
function build(head: string, other: string, options: ts.CompilerOptions = {}, body = handler) {
  const files: Record<string, string> = { "/a.ts": `${head}\n${body}`, "/types.ts": other };
  const all = { target: typescript.ScriptTarget.ES2022, noLib: true, types: [], ...options };
  const host = typescript.createCompilerHost(all);
  const written: Record<string, string> = {};
  host.getSourceFile = (name, version) =>
    files[name] === undefined ? undefined : typescript.createSourceFile(name, files[name], version);
  host.fileExists = (name) => files[name] !== undefined;
  host.readFile = (name) => files[name];
  host.getCurrentDirectory = () => "/";
  host.writeFile = (name, text) => {
    written[name] = text;
  };
  const program = typescript.createProgram(["/a.ts"], all, host);
  const file = program.getSourceFile("/a.ts") as ts.SourceFile;
  const alone = emitsAlone(typescript, program, [file]);
  transform(program, host, {}, { ts: patched }).emit();
  return { alone, text: written["/a.js"] ?? "" };
}

test.each<[head: string, other: string, expected: RegExp, options?: ts.CompilerOptions]>([
  ['import type { Type } from "./types"; const a: Type | 2 = 2; a;', types.replace("const enum", "enum"), /a = 2/],
  ['import { Class, Type } from "./types"; let a: Type; a!; new Class();', plainTypes, /import \{ Class \} from/],
  [
    'import { Class } from "./types"; export class Own extends Class {} interface T {} export { type T };',
    plainTypes,
    /\bClass\b/,
  ],
  ['import { type Type } from "./types"; export type { Type };', plainTypes, /createFunction/],
  ['import { value } from "./types"; export { value };', types, /export \{ value \}/, { isolatedModules: true }],
])("%s is emitted alone", (head, other, expected, options) => {
  const { alone, text } = build(head, other, options);
  expect(alone).toBe(true);
  expect(text).toMatch(expected);
  expect(text).toContain("$.at(");
  expect(text).not.toMatch(/\bType\b/);
});

test.each<[head: string, other: string, expected: RegExp, options?: ts.CompilerOptions]>([
  ['import { Type, value } from "./types"; export { Type, value };', plainTypes, /export \{ value \}/],
  ['import { Type } from "./types"; export { Type as T };', plainTypes, /createFunction/],
  ['export { Type, value } from "./types";', plainTypes, /export \{ value \} from/],
  ['export * from "./types";', plainTypes, /export \* from/],
  ['import { Size } from "./types"; export const a = Size.big;', types, /a = 7/],
  ['import { value } from "./types"; export enum Own { a = value }', plainTypes, /a"\] = 1/],
  ["export namespace Own { export const a = 1; }", plainTypes, /Own\.a = 1/],
  [
    'import { Class } from "./types"; export class Own { constructor(readonly a: Class) {} }',
    plainTypes,
    /createFunction/,
    { emitDecoratorMetadata: true, experimentalDecorators: true },
  ],
])("%s is emitted with its program", (head, other, expected, options) => {
  const { alone, text } = build(head, other, options);
  expect(alone).toBe(false);
  expect(text).toMatch(expected);
  expect(text).toContain("$.at(");
  expect(text).not.toMatch(/\bType\b/);
});

test("an exported import that may be a type is looked up", () => {
  const head = 'import { Type } from "./types"; export default Type;';
  const { alone, text } = build(head, plainTypes, {}, handler.replace("export default", "export const fn ="));
  expect([alone, /\bType\b/.test(text)]).toEqual([false, false]);
});
