/**
 * One connection to a file: durable settings, prepared statements that are kept, transactions.
 *
 * It owns the driver. It is synchronous, so that within one process nothing can come between the statements of a
 * transaction; between processes SQLite's lock does the same.
 */
import { setTimeout as pause } from "node:timers/promises";
import { StoreError } from "../store-error.ts";
import { originalText, storedText } from "../text.ts";
import { type Driver, openDriver, type Row, resultCode, type Statement, type Value } from "./driver.ts";
import { busy, busyTimeoutMs, lockingProtocol } from "./failures.ts";
import { isUpToDate, migrate } from "./schema.ts";

/** More runs than a worker holds. */
const mostHeld = 10_000;

/** By the id of the run. A transaction that is rolled back leaves nothing wrong here. */
class HeldRows {
  readonly #rows = new Map<string, RunRow>();

  get(run: string): RunRow | undefined {
    return this.#rows.get(run);
  }

  set(run: string, row: RunRow): void {
    if (this.#rows.size >= mostHeld) this.#rows.clear();
    this.#rows.set(run, row);
  }

  delete(run: string): void {
    this.#rows.delete(run);
  }
}

/** The path of a database that lives in memory, as SQLite spells it. */
export const inMemory = ":memory:";

/** The row of a run that was advanced. */
export interface RunRow {
  readonly n: number;
  readonly id: string;
  readonly seq: number;
  readonly app: string;
  readonly parentRun: string | null;
  readonly parentOp: number;
  /** Not 0 when it may have pieces. */
  readonly hasPieces: number;
  /** Not 0 when its ops may have slots, or wait for them. */
  readonly hasSlots: number;
}

export class Connection {
  readonly file: string;
  /** What nobody else changes of the rows of runs that this process has claimed: a commit that knows it need not read. */
  readonly held = new HeldRows();
  readonly #driver: Driver;
  readonly #prepared = new Map<string, Statement>();

  constructor(file: string, driver: Driver) {
    this.file = file;
    this.#driver = driver;
  }

  /** Texts of the statements that were prepared so far. */
  get statements(): readonly string[] {
    return [...this.#prepared.keys()];
  }

  /** Rows of a query, or of a statement with RETURNING. `T` is what the statement selects. */
  all<T extends object = Row>(sql: string, ...params: readonly Value[]): T[] {
    return this.#prepare(sql).all(params.map(stored)).map(original) as T[];
  }

  /** The first row of what `all` would give, at less than half the cost; a statement is executed whole all the same. */
  first<T extends object = Row>(sql: string, ...params: readonly Value[]): T | undefined {
    const row = this.#prepare(sql).get(params.map(stored));
    return row && (original(row) as T);
  }

  /** Executes a statement; answers how many rows it changed. */
  run(sql: string, ...params: readonly Value[]): number {
    return this.#prepare(sql).run(params.map(stored));
  }

  /** Executes statements that have no parameters and give no rows. */
  exec(sql: string): void {
    this.#driver.exec(sql);
  }

  /** The value of a pragma, or its answer when `setting` sets one. */
  pragma(setting: string): Value | undefined {
    const row = this.#driver.prepare(`PRAGMA ${setting}`).all([])[0];
    return row && Object.values(row)[0];
  }

  /**
   * Runs `work` in one transaction, which holds the write lock from its beginning: what `work` reads cannot have changed
   * when it writes. If anything throws, the commit included, nothing is written.
   * @param mode "DEFERRED" is for work that only reads: it takes no lock, and all its reads see one state of the file.
   */
  transaction<T>(work: () => T, mode: "IMMEDIATE" | "DEFERRED" = "IMMEDIATE"): T {
    this.exec(`BEGIN ${mode}`);
    try {
      const result = work();
      this.exec("COMMIT");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /**
   * As `transaction`, without waiting for the disk. A crash of the machine may undo it, with all that was written behind it
   * and did not wait either; the next transaction that waits makes it durable. For what is done again when it is undone.
   */
  relaxed<T>(work: () => T): T {
    this.exec("PRAGMA synchronous = NORMAL");
    try {
      return this.transaction(work);
    } finally {
      this.exec("PRAGMA synchronous = FULL");
    }
  }

  close(): void {
    this.#emptyLog();
    this.#prepared.clear();
    this.#driver.close();
  }

  #prepare(sql: string): Statement {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.#driver.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** Leaves one whole file behind, if nobody else uses it: SQLite does so by itself, but libsql closes too late for it. */
  #emptyLog(): void {
    try {
      this.pragma("busy_timeout = 0");
      this.pragma("wal_checkpoint(TRUNCATE)");
    } catch {
      // The log is part of the database, and whoever opens it next reads it: nothing is lost, nothing has to be done.
    }
  }

  #rollBack(): void {
    try {
      this.run("ROLLBACK");
    } catch {
      // SQLite has already rolled back after a full disk or an input/output error; the first error is the one to report.
    }
  }
}

/** Opens `file`, makes it durable, and brings its schema up to date. */
export async function connect(file: string): Promise<Connection> {
  const db = new Connection(file, await openDriver(file));
  try {
    await retryWhileLocked(() => {
      db.pragma(`busy_timeout = ${busyTimeoutMs}`);
      // Before anything is changed: the file may belong to another program.
      const ready = isUpToDate(db);
      configure(db);
      if (!ready) migrate(db);
    });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The settings that the promises of a store rest on. */
function configure(db: Connection): void {
  const journal = db.file === inMemory ? "memory" : "wal";
  set(db, "busy_timeout", busyTimeoutMs, busyTimeoutMs);
  // Changing the journal takes an exclusive lock, so it is done only once in the life of a file.
  if (db.pragma("journal_mode") !== journal) set(db, "journal_mode", journal, journal);
  set(db, "synchronous", "FULL", 2);
  // Only macOS has it: there, a plain fsync leaves the data in the cache of the drive.
  set(db, "fullfsync", "ON", 1);
  set(db, "foreign_keys", "OFF", 0);
}

/** Sets a pragma and makes sure that it took: SQLite ignores what it does not know or cannot do. */
function set(db: Connection, name: string, value: Value, expected: Value): void {
  db.pragma(`${name} = ${value}`);
  const actual = db.pragma(name);
  if (actual === expected) return;
  const problem = `SQLite did not accept ${name}=${value} (it is ${actual}). The file must be on a local, writable disk`;
  throw new StoreError(problem, { location: db.file, operation: "open" });
}

/** SQLite does not wait for the lock that a change of the journal needs, so that two first openings would collide. */
async function retryWhileLocked(work: () => void): Promise<void> {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      const code = resultCode(error);
      if ((code !== busy && code !== lockingProtocol) || performance.now() > deadline) throw error;
    }
    await pause(10);
  }
}

function stored(value: Value): Value {
  return typeof value === "string" ? storedText(value) : value;
}

/** A plain object, whatever the driver made, with the texts that were given to be stored. */
function original(row: Row): Row {
  const plain: Row = {};
  for (const [column, value] of Object.entries(row)) {
    plain[column] = typeof value === "string" ? originalText(value) : value;
  }
  return plain;
}
