/** openworkflow on SQLite, or on Postgres when there is a database. */
import { DatabaseSync } from "node:sqlite";
import { OpenWorkflow } from "openworkflow";
import { BackendPostgres } from "openworkflow/postgres";
import { BackendSqlite } from "openworkflow/sqlite";
import postgres from "postgres";

export async function open({ file, database, resumed, probe }) {
  const backend = database ? await BackendPostgres.connect(database) : BackendSqlite.connect(file);
  if (resumed) await endLeases(file, database);
  const client = new OpenWorkflow({ backend });
  const workflows = {
    loop: client.defineWorkflow({ name: "loop" }, async ({ input, step }) => {
      for (let index = 0; index < input.steps; index++) await step.run({ name: `work-${index}` }, () => probe(index));
    }),
    undone: client.defineWorkflow({ name: "undone" }, async ({ step }) => {
      try {
        await step.run({ name: "reserve" }, () => probe(0));
        await step.run({ name: "charge", retryPolicy: { maximumAttempts: 1 } }, () => probe(1));
      } catch {
        await step.run({ name: "release" }, () => probe(2));
      }
    }),
  };
  return {
    start: (workflow, runs, steps) =>
      Promise.all(Array.from({ length: runs }, () => workflows[workflow].run({ steps }))),
    work: (runs) => client.newWorker({ concurrency: Math.max(runs, 1) }).start(),
  };
}

/** As if the lease of the worker that was killed had run out. */
async function endLeases(file, database) {
  if (database) {
    const sql = postgres(database);
    await sql`UPDATE openworkflow.workflow_runs SET available_at = now() WHERE status = 'running'`;
    return sql.end();
  }
  const driver = new DatabaseSync(file);
  driver.exec("UPDATE workflow_runs SET available_at = '2000-01-01T00:00:00.000Z' WHERE status = 'running'");
  driver.close();
}
