/** Backstitch on SQLite, or on Postgres when there is a database. */
import { postgres } from "backstitch/postgres";
import pg from "pg";
import { probe as compiled, makeClient, sqlite } from "../../runs.mjs";

export async function open({ file, database, resumed, probe }) {
  if (resumed && database) await endLeases(database);
  const client = makeClient(database ? postgres({ url: database }) : sqlite({ path: file }));
  compiled.step = (index) => probe(index);
  return {
    start: (workflow, runs, steps) =>
      client.send(Array.from({ length: runs }, () => ({ name: `bench/${workflow}`, data: { steps } }))),
    work: (runs) => client.worker({ concurrency: Math.max(runs, 1) }).start(),
  };
}

/** As if the lease of the worker that was killed had run out. On SQLite a worker sees that the process is gone. */
async function endLeases(database) {
  const client = new pg.Client(database);
  await client.connect();
  await client.query("UPDATE backstitch.runs SET lease_until = 0 WHERE lease_owner IS NOT NULL");
  await client.end();
}
