/**
 * The tables, as an ordered list of migrations. The table `migrations` says which of them a schema has had.
 *
 * A migration that was released is never edited: a change of the tables is a new one at the end.
 *
 * What a step's commit writes decides the layout. A commit of a held run changes no column that an index holds, so that
 * Postgres writes the new version of its row beside the old one and touches no index (a HOT update); `free_at` is there for
 * that: it is `wake_at` of free runs only. Steps are added and never changed, with one index. What is looked for by texts of
 * any length is indexed by a short form of them, because an index takes no more than 2,700 bytes.
 */
import { StoreError } from "../store-error.ts";
import type { Database, Session } from "./database.ts";

const migrations: readonly string[] = [
  `
  CREATE TABLE backstitch.events (
    n bigint GENERATED ALWAYS AS IDENTITY,
    received_at bigint NOT NULL,
    parent_op bigint,
    app text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    parent_run text COLLATE "C",
    target text COLLATE "C",
    name text COLLATE "C" NOT NULL,
    data text NOT NULL,
    PRIMARY KEY (app, id)
  );
  CREATE INDEX events_by_time ON backstitch.events (app, received_at, n);
  CREATE INDEX events_by_name ON backstitch.events (app, name_key, received_at, n);

  CREATE TABLE backstitch.outbox (
    received_at bigint NOT NULL,
    n bigint NOT NULL,
    app text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (app, received_at, n)
  );

  CREATE TABLE backstitch.strays (
    received_at bigint NOT NULL,
    n bigint NOT NULL,
    app text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    fate text COLLATE "C" NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    problem text,
    PRIMARY KEY (app, id)
  );
  CREATE INDEX strays_by_fate ON backstitch.strays (app, fate, received_at, n);
  CREATE INDEX strays_by_fate_and_name ON backstitch.strays (app, fate, name_key, received_at, n);

  CREATE TABLE backstitch.runs (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 0,
    seq bigint NOT NULL DEFAULT 0,
    lost_claims bigint NOT NULL DEFAULT 0,
    mailed bigint NOT NULL DEFAULT 0,
    unread bigint NOT NULL DEFAULT 0,
    wake_at bigint,
    lease_until bigint,
    lease_call bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    ended_at bigint,
    parent_op bigint,
    origin_op bigint,
    free_at bigint GENERATED ALWAYS AS
      (CASE WHEN status = 'running' AND lease_owner IS NULL THEN wake_at END) STORED,
    id text COLLATE "C" NOT NULL UNIQUE,
    app text COLLATE "C" NOT NULL,
    function_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'running',
    lease_owner text COLLATE "C",
    parent_run text COLLATE "C",
    origin_run text COLLATE "C",
    label text COLLATE "C",
    plan text,
    output text,
    error text,
    frame text
  ) WITH (fillfactor = 50);
  CREATE INDEX runs_free ON backstitch.runs (app, function_id, free_at, id) WHERE free_at IS NOT NULL;
  CREATE INDEX runs_leased ON backstitch.runs (app, lease_owner) WHERE lease_owner IS NOT NULL;
  CREATE INDEX runs_expiring ON backstitch.runs (app, lease_until) WHERE lease_until IS NOT NULL;
  CREATE INDEX runs_by_app ON backstitch.runs (app, id);
  CREATE INDEX runs_by_function ON backstitch.runs (app, function_id, id);
  CREATE INDEX runs_by_status ON backstitch.runs (app, status, id);
  CREATE INDEX runs_by_function_and_status ON backstitch.runs (app, function_id, status, id);
  CREATE INDEX runs_ended ON backstitch.runs (app, ended_at) WHERE ended_at IS NOT NULL;
  CREATE INDEX runs_by_event ON backstitch.runs (app, event_id, id);
  CREATE INDEX runs_by_parent ON backstitch.runs (app, parent_run, id) WHERE parent_run IS NOT NULL;
  CREATE INDEX runs_by_origin ON backstitch.runs (app, origin_run, id) WHERE origin_run IS NOT NULL;
  CREATE INDEX runs_going ON backstitch.runs (id) WHERE ended_at IS NULL;

  CREATE TABLE backstitch.steps (
    run bigint NOT NULL,
    op bigint NOT NULL,
    attempt bigint NOT NULL,
    seq bigint NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    rollback boolean NOT NULL,
    kind text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    input text,
    output text,
    error text,
    PRIMARY KEY (run, op, attempt)
  );

  CREATE TABLE backstitch.waits (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint NOT NULL,
    op bigint NOT NULL,
    until bigint,
    app text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    value_key text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    filter text
  );
  CREATE INDEX waits_by_run ON backstitch.waits (run, op);
  CREATE INDEX waits_by_topic ON backstitch.waits (app, topic, path, value_key, n);
  CREATE UNIQUE INDEX waits_for_signals ON backstitch.waits (app, topic) WHERE kind = 'signal';

  CREATE TABLE backstitch.mail (
    run bigint NOT NULL,
    seq bigint NOT NULL,
    op bigint NOT NULL,
    received_at bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    sender text COLLATE "C",
    text text,
    PRIMARY KEY (run, seq)
  );

  CREATE TABLE backstitch.states (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    expires_at bigint,
    app text COLLATE "C" NOT NULL,
    function_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    run text COLLATE "C",
    value text COLLATE "C" NOT NULL,
    UNIQUE (app, function_id, kind, key)
  );
  CREATE INDEX states_over ON backstitch.states (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX states_by_run ON backstitch.states (run) WHERE run IS NOT NULL;

  CREATE TABLE backstitch.joined (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint NOT NULL,
    event_id text COLLATE "C" NOT NULL
  );
  CREATE INDEX joined_by_run ON backstitch.joined (run, n);
  CREATE INDEX joined_by_event ON backstitch.joined (event_id);

  CREATE TABLE backstitch.slots (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint NOT NULL,
    op bigint NOT NULL,
    "limit" bigint NOT NULL,
    rank bigint NOT NULL,
    held boolean NOT NULL,
    pool text COLLATE "C" NOT NULL,
    rest text NOT NULL
  );
  CREATE INDEX slots_by_run ON backstitch.slots (run, op);
  CREATE INDEX slots_held ON backstitch.slots (pool) WHERE held;
  CREATE INDEX slots_waiting ON backstitch.slots (pool, rank, n) WHERE NOT held;

  CREATE TABLE backstitch.locks (name text COLLATE "C" PRIMARY KEY);
  INSERT INTO backstitch.locks (name) VALUES ('slots');
  `,
  `
  CREATE TABLE backstitch.transactions (
    run bigint NOT NULL,
    op bigint NOT NULL,
    output text,
    PRIMARY KEY (run, op)
  );
  `,
  `
  ALTER TABLE backstitch.runs ADD COLUMN has_pieces boolean NOT NULL DEFAULT false;

  CREATE TABLE backstitch.pieces (
    run bigint NOT NULL,
    "array" bigint NOT NULL,
    "index" bigint NOT NULL,
    text text COLLATE "C" NOT NULL,
    PRIMARY KEY (run, "array", "index")
  );
  `,
  // Beside `runs`, so that commits need not write it.
  `
  CREATE TABLE backstitch.removed_steps (
    run bigint PRIMARY KEY,
    op bigint NOT NULL
  );

  INSERT INTO backstitch.strays (app, id, fate, name_key, received_at, n)
  SELECT e.app, e.id, 'spent', e.name_key, e.received_at, e.n FROM backstitch.events AS e
  WHERE NOT EXISTS (
      SELECT FROM backstitch.outbox AS o WHERE o.app = e.app AND o.received_at = e.received_at AND o.n = e.n)
    AND NOT EXISTS (SELECT FROM backstitch.runs AS r WHERE r.app = e.app AND r.event_id = e.id)
    AND NOT EXISTS (
      SELECT FROM backstitch.joined AS j JOIN backstitch.runs AS r ON r.n = j.run
      WHERE j.event_id = e.id AND r.app = e.app)
  ON CONFLICT (app, id) DO NOTHING;
  `,
  // A move is `out` of this schema or `into` it; `moving_runs` keeps what became `moving`, and is empty most of the time.
  `
  CREATE TABLE backstitch.moves (
    begun_at bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    app text COLLATE "C" NOT NULL,
    way text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    PRIMARY KEY (id, way)
  );
  CREATE INDEX moves_by_app ON backstitch.moves (app, way, state);

  CREATE TABLE backstitch.moving_runs (
    run bigint PRIMARY KEY,
    move text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL
  );
  CREATE INDEX moving_runs_by_move ON backstitch.moving_runs (move, run);

  CREATE TABLE backstitch.moving_events (
    app text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    move text COLLATE "C" NOT NULL,
    PRIMARY KEY (app, id)
  );
  CREATE INDEX moving_events_by_move ON backstitch.moving_events (move);
  `,
];

/**
 * Brings the schema up to date. Workers may do so at once: the second waits for the first, and finds the work done. A
 * worker that has nothing to do needs no right to make tables.
 *
 * @throws StoreError when the schema belongs to a newer version
 */
export async function migrate(db: Database): Promise<void> {
  if ((await versionOf(db, db)) === migrations.length) return;
  await db.transaction(async (session) => {
    await session.run("SELECT pg_advisory_xact_lock(hashtext('backstitch.migrations'))");
    const version = await versionOf(db, session);
    if (version === 0) {
      await session.exec(`CREATE SCHEMA IF NOT EXISTS backstitch;
        CREATE TABLE backstitch.migrations (version bigint PRIMARY KEY)`);
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      await session.exec(migration);
      await session.run("INSERT INTO backstitch.migrations (version) VALUES ($1)", index + 1);
    }
  });
}

/** How many migrations the schema has had; 0 when it is not there. */
async function versionOf({ location, schema }: Database, session: Session): Promise<number> {
  // Read as a table: a name that is looked up otherwise may be missed that another transaction has just made.
  const found = await session.all("SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'migrations'", schema);
  if (found.length === 0) return 0;
  const [row] = await session.all<{ version: number }>("SELECT max(version) AS version FROM backstitch.migrations");
  const version = row?.version ?? 0;
  if (version <= migrations.length) return version;
  throw new StoreError(
    `the schema has version ${version}, and this version of backstitch knows ${migrations.length}. Update backstitch, or use the version that wrote it`,
    { location, operation: "open" },
  );
}
