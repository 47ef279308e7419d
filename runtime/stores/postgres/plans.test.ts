/**
 * Whether PostgreSQL finds the rows of each statement of the store by an index, once there are many. The server plans for the
 * limits that are given; here it is asked for a plan for any, and would rather read all of a table for a tenth of its rows. So
 * it is told to read tables as a whole only where nothing else can answer.
 */
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addRuns, callEverything } from "../testing-calls.ts";
import { newSchema, testServer } from "../testing-postgres.ts";
import type { PostgresOptions } from "./index.ts";
import { postgres } from "./index.ts";
import type { PostgresStore } from "./postgres-store.ts";

const server = testServer();
let options: PostgresOptions;
let admin: pg.Client;
let store: PostgresStore;

beforeAll(async () => {
  options = newSchema(server());
  admin = new pg.Client(server().url);
  await admin.connect();
  store = postgres({ ...options, notify: false }) as PostgresStore;
  await store.open();
  await addRuns(store, "r1", "r2", "r3", "r4");
  await callEverything(store);
  for (const way of ["seqscan", "hashjoin", "mergejoin"]) await admin.query(`SET enable_${way} = off`);
  await admin.query(many.replaceAll("backstitch.", `${options.schema}.`));
});
afterAll(async () => {
  await store?.close();
  await admin?.end();
});

/** Runs of several functions, most of which have ended, with an event and ten steps each. */
const many = `
  INSERT INTO backstitch.events (received_at, app, id, name_key, name, data)
  SELECT n, 'shop', 'e' || n, 'n' || n % 5, 'n' || n % 5, '{}' FROM generate_series(1, 20000) AS n;
  INSERT INTO backstitch.strays (received_at, n, app, id, fate, name_key)
  SELECT received_at, n, app, id, 'spent', name_key FROM backstitch.events WHERE received_at > 10000;
  INSERT INTO backstitch.outbox (received_at, n, app, id)
  SELECT received_at, n, app, id FROM backstitch.events WHERE received_at > 15000;
  INSERT INTO backstitch.runs (id, app, function_id, event_id, status, wake_at, created_at, updated_at, ended_at, parent_run,
    origin_run, label, lease_owner, lease_until)
  SELECT 'x' || n, 'shop', 'f' || n % 7, 'e' || n, CASE WHEN n % 10 = 0 THEN 'running' ELSE 'completed' END, n, n, n,
    CASE WHEN n % 10 > 0 THEN n END, CASE WHEN n % 4 = 0 THEN 'x' || n - 1 END, CASE WHEN n % 5 = 0 THEN 'x' || n - 1 END, 'l',
    CASE WHEN n % 100 = 0 THEN 'w' || n % 3 END, CASE WHEN n % 100 = 0 THEN n END
  FROM generate_series(1, 20000) AS n;
  INSERT INTO backstitch.steps (run, op, attempt, seq, started_at, ended_at, rollback, kind, status, id, output)
  SELECT r.n, op, 0, op, op, op, false, 'step', 'completed', 's', 'o'
  FROM backstitch.runs AS r, generate_series(1, 10) AS op WHERE r.id LIKE 'x%';
  INSERT INTO backstitch.waits (run, op, app, kind, topic, path, value_key, name, value)
  SELECT n, 1, 'shop', 'event', 'event:n' || n % 5, CASE WHEN n % 2 = 0 THEN 'p' ELSE '' END, n % 1000, 'n', n % 1000
  FROM backstitch.runs;
  INSERT INTO backstitch.waits (run, op, app, kind, topic, path, value_key, name, value)
  SELECT n, 2, 'shop', 'signal', 'signal:' || n, '', '', n, '' FROM backstitch.runs;
  INSERT INTO backstitch.mail (run, seq, op, received_at, kind) SELECT n, 99, 1, 1, 'event' FROM backstitch.runs WHERE n % 2 = 0;
  INSERT INTO backstitch.states (app, function_id, kind, key, value, run, expires_at)
  SELECT 'shop', 'f', 'k', n, 'v', 'x' || n, n FROM generate_series(1, 20000) AS n;
  INSERT INTO backstitch.joined (run, event_id) SELECT n, 'e' || n FROM backstitch.runs;
  INSERT INTO backstitch.slots (run, op, "limit", rank, held, pool, rest)
  SELECT n, 1, 1, n, n % 2 = 0, 'p' || n % 100, '[]' FROM backstitch.runs;
  INSERT INTO backstitch.removed_steps (run, op) SELECT n, 1 FROM backstitch.runs ON CONFLICT DO NOTHING;
  INSERT INTO backstitch.transactions (run, op) SELECT n, 1 FROM backstitch.runs ON CONFLICT DO NOTHING;
  ANALYZE`;

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: readonly Plan[];
}

async function planOf(sql: string): Promise<Plan> {
  const text = sql.replaceAll(/\bbackstitch(?=[.;])/g, options.schema as string);
  const { rows } = await admin.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`);
  return rows[0]["QUERY PLAN"][0].Plan;
}

/** Tables that are read as a whole, whether in their order or in that of an index; a part that a limit ends is none. */
function scansOf(plan: Plan, limited = false): string[] {
  const { "Node Type": type, "Relation Name": table = "", Plans: parts = [] } = plan;
  const isWhole = type === "Seq Scan" || (/Index.* Scan/.test(type) && plan["Index Cond"] === undefined && !limited);
  const found = isWhole ? [`${type} of ${table}`] : [];
  const ends = type === "Limit" || (limited && !/Sort|Aggregate|Hash/.test(type));
  return [...found, ...parts.flatMap((part) => scansOf(part, ends))];
}

it("no statement reads a table as a whole", async () => {
  expect(scansOf(await planOf("SELECT id FROM backstitch.runs WHERE seq = $1"))).toEqual(["Seq Scan of runs"]);
  expect(scansOf(await planOf("SELECT count(*) FROM backstitch.steps"))).not.toEqual([]);
  expect(store.database.statements.length).toBeGreaterThan(40);
  const costly: Record<string, string[]> = {};
  for (const sql of store.database.statements) {
    if (!/backstitch\./.test(sql)) continue;
    const scans = scansOf(await planOf(sql));
    if (scans.length > 0) costly[sql] = scans;
  }
  expect(costly).toEqual({});
});
