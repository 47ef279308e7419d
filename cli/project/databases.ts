/** Databases of runs as commands are given them: SQLite files, and addresses of PostgreSQL. */
import type { Store } from "../../runtime/stored-runs.ts";
import { postgres } from "../../runtime/stores/postgres/index.ts";
import { StoreError, sqlite } from "../../runtime/stores/sqlite/index.ts";
import { Failure } from "../failure.ts";
import { requirePath } from "./manifests.ts";

/** What `--database` takes, for its help. */
export const databaseHelp = "the SQLite file that holds the runs, or a postgres:// address";

export const isAddress = (database: string) => /^postgres(ql)?:\/\//.test(database);

/**
 * The store is not open. A `schema` among the parameters of an address names the schema of the tables.
 *
 * @throws Failure when there is no such file; BackstitchError when an address is wrong
 */
export function storeOf(database: string): Store {
  if (!isAddress(database)) {
    requirePath(database);
    return sqlite({ path: database });
  }
  if (!URL.canParse(database)) return postgres({ url: database });
  const url = new URL(database);
  const schema = url.searchParams.get("schema");
  url.searchParams.delete("schema");
  return postgres({ url: url.href, connections: 2, ...(schema !== null && { schema }) });
}

/** For messages, and for commands that the reader may enter: without the password. */
export function nameOf(database: string): string {
  if (!isAddress(database) || !URL.canParse(database)) return database;
  const url = new URL(database);
  url.password = "";
  return url.href;
}

/** Opens a store for as long as it is used. @throws Failure when the database cannot be used */
export async function withStore<Value>(store: Store, use: (store: Store) => Promise<Value>): Promise<Value> {
  try {
    await store.open();
    return await use(store);
  } catch (error) {
    throw error instanceof StoreError ? new Failure(error.message) : error;
  } finally {
    await store.close();
  }
}
