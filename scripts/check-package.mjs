/**
 * Looks for unused code and dependencies, packs the package as npm would publish it, and holds the tarball to publint and
 * to what TypeScript resolves.
 *
 *   npm run build && node scripts/check-package.mjs
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "backstitch-package-"));
try {
  run("knip");
  const tarball = join(folder, pack());
  run("publint", "--strict", tarball);
  // The runtime is ES modules only. The transformer is loaded by TypeScript with `require`, so it is held to that as well.
  run("attw", "--profile", "esm-only", tarball);
  run("attw", "--profile", "node16", tarball, "--entrypoints", "./transformer");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Makes the tarball and returns its file name. */
function pack() {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const output = execFileSync("npm", args, { cwd: root, encoding: "utf8" });
  return JSON.parse(output)[0].filename;
}

/** Runs one checker with its output shown; a finding ends this program with failure. */
function run(command, ...args) {
  console.log(`\n${command} ${args.join(" ")}`);
  const { status } = spawnSync(join(root, "node_modules", ".bin", command), args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
