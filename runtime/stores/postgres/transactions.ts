/**
 * Transactions of steps: what a step writes to this database, and its output, are committed together.
 *
 * The row of the step is written first, and its unique key is the lock: whoever executes the same step waits there until
 * the transaction is over, and then finds its output or begins. No call of a run's own is kept waiting.
 */
import type { Pool, PoolClient } from "pg";
import { decode, encode } from "../../codec/index.ts";
import { BackstitchError } from "../../faults.ts";
import { checkKeys } from "../../options.ts";
import { placeOf, type StepContext, type StepPlace } from "../../step-place.ts";
import type { OutputSeal } from "../../store.ts";
import { type Database, type DatabaseSettings, driver } from "./database.ts";
import { hasGivenWay, isUnanswered, storeError } from "./failures.ts";
import { guarded } from "./guarded-client.ts";
import type { Isolation, TransactionOptions, TransactionWork } from "./transactional-store.ts";

/** What is asked for, once it was checked. */
export interface Asked<Output> {
  readonly place: StepPlace;
  readonly signal: AbortSignal;
  readonly work: TransactionWork<Output>;
  readonly isolation: Isolation | undefined;
}

const where = "store.transaction()";
const isolations: readonly unknown[] = ["read committed", "repeatable read", "serializable", undefined];

/** Tries of what gave way to other transactions; then the step itself is tried again. */
const mostTries = 5;
/** Between two looks whether a transaction was committed. */
const pauseMs = 500;
/** For statements of the store. Those of the author take as long as they take. */
const ownTimeoutMs = 60_000;

export class Transactions {
  readonly #settings: DatabaseSettings;
  /** Attempts with a transaction that is open or committed: a second one would find the output of the first. */
  readonly #used = new WeakSet<StepPlace>();
  /** Made when the first step asks: an author's slow transactions must not keep the store's own calls waiting. */
  #pool: Promise<Pool> | undefined;
  #seal: OutputSeal = (text) => text;
  #open: OutputSeal = (text) => text;

  constructor(settings: DatabaseSettings) {
    this.#settings = settings;
  }

  sealOutputs(sealed: OutputSeal, opened: OutputSeal): void {
    this.#seal = sealed;
    this.#open = opened;
  }

  async run<Output>(db: Database, asked: Asked<Output>): Promise<Output> {
    const { place } = asked;
    if (this.#used.has(place)) {
      throw cannotBegin("this attempt of the step has had a transaction", "Write all of it in one, or make two steps.");
    }
    this.#used.add(place);
    try {
      const pool = await this.#connections();
      const text = await this.#persistently(new StepTransaction(db, asked, pool, this.#seal), pool);
      // The type is that of the work that gave the text, in this process or in another one.
      return decode(this.#open(text, place.run, place.op)) as Output;
    } catch (error) {
      this.#used.delete(place);
      throw error;
    }
  }

  /** Resolves when the last transaction is over. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await (await pool)?.end();
  }

  /**
   * Tries again what gave way to others. When the answer to COMMIT was lost it goes on until it knows, for as long as the
   * attempt may last: a step whose writes are there must not be told to have failed.
   */
  async #persistently<Output>(transaction: StepTransaction<Output>, pool: Pool): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await transaction.perform();
      } catch (error) {
        if (transaction.isOver || pool.ending || error instanceof BackstitchError) throw error;
        if (transaction.isInDoubt) await pause(transaction.signal);
        else if (tries >= mostTries || !hasGivenWay(error)) {
          throw transaction.isBegun ? error : storeError(error, this.#settings.location, "transaction");
        }
      }
    }
  }

  #connections(): Promise<Pool> {
    this.#pool ??= driver(this.#settings.location).then((pg) => {
      const { connectionTimeoutMillis, query_timeout: _, ...config } = this.#settings.config;
      // Whoever waits for others to finish is not given up; who waits for the server is.
      class Client extends pg.Client {
        constructor(given?: object) {
          super({ ...given, connectionTimeoutMillis });
        }
      }
      const pool = new pg.Pool({ ...config, Client });
      pool.on("error", () => {});
      pool.on("connect", (client) => client.on("error", () => {}));
      return pool;
    });
    return this.#pool;
  }
}

/** The row of a step as others see it. */
interface Found {
  readonly hasEnded: boolean;
  readonly isTaken: boolean;
  readonly output: string | null;
}

/** The transaction of one attempt, which may be tried several times. */
class StepTransaction<Output> {
  readonly signal: AbortSignal;
  readonly #db: Database;
  readonly #asked: Asked<Output>;
  readonly #pool: Pool;
  readonly #seal: OutputSeal;
  /** The author's code was called. */
  isBegun = false;
  /** Whether a COMMIT was carried out is not known. */
  isInDoubt = false;

  constructor(db: Database, asked: Asked<Output>, pool: Pool, seal: OutputSeal) {
    this.#db = db;
    this.#asked = asked;
    this.#pool = pool;
    this.#seal = seal;
    this.signal = asked.signal;
  }

  /** Nobody waits for what comes of it. */
  get isOver(): boolean {
    return this.signal.aborted || this.#asked.place.isOver();
  }

  /** Gives the text of the output. */
  async perform(): Promise<string> {
    const client = await this.#connection();
    let isBroken = true;
    try {
      const { recorded, text } = await untilAborted(this.signal, this.#upToCommit(client));
      this.signal.throwIfAborted();
      if (this.isOver) throw cannotBegin("the step has ended", "Await the transaction in the callback of the step.");
      if (recorded) isBroken = !(await this.#rolledBack(client));
      else {
        await this.#commit(client);
        isBroken = false;
      }
      return text;
    } catch (error) {
      isBroken = this.isOver || this.isInDoubt || !(await this.#rolledBack(client));
      throw error;
    } finally {
      // Of a connection that is destroyed, the server rolls the transaction back.
      client.release(isBroken);
    }
  }

  async #connection(): Promise<PoolClient> {
    const connecting = this.#pool.connect();
    try {
      return await untilAborted(this.signal, connecting);
    } catch (error) {
      connecting.then(
        (client) => client.release(),
        () => {},
      );
      throw error;
    }
  }

  async #upToCommit(client: PoolClient): Promise<{ readonly recorded: boolean; readonly text: string }> {
    const recorded = await this.#take(client);
    this.isInDoubt = false;
    if (recorded !== undefined) return { recorded: true, text: recorded };
    const given = guarded(client);
    this.isBegun = true;
    let output: Output;
    try {
      output = await this.#asked.work(given.client);
    } finally {
      given.close();
    }
    const { run, op } = this.#asked.place;
    const text = this.#seal(encode(output), run, op);
    await this.#record(client, text);
    return { recorded: false, text };
  }

  /**
   * Takes the step, once whoever has it is done. Gives the output if it is recorded.
   *
   * Rows go when their run ends. So the run is looked at behind the row, and by another connection, which sees what is now:
   * if it has not ended, no row of it can have gone before this one was written.
   */
  async #take(client: PoolClient): Promise<string | undefined> {
    const { place, isolation } = this.#asked;
    const level = isolation === undefined ? "" : ` ISOLATION LEVEL ${isolation.toUpperCase()}`;
    await this.#own(client, `BEGIN${level}; SET LOCAL idle_in_transaction_session_timeout = ${ownTimeoutMs}`);
    const { rowCount } = await client.query(this.#db.statement(takeStep, place.run, place.op));
    const [found] = await this.#db.all<Found>(findStep, place.run, place.op);
    if (found === undefined) throw notHere(place);
    if (rowCount === 1 && !found.hasEnded) return undefined;
    if (found.isTaken && found.output !== null) return found.output;
    if (found.isTaken && !found.hasEnded) throw endedByItself("an earlier attempt");
    throw cannotBegin(
      `the run ${place.run} has ended, or leaves for another store`,
      "Nothing is to be done: another worker went on with it.",
    );
  }

  /** The row is one of this transaction only if the author's code has not ended that. */
  async #record(client: PoolClient, text: string): Promise<void> {
    const { run, op } = this.#asked.place;
    const { rowCount } = await client.query(this.#db.statement(recordOutput, run, op, text)).catch((cause: unknown) => {
      if ((cause as { readonly code?: unknown }).code !== "25P02") throw cause;
      const fix = "Let the error through, or put the statement behind a SAVEPOINT and go back to that.";
      throw new BackstitchError("BS2121", { where: "a statement of it failed, and its function went on", fix, cause });
    });
    if (rowCount !== 1) throw endedByItself("this attempt");
  }

  async #commit(client: PoolClient): Promise<void> {
    try {
      await this.#own(client, "COMMIT");
    } catch (error) {
      this.isInDoubt = isUnanswered(error);
      throw error;
    }
  }

  /** False when the connection is of no use any more. */
  #rolledBack(client: PoolClient): Promise<boolean> {
    return this.#own(client, "ROLLBACK").then(
      () => true,
      () => false,
    );
  }

  async #own(client: PoolClient, text: string): Promise<void> {
    const query = { text, query_timeout: ownTimeoutMs };
    await client.query(query);
  }
}

/** Waits for whoever has the step. The output is written when it is there. */
const takeStep = `
  INSERT INTO backstitch.transactions (run, op) SELECT n, $2::bigint FROM backstitch.runs WHERE id = $1
  ON CONFLICT (run, op) DO NOTHING`;

const findStep = `
  SELECT r.ended_at IS NOT NULL OR r.status = 'moving' AS "hasEnded", t.run IS NOT NULL AS "isTaken", t.output
  FROM backstitch.runs AS r LEFT JOIN backstitch.transactions AS t ON t.run = r.n AND t.op = $2 WHERE r.id = $1`;

const recordOutput = `
  UPDATE backstitch.transactions SET output = $3
  WHERE run = (SELECT n FROM backstitch.runs WHERE id = $1) AND op = $2 AND xmin = pg_current_xact_id()::xid`;

/** @throws BackstitchError when it is not called as it must be */
export function checkedTransaction<Output>(
  context: StepContext,
  work: TransactionWork<Output>,
  options: TransactionOptions,
): Asked<Output> {
  const place = placeOf(context);
  const inStep = "Call it in the callback of a step: step.run(id, (context) => store.transaction(context, …)).";
  if (place === undefined) throw cannotBegin("it was given no context of a step", inStep);
  if (place.isOver()) throw cannotBegin("the step has ended whose context it was given", inStep);
  if (typeof work !== "function") throw cannotBegin("it was given no function", inStep);
  checkKeys(options, ["isolation"], where);
  const { isolation } = options;
  if (isolations.includes(isolation)) return { place, signal: context.signal, work, isolation };
  throw new BackstitchError("BS2013", {
    where: `\`isolation\` of ${where} is ${JSON.stringify(isolation)}`,
    fix: 'Give "read committed", "repeatable read" or "serializable".',
  });
}

function cannotBegin(problem: string, fix: string): BackstitchError {
  return new BackstitchError("BS2120", { where: problem, fix });
}

/** What it wrote may be there, and nothing says whether all of it is. */
function endedByItself(attempt: string): BackstitchError {
  const fix =
    "Leave it to transaction() to begin and to end it. What was written stays: look at it, then run the step again in a new run.";
  return new BackstitchError("BS2121", { where: `its function has ended it, in ${attempt}`, fix });
}

function notHere({ run }: StepPlace): BackstitchError {
  const fix =
    "Use the store of the client that executes the step. In tests over another store, give the step a mock (see docs/stores.md).";
  return cannotBegin(`the run ${run} is not in this store`, fix);
}

/** What `doing` gives, unless the signal aborts before: then its reason is thrown, and nobody hears of the rest. */
async function untilAborted<T>(signal: AbortSignal, doing: Promise<T>): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([doing, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, pauseMs);
  });
  await untilAborted(signal, over).finally(() => clearTimeout(timer));
}
