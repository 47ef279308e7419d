import { expect, test } from "vitest";
import { buildAdvice } from "./not-compiled.ts";
import { detectRunner, type ProcessTraits } from "./runner.ts";

const plain: ProcessTraits = { execArgv: [], argv: ["node", "/app/dist/worker.js"], env: {}, versions: { node: "20" } };

test.each<[string, Partial<ProcessTraits>]>([
  ["tsx", { execArgv: ["--require", "/n/tsx/dist/preflight.cjs", "--import", "file:///n/tsx/dist/loader.mjs"] }],
  ["tsx", { execArgv: ["--import=tsx"] }],
  ["tsx", { env: { NODE_OPTIONS: "--import tsx/esm" } }],
  ["ts-node", { execArgv: ["--loader", "ts-node/esm"] }],
  ["ts-node", { argv: ["node", "/n/.bin/ts-node", "worker.ts"] }],
  ["swc", { execArgv: ["-r", "@swc-node/register"] }],
  ["vitest", { env: { VITEST: "true" } }],
  ["jest", { env: { JEST_WORKER_ID: "1" } }],
  ["bun", { versions: { bun: "1.2.0" } }],
  ["node's type stripping", { execArgv: ["--experimental-strip-types"] }],
  ["node's type stripping", { argv: ["node", "/app/worker.ts"] }],
])("%s is seen", (runner, traits) => {
  expect(detectRunner({ ...plain, ...traits })).toBe(runner);
});

test.each<[string, Partial<ProcessTraits>]>([
  ["plain node", {}],
  ["a folder whose name only resembles a runner", { argv: ["node", "/home/me/my-tsx-app/ts-node-demo/worker.js"] }],
])("%s is no runner", (_, traits) => {
  expect(detectRunner({ ...plain, ...traits })).toBeUndefined();
});

test("the advice names the plugin entry, the build and the runner", () => {
  const entry = '{ "name": "backstitch", "transform": "backstitch/transformer", "transformProgram": true }';
  expect(buildAdvice(plain, false)).toContain(entry);
  expect(buildAdvice(plain, false)).toContain("tspc");
  expect(buildAdvice(plain, false)).not.toContain("runs under");
  expect(buildAdvice({ ...plain, execArgv: ["--import=tsx"] }, false)).toContain("runs under tsx");
});

test("where other code is compiled, it says how the compiler sees a handler", () => {
  expect(buildAdvice(plain, true)).toContain("give its parameter the type `Context`");
});
