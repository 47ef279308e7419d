/**
 * The SQLite that this Node offers: `node:sqlite` where it is there without a flag (22.13 and later), else the package
 * `libsql`. All that differs between the two is hidden here.
 */
import { StoreError } from "../store-error.ts";

/** What a column can hold here. Numbers are safe integers. */
export type Value = string | number | null;

/** A row as the driver gives it: by column name. */
export type Row = Record<string, Value>;

export interface Statement {
  /** Executes; answers how many rows were changed. */
  run(params: readonly Value[]): number;
  all(params: readonly Value[]): Row[];
  /** The first row. What the statement changes is changed all the same. */
  get(params: readonly Value[]): Row | undefined;
}

/** One open database. Every call is synchronous and throws the error of the driver: see `resultCode`. */
export interface Driver {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** Gives the function that opens a file, or undefined when this driver is not installed. */
export type DriverSource = () => Promise<((file: string) => Driver) | undefined>;

/** The part of both libraries that is used; their own types are not the same, and one of them may be missing. */
interface NativeDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): NativeStatement;
  close(): void;
}
interface NativeStatement {
  run(...params: unknown[]): { readonly changes: number | bigint };
  all(...params: unknown[]): unknown[];
  get(...params: unknown[]): unknown;
}
type NativeConstructor = new (file: string) => NativeDatabase;

/**
 * Opens `file`, or a database in memory when it is ":memory:".
 * @param sources Tried in order; the default is both drivers.
 * @throws StoreError when no driver is there; the driver's error when the file cannot be opened.
 */
export async function openDriver(
  file: string,
  sources: readonly DriverSource[] = [nodeSqlite, libsql],
): Promise<Driver> {
  for (const source of sources) {
    const open = await source();
    if (open) return open(file);
  }
  const problem =
    `no SQLite driver. Node ${process.version} has no node:sqlite (22.13 or later has it), ` +
    "and the package libsql is not installed: run `npm install libsql`, or use a newer Node";
  throw new StoreError(problem, { location: file, operation: "open" });
}

/** The primary result code of SQLite (5 is SQLITE_BUSY), or undefined for an error that is not SQLite's. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errcode, rawCode } = error as { errcode?: unknown; rawCode?: unknown };
  // libsql gives no code field when it cannot open a file: the code is the end of its message.
  const inMessage = /^ConnectionFailed\(.*: (\d+)"\)$/s.exec(error.message)?.[1];
  const code = errcode ?? rawCode ?? inMessage;
  return code === undefined ? undefined : Number(code) & 0xff;
}

/** The built-in driver. It is asked for by name at run time, because an import would fail to load on Node 20. */
const nodeSqlite: DriverSource = async () => {
  const module = process.getBuiltinModule("node:sqlite" as string) as { DatabaseSync: NativeConstructor } | undefined;
  if (!module) return undefined;
  const dialect = { bind: (params: readonly Value[]) => params, row: (row: Row) => row };
  return (file) => adapt(new module.DatabaseSync(file), dialect);
};

/** The driver for Node 20: an optional dependency. */
const libsql: DriverSource = async () => {
  let Database: NativeConstructor;
  try {
    const module = await import("libsql");
    Database = module.default as unknown as NativeConstructor;
  } catch {
    return undefined;
  }
  const dialect: Dialect = {
    // One array: a single null given alone would be taken for a record of named parameters.
    bind: (params) => [params],
    // It adds how long it took.
    row(row) {
      Reflect.deleteProperty(row, "_metadata");
      return row;
    },
  };
  return (file) => adapt(new Database(file), dialect);
};

/** How a library is called. */
interface Dialect {
  bind(params: readonly Value[]): readonly unknown[];
  /** A single row, as it is given alone. */
  row(row: Row): Row;
}

function adapt(database: NativeDatabase, { bind, row }: Dialect): Driver {
  return {
    exec: (sql) => void database.exec(sql),
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (params) => Number(statement.run(...bind(params)).changes),
        all: (params) => statement.all(...bind(params)) as Row[],
        get(params) {
          const found = (statement.get(...bind(params)) ?? undefined) as Row | undefined;
          return found && row(found);
        },
      };
    },
  };
}
