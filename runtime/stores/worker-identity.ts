/**
 * Who holds a lease: `<hostname>:<pid>:<random>`.
 *
 * The random part makes an identity unique per start. Host and pid let a store that lives on one machine see at once
 * that a holder is gone, instead of waiting for its lease to run out.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";

/** A new identity for a worker of this process. */
export function newWorkerIdentity(): string {
  return `${hostname()}:${process.pid}:${randomUUID()}`;
}

/**
 * True only when it is certain that the worker cannot act any more: it ran on this host and its process is gone.
 * A process of another host, or an identity of another form, is never known dead. A pid that is used again only costs
 * the wait for the lease; a wrong "dead" (two hosts of one name) is caught by the fence.
 */
export function isKnownDead(worker: string): boolean {
  const [host, pid, random, ...rest] = worker.split(":");
  if (host !== hostname() || random === undefined || rest.length > 0) return false;
  const id = Number(pid);
  if (!Number.isSafeInteger(id) || id <= 0) return false;
  try {
    process.kill(id, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
