/** Backstitch on SQLite, on Postgres when there is a database, or on Restate when there is its server. */
import { postgres } from "backstitch/postgres";
import { restate } from "backstitch/restate";
import pg from "pg";
import { probe as compiled, makeClient, sqlite } from "../../runs.mjs";
import { tryAgain, waitingInvocations } from "../restate-retries.mjs";

export async function open({ file, database, restate: server, resumed, probe }) {
  if (resumed && database) await endLeases(database);
  const client = makeClient(server ? restate(server) : database ? postgres({ url: database }) : sqlite({ path: file }));
  compiled.step = (index) => probe(index);
  const send = (workflow, runs, steps) =>
    client.send(Array.from({ length: runs }, () => ({ name: `bench/${workflow}`, data: { steps } })));
  const work = (runs) => client.worker({ concurrency: Math.max(runs, 1) }).start();
  return server
    ? onRestate(send, work, resumed ? await waitingInvocations(server.admin) : [], server)
    : { start: send, work };
}

/** Restate's server takes runs when it knows their worker, which then executes them at once. */
function onRestate(send, work, waiting, { admin }) {
  const started = [];
  return {
    async start(...what) {
      await work(what[1]);
      started.push(what);
    },
    async work(runs) {
      if (waiting.length > 0) await work(runs);
      await tryAgain(admin, waiting);
      for (const what of started) await send(...what);
    },
  };
}

/** As if the lease of the worker that was killed had run out. On SQLite a worker sees that the process is gone. */
async function endLeases(database) {
  const client = new pg.Client(database);
  await client.connect();
  await client.query("UPDATE backstitch.runs SET lease_until = 0 WHERE lease_owner IS NOT NULL");
  await client.end();
}
