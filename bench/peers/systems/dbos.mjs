/** DBOS on Postgres. Its runs begin when they are started; a new process takes up those of the one before at its launch. */
import { DBOS } from "@dbos-inc/dbos-sdk";

export async function open({ database, probe }) {
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
  const started = [];
  return {
    start: async (...what) => started.push(what),
    async work() {
      await DBOS.launch();
      for (const [workflow, runs, steps] of started) {
        await Promise.all(Array.from({ length: runs }, () => DBOS.startWorkflow(workflows[workflow])(steps)));
      }
    },
  };
}
