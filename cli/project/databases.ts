/** Databases of runs as commands are given them: SQLite files, and addresses of PostgreSQL. */
import { restate } from "../../runtime/engines/restate/index.ts";
import type { ClientOptions } from "../../runtime/index.ts";
import type { Store } from "../../runtime/stored-runs.ts";
import { postgres } from "../../runtime/stores/postgres/index.ts";
import { StoreError, sqlite } from "../../runtime/stores/sqlite/index.ts";
import { exitCodes, Failure } from "../failure.ts";
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

const isRestate = (database: string) => /^restate(\+https)?:\/\//.test(database);

/**
 * What is to keep runs: a database, which a file need not be yet, or a server of Restate, whose `admin` is a port of the same
 * host or an address.
 *
 * @throws Failure when an address is wrong; BackstitchError when one of PostgreSQL is
 */
export function keeperOf(database: string): Pick<ClientOptions, "store" | "engine"> {
  if (!isRestate(database)) {
    return { store: isAddress(database) ? storeOf(database) : sqlite({ path: database }) };
  }
  const scheme = database.startsWith("restate+https") ? "https" : "http";
  const url = URL.canParse(database) ? new URL(database) : undefined;
  const admin = url?.searchParams.get("admin");
  if (url === undefined || url.host === "" || !admin) {
    throw new Failure(
      `"${database}" does not say where Restate is. Give it as restate://host:8080?admin=9070.`,
      exitCodes.usage,
    );
  }
  const address = /^\d+$/.test(admin) ? `${scheme}://${url.hostname}:${admin}` : admin;
  return { engine: restate({ ingress: `${scheme}://${url.host}`, admin: address }) };
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
