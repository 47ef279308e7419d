import { BackstitchError } from "../../faults.ts";
import { asObject, checkInteger, checkKeys } from "../../options.ts";
import type { DatabaseSettings } from "./database.ts";
import { PostgresStore } from "./postgres-store.ts";
import type { TransactionalStore } from "./transactional-store.ts";

export { StoreError } from "../store-error.ts";
export type { Isolation, TransactionalStore, TransactionOptions, TransactionWork } from "./transactional-store.ts";

/** Where the database is, and how it is used. */
export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`, with parameters such as `?sslmode=require`. */
  readonly url: string;
  /** The schema that holds the tables; it is made when it does not exist. Default "backstitch". */
  readonly schema?: string | undefined;
  /**
   * Most connections of this process, 1 to 1,000, and one more that listens. Default 10. Transactions of steps have so many
   * of their own, made when they are needed.
   */
  readonly connections?: number | undefined;
  /**
   * Whether processes tell one another of work, by NOTIFY and LISTEN. Default true. Without it, and behind a pooler in
   * transaction mode, workers find the work of others when they look for it: see `pollMs` of a worker.
   */
  readonly notify?: boolean | undefined;
  /** Whether statements are prepared once per connection. Default true; false for poolers that cannot keep them. */
  readonly prepare?: boolean | undefined;
  /** TLS where parameters of the URL are not enough, e.g. `{ ca }`. */
  readonly ssl?: boolean | TlsOptions | undefined;
}

/** What is needed to trust the server, and to be trusted by it: texts in PEM. */
export interface TlsOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

const where = "postgres()";

/**
 * Keeps runs in a PostgreSQL database, 14 or later, that workers on many machines may share. Needs the package `pg`.
 *
 * A call that fails rejects with `StoreError`, which names the server, the operation and what to do.
 *
 * @throws BackstitchError BS2013 when an option is wrong
 * @example
 * ```ts
 * import { Backstitch } from "backstitch";
 * import { postgres } from "backstitch/postgres";
 *
 * const client = new Backstitch({ id: "shop", store: postgres({ url: process.env.DATABASE_URL }) });
 * ```
 */
export function postgres(options: PostgresOptions): TransactionalStore {
  if (typeof options === "string") throw asObject(where, "url");
  checkKeys(options, ["url", "schema", "connections", "notify", "prepare", "ssl"], where);
  const { schema = "backstitch", connections = 10, notify = true, prepare = true, ssl } = options;
  checkInteger(connections, "connections", { least: 1, most: 1_000 }, where);
  checkSchema(schema);
  for (const [name, value] of Object.entries({ notify, prepare })) {
    if (typeof value === "boolean") continue;
    throw new BackstitchError("BS2013", {
      where: `\`${name}\` of ${where} is ${JSON.stringify(value)}`,
      fix: "Give true or false.",
    });
  }
  return new PostgresStore(settingsOf(options, { schema, connections, prepare, ssl }), notify);
}

interface Settled {
  readonly schema: string;
  readonly connections: number;
  readonly prepare: boolean;
  readonly ssl: boolean | TlsOptions | undefined;
}

function settingsOf({ url }: PostgresOptions, { schema, connections, prepare, ssl }: Settled): DatabaseSettings {
  return {
    location: checkedUrl(url),
    schema,
    prepare,
    config: {
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: 10_000,
      // A server that has gone without a word is given up, and the call is done again.
      query_timeout: 60_000,
      keepAlive: true,
      application_name: "backstitch",
      ...(ssl !== undefined && { ssl }),
    },
  };
}

/** Gives the address without what is secret in it. */
function checkedUrl(url: unknown): string {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && ["postgres:", "postgresql:"].includes(parsed.protocol)) {
    const user = parsed.username === "" ? "" : `${parsed.username}@`;
    return `postgres://${user}${parsed.host}${parsed.pathname}`;
  }
  throw new BackstitchError("BS2013", {
    where: `\`url\` of ${where} is ${url === undefined ? "missing" : "not the address of a PostgreSQL database"}`,
    fix: 'Give it as "postgres://user:password@host:5432/database", with special characters of the password percent-encoded.',
  });
}

/** It stands in statements, and in the name of the channel. */
function checkSchema(schema: unknown): asserts schema is string {
  if (typeof schema === "string" && /^[a-z_][a-z0-9_]{0,49}$/.test(schema)) return;
  throw new BackstitchError("BS2013", {
    where: `\`schema\` of ${where} is ${JSON.stringify(schema)}`,
    fix: "Give at most 50 lower-case letters, digits and underscores, and no digit first.",
  });
}
