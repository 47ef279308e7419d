/**
 * Builds the example with `tspc`, then kills a worker in the middle of a rollback and shows what comes of it.
 *
 *   npm run demo
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const example = dirname(fileURLToPath(import.meta.url));
const tspc = createRequire(import.meta.url).resolve("ts-patch/bin/tspc.js");
console.log("tspc -p examples/rollbacks");
const { status } = spawnSync(process.execPath, [tspc, "-p", example], { stdio: "inherit" });
if (status !== 0) process.exit(1);

const folder = mkdtempSync(join(tmpdir(), "backstitch-demo-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }));
// The workers inherit these. They are set before the modules that read them are loaded.
process.env.DEMO_DATABASE = join(folder, "runs.db");
process.env.DEMO_CALLS = join(folder, "calls.ndjson");
await import("./dist/demo/main.js");
