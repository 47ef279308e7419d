import { asObject, checkKeys, checkName } from "../../options.ts";
import type { Store } from "../../store.ts";
import { SqliteStore } from "./sqlite-store.ts";

export { StoreError } from "../store-error.ts";

/** Where the database is. */
export interface SqliteOptions {
  /**
   * Path of the file; it is made when it does not exist, its folder must exist. `":memory:"` keeps everything in memory
   * until the store is closed. The file must be on a local disk: SQLite's log cannot be shared over a network.
   */
  readonly path: string;
}

/**
 * Keeps runs in one SQLite file. Workers in several processes of one machine may share it.
 *
 * Uses `node:sqlite` on Node 22.13 and later, else the package `libsql`, which is an optional dependency.
 * A call that fails rejects with `StoreError`, which names the file, the operation and what to do.
 *
 * @throws BackstitchError BS2013 when an option is wrong
 * @example
 * ```ts
 * import { Backstitch } from "backstitch";
 * import { sqlite } from "backstitch/sqlite";
 *
 * const client = new Backstitch({ id: "shop", store: sqlite({ path: "./shop.db" }) });
 * ```
 */
export function sqlite(options: SqliteOptions): Store {
  if (typeof options === "string") throw asObject("sqlite()", "path");
  checkKeys(options, ["path"], "sqlite()");
  checkName(options.path, "path", "sqlite()");
  return new SqliteStore(options.path);
}
