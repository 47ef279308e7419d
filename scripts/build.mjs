/**
 * Builds `dist/`: the ES modules with their declarations, and the two CommonJS bundles that TypeScript loads.
 *
 *   node scripts/build.mjs
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
buildModules();
await buildPlugins();
linkPackage();

/** `tsc` prints its errors itself. */
function buildModules() {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
  } catch (error) {
    process.exit(error.status ?? 1);
  }
}

/** TypeScript loads its plugins with `require`, and some dependencies are ES modules only: each plugin is one file. */
async function buildPlugins() {
  const options = {
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    logLevel: "warning",
  };
  await build({ ...options, entryPoints: ["transformer/index.ts"], outfile: "dist/transformer.cjs" });
  copyFileSync(join(root, "transformer/transformer.d.cts"), join(dist, "transformer.d.cts"));
  await build({
    ...options,
    entryPoints: ["transformer/hosts/language-service.ts"],
    outfile: "dist/ls-plugin.cjs",
    // tsserver calls what the module exports.
    footer: { js: "module.exports = module.exports.default;" },
  });
}

/** Examples and fixtures name the package as users do: `node_modules/backstitch` leads to this folder. */
function linkPackage() {
  const link = join(root, "node_modules", "backstitch");
  if (linkTarget(link) === "..") return;
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { recursive: true, force: true });
  symlinkSync("..", link, "dir");
}

function linkTarget(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
