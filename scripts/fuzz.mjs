/**
 * Random programs, compiled and native, in several processes. See docs/testing.md.
 *
 *   node scripts/fuzz.mjs --minutes N [--seed S] [--workers W] [--only family,…] [--index I]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// One file per run: a run that is under way keeps the program that it began with.
const outfile = join(root, "node_modules", ".cache", `fuzz-${process.pid}.mjs`);
mkdirSync(dirname(outfile), { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ["fixtures/fuzz/main.ts"],
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  outfile,
  logLevel: "warning",
});
const { status } = spawnSync(process.execPath, [outfile, "--root", root, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exit(status ?? 1);
