import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("docs/spec.md is what the fixtures give; `node scripts/spec.mjs` rewrites it", () => {
  const script = fileURLToPath(new URL("spec.mjs", import.meta.url));
  const printed = execFileSync(process.execPath, [script, "--print"], { encoding: "utf8", maxBuffer: 2 ** 26 });
  expect(readFileSync(new URL("../docs/spec.md", import.meta.url), "utf8")).toBe(printed);
});
