/**
 * DBOS on Postgres. Its runs begin when they are started. A new process takes up those of the one before at its launch, so
 * that the figures of a resume hold its connections and migrations too.
 */
import { DBOS } from "@dbos-inc/dbos-sdk";

export async function open({ database, probe, resumed }) {
  const step = (name, index) => DBOS.runStep(async () => probe(index), { name });
  const workflows = {
    loop: DBOS.registerWorkflow(
      async (steps) => {
        for (let index = 0; index < steps; index++) await step("work", index);
      },
      { name: "loop" },
    ),
    undone: DBOS.registerWorkflow(
      async () => {
        try {
          await step("reserve", 0);
          await step("charge", 1);
        } catch {
          await step("release", 2);
        }
      },
      { name: "undone" },
    ),
  };
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: database, logLevel: "error", applicationVersion: "bench" });
  if (!resumed) await DBOS.launch();
  const started = [];
  return {
    start: async (...what) => started.push(what),
    async work() {
      if (resumed) await DBOS.launch();
      for (const [workflow, runs, steps] of started) {
        await Promise.all(Array.from({ length: runs }, () => DBOS.startWorkflow(workflows[workflow])(steps)));
      }
    },
  };
}
