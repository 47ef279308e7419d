import { expect, test } from "vitest";
import { loadTypeScript } from "../../fixtures/toolchain.ts";
import { folderWith } from "./testing-support.ts";
import { createUserConfigs } from "./user-config.ts";
import { loadUserTypeScript } from "./user-typescript.ts";

const ts = loadTypeScript();

test("a file belongs to the nearest tsconfig.json, or to the reference of it that includes the file", () => {
  const { path, write } = folderWith({
    "tsconfig.json": '{ "files": [], "references": [{ "path": "./tsconfig.app.json" }, { "path": "./server" }] }',
    "tsconfig.app.json": '{ "include": ["src"], "references": [{ "path": "." }] }',
    "server/tsconfig.json": '{ "include": ["."] }',
    "src/page.ts": "",
    "server/order.ts": "",
    "other.ts": "",
  });
  const configOf = createUserConfigs(ts);
  expect(configOf(path("src/page.ts"))?.path).toBe(path("tsconfig.app.json"));
  expect(configOf(path("server/order.ts"))?.path).toBe(path("server/tsconfig.json"));
  expect(configOf(path("other.ts"))?.path).toBe(path("tsconfig.json"));
  write("src/late.ts", "");
  expect(configOf(path("src/late.ts"))?.path).toBe(path("tsconfig.app.json"));
  const server = createUserConfigs(ts, path("server/tsconfig.json"));
  expect(server(path("src/page.ts"))?.path).toBe(path("server/tsconfig.json"));
});

test("a tsconfig.json that cannot be read is an error that names it", () => {
  const { path } = folderWith({});
  const configOf = createUserConfigs(ts, path("none.json"));
  expect(() => configOf(path("a.ts"))).toThrow(`backstitch cannot read ${path("none.json")}: `);
});

test("TypeScript comes from the user's project; one without a compiler API is refused, with what to install", () => {
  const package7 = { "package.json": '{ "main": "index.js" }', "index.js": 'exports.version = "7.0.2";' };
  const files = Object.entries(package7).map(([name, text]) => [`app/node_modules/typescript/${name}`, text]);
  const { path, write } = folderWith({ ...Object.fromEntries(files), "empty/a.ts": "" });
  expect(loadUserTypeScript(path("a.ts")).version).toBe(ts.version);
  expect(() => loadUserTypeScript("/nowhere/a.ts", "/nowhere/b.js")).toThrow("none is installed");
  const load = () => loadUserTypeScript(path("app/src/a.ts"), "/nowhere/b.js");
  expect(load).toThrow(/typescript 7\.0\.2 has no compiler API.*npm install --save-dev @typescript\/typescript6/);
  write("app/node_modules/@typescript/typescript6/package.json", '{ "main": "index.js" }');
  write(
    "app/node_modules/@typescript/typescript6/index.js",
    "Object.assign(exports, { createSourceFile() {}, version: '6.0.3', versionMajorMinor: '6.0' });",
  );
  expect(load().version).toBe("6.0.3");
});
