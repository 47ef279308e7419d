/** The connection as the author's code gets it: for as long as its transaction is open, and without the means to end it. */
import type { PoolClient } from "pg";
import { BackstitchError } from "../../faults.ts";

const ending =
  /^\s*(?:commit|end|abort|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b)|prepare\s+transaction|begin|start\s+transaction)\b/i;
const ofThePool: readonly unknown[] = ["release", "end", "connect"];

export interface GuardedClient {
  readonly client: PoolClient;
  /** From then on it refuses everything: the connection is somebody else's. */
  close(): void;
}

export function guarded(connection: PoolClient): GuardedClient {
  let isOpen = true;
  const client = new Proxy(connection, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        const problem = isOpen ? problemOf(key, args[0]) : "its client was used when the transaction was over";
        if (problem !== undefined) throw refusal(problem);
        return Reflect.apply(value, target, args);
      };
    },
  });
  return {
    client,
    close() {
      isOpen = false;
    },
  };
}

function problemOf(key: string | symbol, first: unknown): string | undefined {
  if (ofThePool.includes(key)) return `its function called \`${String(key)}\` of the client`;
  if (key !== "query") return undefined;
  const text = typeof first === "string" ? first : (first as { readonly text?: unknown } | undefined)?.text;
  return typeof text === "string" && ending.test(text)
    ? `its function executed ${(/\w+/.exec(text)?.[0] ?? "").toUpperCase()}`
    : undefined;
}

function refusal(where: string): BackstitchError {
  return new BackstitchError("BS2121", {
    where,
    fix: "Await every query, and leave it to transaction() to begin and to end it; for a part that may fail use SAVEPOINT.",
  });
}
