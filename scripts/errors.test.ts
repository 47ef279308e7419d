import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const textOf = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("docs/errors.md is what the tables and the fixtures give; `node scripts/errors.mjs` rewrites it", () => {
  const script = fileURLToPath(new URL("errors.mjs", import.meta.url));
  const printed = execFileSync(process.execPath, [script, "--print"], { encoding: "utf8", maxBuffer: 2 ** 26 });
  expect(textOf("../docs/errors.md")).toBe(printed);
});

test("docs/errors.md holds every code", () => {
  const tables = textOf("../transformer/messages.ts") + textOf("../runtime/faults.ts");
  const codes = [...tables.matchAll(/code: (\d+)|^ {2}(BS\d+):/gm)].map(([, ts, bs]) => bs ?? `TS${ts}`);
  const text = textOf("../docs/errors.md");
  expect(codes.filter((code) => !text.includes(code))).toEqual([]);
});
