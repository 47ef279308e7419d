/**
 * A pool of connections to one schema of a database: prepared statements, transactions, and what gives way to others.
 *
 * It owns the driver. The statements of this folder call the schema `backstitch`; another one is put in its place here.
 * Nothing is kept in a session (no search path, no advisory lock), so that a pooler may stand in front of the server.
 */
import { createHash } from "node:crypto";
import type { Pool, PoolClient, PoolConfig, QueryConfig, QueryResult } from "pg";
import { StoreError } from "../store-error.ts";
import { originalText, storedText } from "../text.ts";
import { binaryArray, type ElementType, type Scalar } from "./arrays.ts";
import { hasGivenWay, isUnanswered } from "./failures.ts";

/** What a parameter can be. Numbers are safe integers. */
export type Value = Scalar | readonly Scalar[];

/** Where statements are executed: each by itself, or all of them in one transaction. */
export interface Session {
  /** Rows of a query, or of a statement with RETURNING. `T` is what the statement selects. */
  all<T extends object>(sql: string, ...params: readonly Value[]): Promise<T[]>;
  /** Executes a statement; answers how many rows it changed. */
  run(sql: string, ...params: readonly Value[]): Promise<number>;
  /** Executes statements that have no parameters and give no rows. */
  exec(sql: string): Promise<void>;
  /** There is work for workers of these apps, once what is done here is written. */
  wake(...apps: readonly string[]): void;
}

export interface DatabaseSettings {
  readonly config: PoolConfig;
  /** For messages: without the password. */
  readonly location: string;
  readonly schema: string;
  readonly prepare: boolean;
}

/** Tries of what gave way to other transactions. */
const mostTries = 20;

const readCommitted = "BEGIN ISOLATION LEVEL READ COMMITTED";
const snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

export class Database implements Session {
  readonly location: string;
  readonly schema: string;
  readonly #pool: Pool;
  readonly #texts: StatementTexts;
  readonly #onWork: (app: string) => void;

  /** @param onWork is told the apps that have work, when it is written */
  constructor(pool: Pool, settings: DatabaseSettings, onWork: (app: string) => void) {
    this.#pool = pool;
    this.location = settings.location;
    this.schema = settings.schema;
    this.#texts = new StatementTexts(settings);
    this.#onWork = onWork;
    // Of connections that break while nobody waits for an answer: the pool replaces them, and the next query of a
    // transaction fails. An error that nobody hears would end the process.
    pool.on("error", () => {});
    pool.on("connect", (client) => client.on("error", () => {}));
  }

  /** A statement for a connection of another pool. */
  statement(sql: string, ...params: readonly Value[]): QueryConfig {
    return this.#texts.query(sql, params);
  }

  /** Statements that were prepared so far. */
  get statements(): readonly string[] {
    return this.#texts.prepared;
  }

  async all<T extends object>(sql: string, ...params: readonly Value[]): Promise<T[]> {
    return rowsOf<T>(await this.#query(sql, params));
  }

  async run(sql: string, ...params: readonly Value[]): Promise<number> {
    return (await this.#query(sql, params)).rowCount ?? 0;
  }

  async exec(sql: string): Promise<void> {
    await this.#pool.query(this.#texts.plain(sql));
  }

  wake(...apps: readonly string[]): void {
    for (const app of apps) this.#onWork(app);
  }

  /**
   * Runs `work` in one transaction. If anything throws, nothing is written; it is run again when it gave way to another
   * transaction, so it must do nothing but use the session.
   */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return persistently(() => this.#transaction(readCommitted, work));
  }

  /** Runs `work`, which only reads, and sees one state of the database in all its reads. */
  snapshot<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return persistently(() => this.#transaction(snapshot, work));
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  #query(sql: string, params: readonly Value[]): Promise<QueryResult> {
    const query = this.#texts.query(sql, params);
    return persistently(() => this.#pool.query(query));
  }

  async #transaction<T>(begin: string, work: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    const session = new Transaction(client, this.#texts);
    let broken = false;
    try {
      await client.query(begin);
      const result = await work(session);
      await client.query("COMMIT");
      this.wake(...session.woken);
      return result;
    } catch (error) {
      broken = isUnanswered(error) || !(await rolledBack(client));
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

class Transaction implements Session {
  readonly woken = new Set<string>();
  readonly #client: PoolClient;
  readonly #texts: StatementTexts;

  constructor(client: PoolClient, texts: StatementTexts) {
    this.#client = client;
    this.#texts = texts;
  }

  async all<T extends object>(sql: string, ...params: readonly Value[]): Promise<T[]> {
    return rowsOf<T>(await this.#client.query(this.#texts.query(sql, params)));
  }

  async run(sql: string, ...params: readonly Value[]): Promise<number> {
    return (await this.#client.query(this.#texts.query(sql, params))).rowCount ?? 0;
  }

  async exec(sql: string): Promise<void> {
    await this.#client.query(this.#texts.plain(sql));
  }

  wake(...apps: readonly string[]): void {
    for (const app of apps) this.woken.add(app);
  }
}

interface Statement {
  readonly query: { readonly text: string; readonly name?: string };
  /** Types of the elements of its parameters that are arrays. */
  readonly arrays: readonly (ElementType | undefined)[];
}

/** `$2::text[]` gives `[undefined, "text"]`. */
function arraysIn(sql: string): Statement["arrays"] {
  const arrays: ElementType[] = [];
  for (const [, number, type] of sql.matchAll(/\$(\d+)::(text|bigint|boolean)\[\]/g)) {
    arrays[Number(number) - 1] = type as ElementType;
  }
  return arrays;
}

/** The statements as the server gets them, each made once. */
class StatementTexts {
  readonly #schema: string;
  readonly #prepare: boolean;
  readonly #made = new Map<string, Statement>();

  constructor({ schema, prepare }: DatabaseSettings) {
    this.#schema = `"${schema}"`;
    this.#prepare = prepare;
  }

  get prepared(): readonly string[] {
    return [...this.#made.keys()];
  }

  plain(sql: string): string {
    return sql.replaceAll(/\bbackstitch(?=[.;])/g, this.#schema);
  }

  query(sql: string, params: readonly Value[]): QueryConfig {
    let statement = this.#made.get(sql);
    if (statement === undefined) {
      const text = this.plain(sql);
      // Behind a pooler, several stores share a connection: equal names must mean equal texts.
      const name = `backstitch_${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
      statement = { query: this.#prepare ? { text, name } : { text }, arrays: arraysIn(sql) };
      this.#made.set(sql, statement);
    }
    const { query, arrays } = statement;
    return { ...query, values: params.map((param, index) => stored(param, arrays[index])) };
  }
}

/** Does again what gave way to another transaction. */
async function persistently<T>(perform: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await perform();
    } catch (error) {
      if (!hasGivenWay(error) || tries === mostTries) throw error;
    }
  }
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query("ROLLBACK");
    return true;
  } catch {
    return false;
  }
}

/** Opens a pool, and makes sure that the server is there and keeps what it acknowledges. */
export async function connect(settings: DatabaseSettings, onWork: (app: string) => void): Promise<Database> {
  const { location } = settings;
  const pg = await driver(location);
  const pool = new pg.Pool({ ...settings.config, types: { getTypeParser: parserOf(pg.types.getTypeParser) } });
  const db = new Database(pool, settings, onWork);
  try {
    const [server] = await db.all<{ encoding: string; synchronous: string }>(
      `SELECT current_setting('server_encoding') AS encoding, current_setting('synchronous_commit') AS synchronous`,
    );
    if (server?.encoding !== "UTF8") {
      const problem = `the database has the encoding ${server?.encoding}, and texts need UTF8. Create one with ENCODING 'UTF8'`;
      throw new StoreError(problem, { location, operation: "open" });
    }
    if (server.synchronous === "off") {
      const problem = `synchronous_commit is off, so that a crash of the server would lose what it has acknowledged. Execute ALTER DATABASE … SET synchronous_commit = on`;
      throw new StoreError(problem, { location, operation: "open" });
    }
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

type Driver = typeof import("pg")["default"];

export async function driver(location: string): Promise<Driver> {
  try {
    return (await import("pg")).default;
  } catch (cause) {
    const problem = "the package pg is not installed. Run `npm install pg`";
    throw new StoreError(problem, { location, operation: "open", cause });
  }
}

/** Whole numbers come as numbers: no count or time of a store goes beyond 2^53. */
function parserOf(standard: Driver["types"]["getTypeParser"]): typeof standard {
  const bigint = 20;
  return ((type: number, format: "text") => (type === bigint ? Number : standard(type, format))) as typeof standard;
}

function stored(value: Value, elements: ElementType | undefined): unknown {
  if (typeof value === "string") return storedText(value);
  if (!isArray(value)) return value;
  if (elements === undefined)
    throw new TypeError("a statement says of what type the elements of an array are: $1::text[]");
  return binaryArray(elements, elements === "text" ? value.map((text) => stored(text, undefined) as Scalar) : value);
}

const isArray = (value: Value): value is readonly Scalar[] => Array.isArray(value);

function rowsOf<T extends object>({ rows }: QueryResult): T[] {
  for (const row of rows as Record<string, unknown>[]) {
    for (const column in row) {
      const value = row[column];
      if (typeof value === "string") row[column] = originalText(value);
    }
  }
  return rows as T[];
}

/** A text that an index can hold, of one of any length. Different texts have different ones. */
export function indexable(text: string): string {
  if (text.length <= 300) return text;
  return `${text.slice(0, 100)}…${createHash("sha256").update(text).digest("hex")}`;
}

/** The values of some properties, as parameters. */
export function valuesOf<Item extends object>(item: Item, names: readonly (keyof Item)[]): Scalar[] {
  return names.map((name) => (item[name] ?? null) as Scalar);
}

/** The values of each property of the items, as parameters of `unnest`. */
export function columns<Item extends object>(
  items: readonly Item[],
  ...names: readonly (keyof Item)[]
): (readonly Scalar[])[] {
  return names.map((name) => items.map((item) => (item[name] ?? null) as Scalar));
}

/** The items by what `keyOf` gives, in the order in which they come. */
export function grouped<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
