/**
 * Where the benchmarks work: `bench/dist`, which git ignores. Databases are made there and not in the system's temporary
 * folder, which may be in memory, where a commit does not wait for any disk.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const bench = dirname(fileURLToPath(import.meta.url));
export const root = dirname(bench);
const output = join(bench, "dist");

export const tspc = createRequire(import.meta.url).resolve("ts-patch/bin/tspc.js");

/** Compiles the workflows and bundles what the package does not export and Node 20 cannot read. */
export async function prepare() {
  mkdirSync(output, { recursive: true });
  const { status } = spawnSync(process.execPath, [tspc, "-p", join(bench, "workflows")], { stdio: "inherit" });
  if (status !== 0) throw new Error("tspc could not compile bench/workflows");
  await build({
    absWorkingDir: root,
    entryPoints: {
      "memory-store": "runtime/stores/memory.ts",
      "restate-node": "fixtures/restate/node.ts",
      "peer-charts": "bench/peer-charts.ts",
    },
    outdir: output,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "warning",
  });
}

/** A new folder on the disk of the repository, removed after `work`. */
export async function inFolder(work) {
  const folder = mkdtempSync(join(output, "run-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}
