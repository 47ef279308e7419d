/** What the doctor finds in small projects, by the codes of its findings. */
import { expect, test } from "vitest";
import { compilers, handler, here, makeProject, pluginEntry } from "../testing-support.ts";
import { examine } from "./examine.ts";
import { type Facts, gatherFacts } from "./facts.ts";

type Files = Readonly<Record<string, string | object>>;
type Modules = Readonly<Record<string, string>>;

const modules: Modules = { ...here, ...compilers };
const native: Modules = { ...here, typescript: "7.0.2" };
const withOverlay: Modules = { ...native, "@typescript/typescript6": compilers["typescript"] as string };

const tsconfig = (options: object = {}, plugins: object[] = [pluginEntry]) => ({
  compilerOptions: { target: "ES2022", module: "NodeNext", outDir: "dist", rootDir: "src", plugins, ...options },
  include: ["src"],
});
const packageJson = (scripts: object = { build: "tspc" }) => ({ type: "module", scripts });
const healthy: Files = { "package.json": packageJson(), "tsconfig.json": tsconfig(), "src/order.ts": handler };

const factsOf = (files: Files, present = modules, facts: Partial<Facts> = {}): Facts => ({
  ...gatherFacts(makeProject({ ...healthy, ...files }, present), undefined),
  ...facts,
});
const codesOf = (...args: Parameters<typeof factsOf>) => examine(factsOf(...args)).map(({ code }) => code);
const codesOfScripts = (scripts: object, files: Files = {}, present = modules) =>
  codesOf({ "package.json": packageJson(scripts), ...files }, present);

const main = { "src/main.ts": 'import { run } from "./run.js";\n', "src/run.ts": 'await import("./order");\n' };

test("a project that is set up has no findings", () => {
  expect(codesOf({})).toEqual([]);
  expect(codesOf({ "src/order.ts": "export {};\n" })).toEqual([]);
});

test("a project may be named by its folder or its file", () => {
  const folder = makeProject({ ...healthy, "tsconfig.other.json": tsconfig({}, []) }, modules);
  const codes = (project: string) => examine(gatherFacts(folder, project)).map(({ code }) => code);
  expect([codes(folder), codes(`${folder}/tsconfig.other.json`)]).toEqual([[], ["plugin-entry-missing"]]);
  expect(() => codes(`${folder}/no.json`)).toThrow(`There is no ${folder}/no.json.`);
});

test("what is missing or too old", () => {
  const node = (version: string) => {
    const facts = factsOf({});
    return (
      examine({ ...facts, versions: { ...facts.versions, node: version } })
        .map(({ code }) => code)
        // Which pair fits an old Node depends on the compilers that the tests run with.
        .filter((code) => code !== "pair-mismatch")
    );
  };
  expect([node("20.18.3"), node("20.19.0")]).toEqual([["node-too-old"], []]);
  expect(codesOf({}, compilers)).toEqual(["backstitch-missing"]);
  expect(codesOf({}, here)).toEqual(["typescript-missing"]);
  expect(codesOf({}, { ...modules, typescript: "5.7.3" })).toEqual(["typescript-too-old"]);
  expect(codesOf({}, { ...here, typescript: compilers["typescript"] as string })).toEqual(["ts-patch-missing"]);
  expect(codesOf({}, { ...modules, "ts-patch": "3.2.0" })).toEqual(["pair-mismatch"]);
});

test("several copies", () => {
  expect(codesOf({}, { ...modules, "other/node_modules/backstitch": "0.1.0" })).toEqual(["several-copies"]);
  expect(codesOf({}, { ...modules, "@a/b/node_modules/backstitch": here["backstitch"] as string })).toEqual([]);
  const pnpm = { ".pnpm/backstitch@0.1.0_x/node_modules/backstitch": "0.1.0" };
  expect(codesOf({}, { ...modules, ...pnpm })).toEqual(["several-copies"]);
});

test("TypeScript 7", () => {
  const overlaid = { build: "tsc -p . && backstitch emit -p ." };
  expect(codesOfScripts(overlaid, {}, withOverlay)).toEqual([]);
  expect(codesOfScripts(overlaid, {}, native)).toEqual(["overlay-missing"]);
  expect(codesOfScripts({ build: "tsc" }, {}, withOverlay)).toEqual([
    "typescript-7-without-overlay",
    "script-uses-tsc",
  ]);
  expect(codesOfScripts({ ...overlaid, dev: "tspc -w" }, {}, withOverlay)).toEqual(["tspc-on-typescript-7"]);
  expect(codesOfScripts({ ...overlaid, dev: "tsc -w" }, {}, withOverlay)).toEqual(["script-uses-tsc"]);
});

test("the entry of the plugin", () => {
  const entry = (plugin: object) => codesOf({ "tsconfig.json": tsconfig({}, [plugin]) });
  expect(codesOf({ "tsconfig.json": tsconfig({}, []) })).toEqual(["plugin-entry-missing"]);
  expect(entry({ ...pluginEntry, transformProgram: false })).toEqual(["plugin-transform-program"]);
  expect(entry({ name: "backstitch", transformProgram: true })).toEqual(["plugin-transform"]);
  expect(entry({ ...pluginEntry, transform: "backstich/transformer" })).toEqual(["plugin-transform"]);
  expect(entry({ ...pluginEntry, name: undefined })).toEqual(["plugin-name"]);
  expect(codesOf({ "tsconfig.json": { extends: "./base" }, "base.json": tsconfig() })).toEqual([]);
  const replaced = { extends: ["./base.json"], compilerOptions: { plugins: [{ name: "other" }] } };
  expect(codesOf({ "tsconfig.json": replaced, "base.json": tsconfig() })).toEqual(["plugin-entry-replaced"]);
  expect(codesOf({ "tsconfig.json": tsconfig({ outFile: "all.js", module: "system" }) })).toContain("out-file");
  const emitted = {
    "package.json": packageJson({ build: "tsc && backstitch emit" }),
    "tsconfig.json": tsconfig({}, []),
  };
  expect(examine(factsOf(emitted))).toMatchObject([{ code: "plugin-entry-missing", category: "warning" }]);
});

test("each project with handlers that is referred to needs the entry", () => {
  const files = {
    "tsconfig.json": { files: [], references: [{ path: "app" }, { path: "lib" }] },
    "app/tsconfig.json": { compilerOptions: { composite: true } },
    "app/order.ts": handler,
    "lib/tsconfig.json": { compilerOptions: { composite: true } },
    "lib/sum.ts": "export {};\n",
  };
  expect(examine(factsOf(files))).toMatchObject([
    { code: "plugin-entry-missing", where: expect.stringContaining("app/tsconfig.json") },
  ]);
});

test("scripts that build with tsc", () => {
  expect(codesOfScripts({ build: "tsc", types: "tspc --noEmit" })).toEqual(["script-uses-tsc"]);
  expect(codesOfScripts({ build: "node node_modules/typescript/bin/tsc -b" })).toEqual(["script-uses-tsc"]);
  expect(codesOfScripts({ build: "tspc", declarations: "tsc --emitDeclarationOnly", version: "tsc -v" })).toEqual([]);
  expect(codesOfScripts({ build: "tsc --noEmit" })).toEqual(["script-checks-types-only"]);
  expect(codesOfScripts({ build: "tsc --noEmit && backstitch check" })).toEqual([]);
  expect(codesOfScripts({ build: "npm run a && backstitch emit", a: "run-s b", b: "tsc" })).toEqual([]);
  expect(codesOfScripts({ build: "tsc", postbuild: "backstitch emit" })).toEqual([]);
  expect(codesOfScripts({ build: "tsc && backstitch emit", other: "tsc -p ." })).toEqual(["script-uses-tsc"]);
  const tools = { "tools/tsconfig.json": { include: ["."] }, "tools/a.ts": "export {};\n" };
  const references = { "tsconfig.json": { ...tsconfig(), references: [{ path: "tools" }] }, ...tools };
  expect(codesOfScripts({ build: "tspc", tools: "tsc -p tools" }, references)).toEqual([]);
});

test.each([
  ["tsx watch src/main.ts", true],
  ["NODE_ENV=test node --import tsx src/main.ts", true],
  ["node --require=ts-node/register src/main.ts", true],
  ["node src/main.ts", true],
  ["nodemon --exec ts-node src/main.ts", true],
  ["bun run src/main.ts", true],
  ["esbuild src/main.ts --bundle", true],
  ["swc src -d lib", true],
  ["node --import tsx --test 'src/**/*.test.ts'", true],
  ["mocha -r ts-node/register", true],
  ["node --import backstitch/register src/main.ts", false],
  ["node --import=backstitch/register --test src/order.test.ts", false],
  ["tsx src/seed.ts", false],
  ["tsx dist/main.js", false],
  ["node dist/main.js", false],
  ["esbuild dist/main.js --bundle", false],
  ["echo tsx src/main.ts", false],
])("a program that loads a handler without the plugin: %s", (script, found) => {
  const files = { ...main, "src/seed.ts": "export {};\n", "src/order.test.ts": 'import "./order.js";\n' };
  expect(codesOfScripts({ build: "tspc", script }, files)).toEqual(found ? ["runner-without-plugin"] : []);
});

test("bundlers: an error only where nothing else compiles", () => {
  const plain = { "vite.config.ts": "export default {};\n", "build.mjs": 'import "esbuild";\n' };
  const found = (scripts: object, files: Files = plain) =>
    examine(factsOf({ "package.json": packageJson(scripts), ...files })).map(({ code, category }) => [code, category]);
  const [error, warning] = ["error", "warning"].map((category) => ["bundler-without-plugin", category]);
  expect(found({ build: "vite build" })).toEqual([error]);
  expect(found({ build: "tspc && vite build" })).toEqual([warning]);
  expect(found({ build: "node build.mjs" })).toEqual([error]);
  const entry = { "vite.config.ts": 'import backstitch from "backstitch/vite";\n' };
  expect(found({ build: "vite build" }, entry)).toEqual([]);
});

test("test runners that transpile files for themselves", () => {
  const tests = { "src/order.test.ts": 'import { order } from "./order.js";\n' };
  expect(codesOfScripts({ build: "tspc", test: "vitest run" }, tests)).toEqual(["tests-without-plugin"]);
  expect(codesOfScripts({ build: "tspc", test: "jest" }, tests)).toEqual(["tests-without-plugin"]);
  expect(codesOfScripts({ build: "tspc", test: "vitest run" })).toEqual([]);
  const configured = { ...tests, "vitest.config.ts": 'import backstitch from "backstitch/vite";\n' };
  expect(codesOfScripts({ build: "tspc", test: "vitest run" }, configured)).toEqual([]);
});

test("output that was written without the plugin", () => {
  expect(codesOf({ "dist/order.js": "export {};\n" })).toEqual(["output-not-compiled"]);
  expect(codesOf({ "dist/order.js": 'import { $ } from "backstitch/internal";\n' })).toEqual([]);
  expect(codesOf({ "dist/order.js": "export {};\n", "tsconfig.json": tsconfig({ noEmit: true }) })).toEqual([]);
});

test("fixes name an entry of the package when it has it, and the package manager of the project", () => {
  const files = { "package.json": packageJson({ dev: "tsx watch src/order.ts" }), "pnpm-lock.yaml": "" };
  const facts = factsOf(files, { ...here, typescript: compilers["typescript"] as string });
  const fixes = (entries: readonly string[]) =>
    examine({ ...facts, own: { ...facts.own, entries } }).map(({ fix }) => fix);
  const add = "pnpm add --save-dev ts-patch@3";
  expect(fixes([])).toEqual([add, "Compile with `tspc` first, and give this tool the JavaScript that it wrote."]);
  expect(fixes(["./register"])[1]).toMatch(/^Write `node --import backstitch\/register --watch .*src\/order\.ts`$/);
});
