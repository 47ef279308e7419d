/**
 * Vercel's `workflow` on its local world: files, for which no `fsync` waits, and a queue in this process. Its compiler makes
 * two bundles of `vercel/workflows.js`.
 */
import { cpSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { StandaloneBuilder } from "@workflow/builders";
import { createLocalWorld } from "@workflow/world-local";
import { start } from "workflow/api";
import { setWorld } from "workflow/runtime";

const project = fileURLToPath(new URL("../dist/vercel/", import.meta.url));
const built = {
  stepsBundlePath: "out/step.cjs",
  workflowsBundlePath: "out/flow.cjs",
  webhookBundlePath: "out/webhook.mjs",
};
const load = (path) => import(pathToFileURL(project + path));

/** Compiles the workflows, once for all measurements. */
export async function prepare() {
  rmSync(project, { recursive: true, force: true });
  cpSync(fileURLToPath(new URL("vercel/", import.meta.url)), project, { recursive: true });
  await new StandaloneBuilder({ buildTarget: "standalone", workingDir: project, dirs: ["."], ...built }).build();
}

export async function open({ file, resumed, probe }) {
  globalThis.probe = probe;
  const world = createLocalWorld({ dataDir: file });
  setWorld(world);
  for (const [kind, path] of [
    ["workflow", built.workflowsBundlePath],
    ["step", built.stepsBundlePath],
  ]) {
    world.registerHandler(`__wkf_${kind}_`, (await load(path)).POST);
  }
  const manifest = JSON.parse(readFileSync(`${project}.well-known/workflow/v1/manifest.json`, "utf8"));
  const ids = Object.assign({}, ...Object.values(manifest.workflows));
  if (!resumed) await world.start();
  const started = [];
  return {
    start: async (...what) => started.push(what),
    async work() {
      // Runs that were left by the process before are taken up.
      if (resumed) return world.start();
      for (const [workflow, runs, steps] of started) {
        await Promise.all(Array.from({ length: runs }, () => start(ids[workflow], [steps])));
      }
    },
  };
}
