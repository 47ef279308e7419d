import { expect, test } from "vitest";
import { loadTypeScript } from "../../../fixtures/toolchain.ts";
import { folderWith } from "../testing-support.ts";
import { createModuleCompiler, sourceFile } from "./module-compiler.ts";
import { createModuleFormats } from "./module-format.ts";
import { sourceSpecifiers } from "./source-specifiers.ts";

const ts = loadTypeScript();
const workflow = `import type { Step } from "backstitch";
export const pay = async (step: Step) => await step.run("pay", () => 1);
`;

test("the format follows the extension, then package.json, then tsconfig.json, then the text", () => {
  const { path } = folderWith({
    "esm/package.json": '{ "type": "module" }',
    "esm/nested/package.json": '{ "name": "nested" }',
    "cjs/package.json": '{ "type": "commonjs" }',
  });
  const { CommonJS, ESNext, NodeNext, Preserve } = ts.ModuleKind;
  const formatOf = createModuleFormats(ts);
  expect(formatOf(path("cjs/a.mts"), "", { module: CommonJS })).toBe("module");
  expect(formatOf(path("esm/a.cjs"), "export {}", { module: ESNext })).toBe("commonjs");
  expect(formatOf(path("esm/a.tsx"), "", { module: CommonJS })).toBe("module");
  expect(formatOf(path("cjs/deep/a.ts"), "export {}", { module: ESNext })).toBe("commonjs");
  expect(formatOf(path("esm/nested/a.ts"), "export {}", { module: NodeNext })).toBe("commonjs");
  expect(formatOf(path("esm/nested/a.ts"), "", { module: ESNext })).toBe("module");
  expect(formatOf(path("esm/nested/a.ts"), "export {}", { module: Preserve })).toBe("module");
  expect(formatOf(path("esm/nested/a.ts"), "require('x')", {})).toBe("commonjs");
});

test("a specifier stands for sources when nothing else is there", () => {
  expect(sourceSpecifiers("./order.js")).toEqual(["./order.ts", "./order.tsx"]);
  expect(sourceSpecifiers("../order.mjs")).toEqual(["../order.mts"]);
  expect(sourceSpecifiers("/shop/view.jsx")).toEqual(["/shop/view.tsx"]);
  expect(sourceSpecifiers("./jobs/")).toContain("./jobs/index.ts");
  expect(sourceSpecifiers("..")).toContain("../index.ts");
  expect(sourceSpecifiers("./order.service")).toContain("./order.service.ts");
  expect(["backstitch", "@shop/order.js", "node:fs", "#jobs/order.js"].flatMap(sourceSpecifiers)).toEqual([]);
});

test("a path is taken from the URL of a file, whatever is in it", () => {
  expect(sourceFile("file:///shop/a%23b%20%C3%A9.ts?x=1#y")).toBe("/shop/a#b é.ts");
  expect(sourceFile("node:fs")).toBeUndefined();
});

test("TypeScript becomes JavaScript with a map onto the author's file; the rest is left to Node", () => {
  const { path } = folderWith({
    "package.json": '{ "name": "shop", "type": "module" }',
    "tsconfig.json": '{ "compilerOptions": { "target": "ES2022", "sourceRoot": "/elsewhere", "outFile": "a.js" } }',
    "pay #1.ts": workflow,
    "plain.js": "export const a = 1;\n",
    "flow.js": `${workflow.replace(/^.*\n/, "").replace(": Step", "")}// backstitch\n`,
    "node_modules/lib/index.ts": workflow,
  });
  const compile = createModuleCompiler();
  const { format, source = "" } = compile(path("pay #1.ts")) ?? {};
  expect(format).toBe("module");
  expect(source).toMatch(/\$\.at\("pay", [\s\S]*\n\/\/# sourceMappingURL=data:application\/json;base64,[\w+/=]+\n$/);
  const map = JSON.parse(Buffer.from(source.split("base64,")[1] ?? "", "base64").toString("utf8"));
  expect(map).toMatchObject({ sources: ["pay%20%231.ts"], sourcesContent: [workflow], sourceRoot: "" });
  for (const name of ["plain.js", "flow.js", "node_modules/lib/index.ts", "data.json"]) {
    expect(compile(path(name)), name).toBeUndefined();
  }
});

test("a file that does not compile is an error that gives the positions", () => {
  const { path } = folderWith({
    "nested.ts": workflow.replace("() => 1", 'async () => step.run("b", () => 1)'),
    "half.ts": "let x: = 1;\n",
  });
  const compile = createModuleCompiler();
  expect(() => compile(path("nested.ts"))).toThrow(/nested\.ts:2:76: error TS90003: [\s\S]*\n2 \| export const pay/);
  expect(() => compile(path("half.ts"))).toThrow(/half\.ts:1:8: error TS1110: Type expected\./);
});
