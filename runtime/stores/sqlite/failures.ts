/** Turns an error of the driver into one that says what to do. */
import { StoreError } from "../store-error.ts";
import { resultCode } from "./driver.ts";

/** SQLite's primary result codes that are handled by name. */
export const busy = 5;
export const lockingProtocol = 15;

/** How long (ms) a statement waits for the lock of another process. */
export const busyTimeoutMs = 5_000;

const advice: Readonly<Record<number, string>> = {
  [busy]:
    "another process has kept the database locked for too long. Look for one that holds a transaction open (a database shell, a backup), or a very slow disk",
  8: "the database is read-only. Give this process write access to the file and to its folder, where the -wal and -shm files are",
  10: "the disk reported an input/output error. Check the disk and the system log, then start again; what was acknowledged is in the file",
  11: "the file is damaged. Stop all workers and restore a backup, or try `sqlite3 <file> .recover`",
  13: "the disk is full. Free some space and start again; nothing of this call was written",
  14: "the file cannot be opened. Its folder must exist, and this process must be able to write to both",
  [lockingProtocol]:
    "the lock of the write-ahead log cannot be taken. The file must be on a local disk, not on a network share",
  26: "the file is not an SQLite database. Choose another path, or remove the file if it is not needed",
};

/**
 * The error to throw for `error`, which was caught in `operation` (a method of `Store`).
 * A `StoreError` is passed on as it is.
 */
export function storeError(error: unknown, file: string, operation: string): StoreError {
  if (error instanceof StoreError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = resultCode(error);
  const known = code === undefined ? undefined : advice[code];
  const message = known ? `${known} (${reason})` : `${reason}. Nothing of this call was written`;
  return new StoreError(message, { location: file, operation, cause: error });
}
