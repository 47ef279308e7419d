/**
 * Cloudflare's Workflows in miniflare, its local server. Steps are executed in a process of its own. To be seen here some
 * call back: the first and the last one of a run, and each one after a kill.
 */
import { readFileSync } from "node:fs";
import { Miniflare } from "miniflare";

const script = readFileSync(new URL("cloudflare/worker.js", import.meta.url), "utf8");

export async function open({ file, steps, resumed, probe }) {
  const server = new Miniflare({
    name: "bench",
    modules: true,
    script,
    compatibilityDate: "2026-01-01",
    workflows: { LOOP: { name: "loop", className: "Loop" }, UNDONE: { name: "undone", className: "Undone" } },
    workflowsPersist: file,
    bindings: { RESUMED: resumed },
    serviceBindings: {
      async PROBE(request) {
        probe(Number(await request.text()));
        return new Response();
      },
    },
  });
  await server.ready;
  const started = resumed ? [["loop", 1, steps]] : [];
  return {
    start: async (...what) => started.push(what),
    async work() {
      for (const what of started) {
        const response = await server.dispatchFetch("http://bench/", { method: "POST", body: JSON.stringify(what) });
        if (!response.ok) throw new Error(`miniflare answers ${response.status}: ${await response.text()}`);
      }
    },
  };
}
