/** Turns an error of the driver into one that says what to do. */
import { StoreError } from "../store-error.ts";

/** SQLSTATE of a transaction that gave way to another one: nothing of it was written, and it may be tried again. */
const gaveWay = ["40001", "40P01"];

/** By SQLSTATE, or by its class of two characters, or by the code of the network. */
const advice: Readonly<Record<string, string>> = {
  "28": "the server refuses this user or password. Check both in the URL, and the server's pg_hba.conf",
  "3D000": "there is no such database. Create it, or correct its name in the URL",
  "3F000": "the schema cannot be made or found. Give this user the right to create it, or make it first",
  "42501": "this user may not do that. It must own the schema, or have the rights to read, write and make its tables",
  "42P01": "a table is missing: somebody removed it. Restore the schema from a backup, or name another one",
  "42P07": "the schema holds tables of another program. Name another one with the option `schema`",
  "53100": "the disk of the server is full. Free some space; nothing of this call was written",
  "53300":
    "the server has no connection left. Raise its max_connections, lower `connections` of the store, or use a pooler",
  "54000": "an id or a name is too long: Postgres indexes 2,700 bytes at most. Send shorter ids",
  "25006": "the server is read-only, as a standby is. Connect to the primary",
  "26000":
    "a pooler has mixed up prepared statements. Use PgBouncer 1.21 or later with max_prepared_statements, or set the option `prepare` to false",
  "57P03": "the server is starting or stopping. It is tried again",
  ECONNREFUSED: "nothing listens there. Start the server, or correct host and port in the URL",
  ENOTFOUND: "there is no such host. Correct it in the URL",
  EAI_AGAIN: "the name of the host cannot be looked up. Check the network of this machine, and the host in the URL",
  ETIMEDOUT: "the server does not answer. Check the network, the firewall, and host and port in the URL",
};

/** The SQLSTATE or the network's code of an error; of several tries at several addresses, that of the first. */
function codeOf(error: unknown): string | undefined {
  const { code, errors } = (error ?? {}) as { readonly code?: unknown; readonly errors?: readonly unknown[] };
  if (typeof code === "string") return code;
  return errors?.[0] === undefined ? undefined : codeOf(errors[0]);
}

/** Whether the server said why: the connection lives on. */
function isFromServer(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(codeOf(error) ?? "");
}

/** Whether the call can simply be done again. */
export function hasGivenWay(error: unknown): boolean {
  return gaveWay.includes(codeOf(error) ?? "");
}

/**
 * Whether what the connection was used for may or may not have been written: it broke, or the server went down (class 57)
 * between the request and the answer.
 */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof StoreError) return false;
  return !isFromServer(error) || codeOf(error)?.startsWith("57") === true || codeOf(error)?.startsWith("08") === true;
}

/**
 * The error to throw for `error`, which was caught in `operation` (a method of `Store`).
 * A `StoreError` is passed on as it is.
 */
export function storeError(error: unknown, location: string, operation: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  const reason = (error instanceof Error ? error.message : "") || (code ?? String(error));
  const known = code === undefined ? undefined : (advice[code] ?? advice[code.slice(0, 2)]);
  return new StoreError(known ? `${known} (${reason})` : `${reason}. ${consequence(error)}`, {
    location,
    operation,
    cause: error,
  });
}

function consequence(error: unknown): string {
  if (!isUnanswered(error)) return "Nothing of this call was written";
  return "The connection to the server broke, and whether this call was written is not known. A worker finds out when it tries again";
}
