import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compilers, here, makeProject, pluginEntry } from "../testing-support.ts";
import { unifiedDiff } from "./diff.ts";
import { planInit } from "./plan.ts";

const line = '{ "name": "backstitch", "transform": "backstitch/transformer", "transformProgram": true }';
const native = { typescript: "7.0.2" };

/** Carries out the plan, sees that a second one is empty, and returns the text of a file. */
function carryOut(folder: string, ...paths: string[]): string[] {
  for (const { path, after } of planInit(folder, undefined)) writeFileSync(path, after);
  expect(planInit(folder, undefined)).toEqual([]);
  return paths.map((path) => readFileSync(join(folder, path), "utf8"));
}

test("comments, tabs and line ends of tsconfig.json stay", () => {
  const before = '{\r\n\t// Ours.\r\n\t"compilerOptions": {\r\n\t\t"strict": true, // yes\r\n\t},\r\n}\r\n';
  const folder = makeProject({ "package.json": {}, "tsconfig.json": before });
  const [after] = carryOut(folder, "tsconfig.json");
  expect(after).toBe(before.replace(", // yes", `, // yes\r\n\t\t"plugins": [\r\n\t\t\t${line}\r\n\t\t],`));
  const open = { "package.json": {}, "tsconfig.json": '{\n  "compilerOptions": {} // none\n}\n' };
  expect(carryOut(makeProject(open), "tsconfig.json")).toEqual([
    `{\n  "compilerOptions": {\n    "plugins": [\n      ${line}\n    ]\n  } // none\n}\n`,
  ]);
  const last = { "package.json": {}, "tsconfig.json": '{\n  "include": ["src"] // all\n}\n' };
  expect(carryOut(makeProject(last), "tsconfig.json")[0]).toMatch(/^\{\n {2}"include": \["src"\], \/\/ all\n {2}"comp/);
});

test("an entry is added behind other plugins, in the file that sets them", () => {
  const folder = makeProject({
    "package.json": {},
    "tsconfig.json": { extends: "./base" },
    "base.json": { compilerOptions: { plugins: [{ transform: "./other.cjs" }] } },
  });
  const [own, base] = carryOut(folder, "tsconfig.json", "base.json");
  expect(own).not.toContain("plugins");
  expect(JSON.parse(base ?? "")).toEqual({ compilerOptions: { plugins: [{ transform: "./other.cjs" }, pluginEntry] } });
});

test("plugins of a package are copied, since a list replaces the one that it inherits", () => {
  const folder = makeProject({
    "package.json": {},
    "tsconfig.json": { extends: "@shop/base" },
    "node_modules/@shop/base/tsconfig.json": { compilerOptions: { plugins: [{ name: "other" }] } },
  });
  const [own] = carryOut(folder, "tsconfig.json");
  expect(JSON.parse(own ?? "").compilerOptions).toEqual({ plugins: [{ name: "other" }, pluginEntry] });
});

test("an entry that is there is mended in its place", () => {
  const folder = makeProject({
    "package.json": {},
    "tsconfig.json": `{ "compilerOptions": { "plugins": [{ "name": "backstitch", "transform": "backstitch" /* ? */, "extra": 1 }] } }`,
  });
  const [own] = carryOut(folder, "tsconfig.json");
  expect(own).toContain("/* ? */");
  expect(JSON.parse((own ?? "").replace("/* ? */", "")).compilerOptions.plugins).toEqual([
    { ...pluginEntry, extra: 1 },
  ]);
});

test("each project that a tsconfig.json refers to gets the entry, the one that only refers does not", () => {
  const folder = makeProject({
    "package.json": {},
    "tsconfig.json": { files: [], references: [{ path: "app" }, { path: "lib/tsconfig.json" }] },
    "app/tsconfig.json": { references: [{ path: "../lib" }] },
    "lib/tsconfig.json": {},
  });
  const [root, app, lib] = carryOut(folder, "tsconfig.json", "app/tsconfig.json", "lib/tsconfig.json");
  expect(root).not.toContain("plugins");
  expect([app, lib].map((text) => JSON.parse(text ?? "").compilerOptions)).toEqual([
    { plugins: [pluginEntry] },
    { plugins: [pluginEntry] },
  ]);
});

test("scripts and dependencies: tspc in place of tsc, names sorted, the indentation kept", () => {
  const scripts = { build: "tsc -b && cp a dist", watch: 'concurrently "npx tsc -w" "node ."', lint: "biome check" };
  const dependencies = { ajv: "1", zod: "4" };
  const folder = makeProject({ "package.json": JSON.stringify({ name: "shop", scripts, dependencies }, null, 4) });
  const [text] = carryOut(folder, "package.json");
  const expected = {
    name: "shop",
    scripts: { ...scripts, build: "tspc -b && cp a dist", watch: 'concurrently "npx tspc -w" "node ."' },
    dependencies: { ajv: "1", backstitch: "^0.1.0", zod: "4" },
    devDependencies: { "ts-patch": "^3.3.0", typescript: "^6.0.3" },
  };
  expect(text).toBe(JSON.stringify(expected, null, 4));
});

test("a ts-patch that does not fit is replaced, a TypeScript that is too old is refused", () => {
  const devDependencies = { "ts-patch": "^2.0.0", typescript: "~5.9.0" };
  const folder = makeProject({ "package.json": { devDependencies } }, { ...here, ...compilers });
  const [text] = carryOut(folder, "package.json");
  expect(JSON.parse(text ?? "").devDependencies).toEqual({ ...devDependencies, "ts-patch": "^3.3.0" });
  expect(() => planInit(makeProject({ "package.json": {} }, { typescript: "5.4.5" }), undefined)).toThrow(
    "TypeScript 5.4.5 is too old",
  );
});

test("with TypeScript 7 the overlay is set up, and no plugin", () => {
  const scripts = { build: "tsc -p tsconfig.build.json && cp a dist", types: "tsc --noEmit", watch: "tsc -w" };
  const folder = makeProject({ "package.json": { scripts }, "tsconfig.json": "{}" }, native);
  const [text, config] = carryOut(folder, "package.json", "tsconfig.json");
  expect(config).toBe("{}");
  expect(JSON.parse(text ?? "")).toEqual({
    scripts: {
      build: "tsc -p tsconfig.build.json && backstitch emit -p tsconfig.build.json && cp a dist",
      types: "tsc --noEmit && backstitch check",
      watch: "tsc -w",
    },
    dependencies: { backstitch: "^0.1.0" },
    devDependencies: { "@typescript/typescript6": "^6.0.2" },
  });
});

test("a difference is shown with three lines around it", () => {
  const before = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"].map((each) => `${each}\n`);
  const after = ["a", "X", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"].map((each) => `${each}\n`);
  const shown = " a\n-b\n+X\n c\n d\n e\n@@ -9 +9 @@\n i\n j\n k\n+l\n";
  expect(unifiedDiff("f", before.join(""), after.join(""))).toBe(`--- f\n+++ f\n@@ -1 +1 @@\n${shown}`);
  expect(unifiedDiff("f", undefined, "a\n")).toBe("--- /dev/null\n+++ f\n@@ -1 +1 @@\n+a\n");
  expect(unifiedDiff("f", "a", "a")).toBe("");
});
