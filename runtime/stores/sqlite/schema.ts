/**
 * The tables, as an ordered list of migrations. `PRAGMA user_version` is how many of them a file has had.
 *
 * A migration that was released is never edited: a change of the schema is a new one at the end.
 *
 * What a step's commit writes decides the layout: one page of `runs`, one of `steps`. So `runs` is keyed by a small number
 * that the steps repeat, its text comes last, and no index holds a column that the commits of a held run change:
 * `runs_free` leaves leased runs out, though it is ordered by `wake_at`.
 */

import { StoreError } from "../store-error.ts";
import type { Connection } from "./connection.ts";

/** Written in the file's header, so that a database of another program is never taken for ours: "BkSt". */
const applicationId = 0x426b5374;

const migrations: readonly string[] = [
  `
  CREATE TABLE events (
    n INTEGER PRIMARY KEY,
    app TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    routed INTEGER NOT NULL DEFAULT 0,
    fate TEXT,
    target TEXT,
    parent_run TEXT,
    parent_op INTEGER,
    problem TEXT,
    data TEXT NOT NULL,
    UNIQUE (app, id)
  ) STRICT;
  CREATE INDEX events_unrouted ON events (app, received_at, n) WHERE routed = 0;
  CREATE INDEX events_by_time ON events (app, received_at, n);
  CREATE INDEX events_by_name ON events (app, name, received_at, n);
  CREATE INDEX events_by_fate ON events (app, fate, received_at, n) WHERE fate IS NOT NULL;
  CREATE INDEX events_by_fate_and_name ON events (app, fate, name, received_at, n) WHERE fate IS NOT NULL;

  CREATE TABLE runs (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    app TEXT NOT NULL,
    function_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'running',
    epoch INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0,
    lost_claims INTEGER NOT NULL DEFAULT 0,
    mailed INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    wake_at INTEGER,
    lease_owner TEXT,
    lease_until INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    parent_run TEXT,
    parent_op INTEGER,
    origin_run TEXT,
    origin_op INTEGER,
    label TEXT,
    plan TEXT,
    output TEXT,
    error TEXT,
    frame TEXT
  ) STRICT;
  CREATE INDEX runs_free ON runs (app, function_id, wake_at, id)
    WHERE status = 'running' AND lease_owner IS NULL AND wake_at IS NOT NULL;
  CREATE INDEX runs_leased ON runs (app, lease_owner, lease_until) WHERE lease_owner IS NOT NULL;
  CREATE INDEX runs_by_app ON runs (app, id);
  CREATE INDEX runs_by_function ON runs (app, function_id, id);
  CREATE INDEX runs_by_status ON runs (app, status, id);
  CREATE INDEX runs_by_function_and_status ON runs (app, function_id, status, id);
  CREATE INDEX runs_ended ON runs (app, ended_at) WHERE ended_at IS NOT NULL;
  CREATE INDEX runs_by_event ON runs (app, event_id, id);
  CREATE INDEX runs_by_parent ON runs (app, parent_run, id) WHERE parent_run IS NOT NULL;
  CREATE INDEX runs_by_origin ON runs (app, origin_run, id) WHERE origin_run IS NOT NULL;

  CREATE TABLE steps (
    run INTEGER NOT NULL,
    op INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    rollback INTEGER NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    id TEXT NOT NULL,
    input TEXT,
    output TEXT,
    error TEXT,
    PRIMARY KEY (run, op, attempt)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE waits (
    n INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    op INTEGER NOT NULL,
    app TEXT NOT NULL,
    kind TEXT NOT NULL,
    topic TEXT NOT NULL,
    path TEXT NOT NULL DEFAULT '',
    value TEXT NOT NULL DEFAULT '',
    until INTEGER,
    filter TEXT
  ) STRICT;
  CREATE INDEX waits_by_run ON waits (run, op);
  CREATE INDEX waits_by_topic ON waits (app, topic, path, value, n);

  CREATE TABLE mail (
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    op INTEGER NOT NULL,
    kind TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    sender TEXT,
    text TEXT,
    PRIMARY KEY (run, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE states (
    n INTEGER PRIMARY KEY,
    app TEXT NOT NULL,
    function_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at INTEGER,
    run TEXT,
    UNIQUE (app, function_id, kind, key)
  ) STRICT;
  CREATE INDEX states_over ON states (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX states_by_run ON states (run) WHERE run IS NOT NULL;

  CREATE TABLE joined (
    n INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    event_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX joined_by_run ON joined (run, n);
  CREATE INDEX joined_by_event ON joined (event_id);

  CREATE TABLE slots (
    n INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    op INTEGER NOT NULL,
    pool TEXT NOT NULL,
    "limit" INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    held INTEGER NOT NULL,
    rest TEXT NOT NULL
  ) STRICT;
  CREATE INDEX slots_by_run ON slots (run, op);
  CREATE INDEX slots_held ON slots (pool) WHERE held = 1;
  CREATE INDEX slots_waiting ON slots (pool, rank, n) WHERE held = 0;
  `,
  // Pieces are texts of up to a page, and a table that is keyed by more than a number would put most of them on pages of
  // their own.
  `
  ALTER TABLE runs ADD COLUMN has_pieces INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE pieces (
    n INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    "array" INTEGER NOT NULL,
    "index" INTEGER NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (run, "array", "index")
  ) STRICT;
  `,
  // Beside `runs`, whose rows end with texts, so that a column behind them would be read through these.
  `
  CREATE TABLE removed_steps (
    run INTEGER PRIMARY KEY,
    op INTEGER NOT NULL
  ) STRICT;

  CREATE INDEX runs_going ON runs (id) WHERE ended_at IS NULL;

  UPDATE events SET fate = 'spent' WHERE routed = 1 AND fate IS NULL
    AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.app = events.app AND r.event_id = events.id)
    AND NOT EXISTS (
      SELECT 1 FROM joined AS j JOIN runs AS r ON r.n = j.run WHERE j.event_id = events.id AND r.app = events.app);
  `,
  // A move is `out` of this file or `into` it; `moving_runs` keeps what became `moving`, and is empty most of the time.
  `
  CREATE TABLE moves (
    id TEXT NOT NULL,
    app TEXT NOT NULL,
    way TEXT NOT NULL,
    state TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    PRIMARY KEY (id, way)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX moves_by_app ON moves (app, way, state);

  CREATE TABLE moving_runs (
    run INTEGER PRIMARY KEY,
    move TEXT NOT NULL,
    status TEXT NOT NULL
  ) STRICT;
  CREATE INDEX moving_runs_by_move ON moving_runs (move, run);

  CREATE TABLE moving_events (
    event INTEGER PRIMARY KEY,
    move TEXT NOT NULL
  ) STRICT;
  CREATE INDEX moving_events_by_move ON moving_events (move, event);
  `,
];

/**
 * Whether the file has this version's schema; false for a new file, or one of an older version.
 * @throws StoreError when the file belongs to another program or to a newer version.
 */
export function isUpToDate(db: Connection): boolean {
  // One transaction, because another process may be making the tables between two of the reads.
  return db.transaction(() => schemaVersion(db), "DEFERRED") === migrations.length;
}

/** Brings the schema up to date. Two processes may do so at once: the second finds the work done. */
export function migrate(db: Connection): void {
  db.transaction(() => {
    for (const migration of migrations.slice(schemaVersion(db))) db.exec(migration);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
  });
}

/** How many migrations the file has had. Within a transaction. */
function schemaVersion(db: Connection): number {
  const version = db.pragma("user_version") as number;
  const isOurs = db.pragma("application_id") === applicationId;
  const isNew = version === 0 && db.all("SELECT 1 FROM sqlite_schema LIMIT 1").length === 0;
  const refuse = (problem: string) => new StoreError(problem, { location: db.file, operation: "open" });
  if (!isOurs && !isNew) throw refuse("this is the database of another program. Choose another path");
  if (version > migrations.length) {
    throw refuse(
      `the file has schema version ${version}, and this version of backstitch knows ${migrations.length}. ` +
        "Update backstitch, or use the version that wrote the file",
    );
  }
  return version;
}
