/**
 * Closures that can live across a suspension, and the values of `local`.
 *
 * A closure is stored as the invocation whose table holds its body (code id and arguments, which the body may capture
 * natively), its id in that table, and its scope records. After a reload the table is made again by running the
 * compiled function up to `$.code`, which stands before any code of the author.
 */
import { compiledCode } from "./registry.ts";
import type { ScopeRecord } from "./scopes.ts";

/** Bodies of closures by id: each takes the records of its scopes. */
export type ClosureTable = Readonly<Record<string, (...scopes: ScopeRecord[]) => unknown>>;

/** One call of an outermost durable function, as its closures see it. */
export interface Invocation {
  readonly code: string;
  readonly args: readonly unknown[];
  table: ClosureTable | undefined;
}

/** Of what a closure was made. */
export interface ClosureRecord {
  /** Number among the closures and local values of the run. What it can refer to was made before it. */
  readonly order: number;
  readonly invocation: Invocation;
  readonly id: string;
  readonly scopes: readonly ScopeRecord[];
}

/** A value of `local`: made by a closure, and made again after a reload. */
export interface LocalRecord {
  /** As in `ClosureRecord`. */
  readonly order: number;
  readonly maker: ClosureRecord;
}

/** Ends the run-up that fetches a table. Never seen by the author's code: none runs before `$.code`. */
const tableFetched = new Error("the table was fetched");

/** What a body finds in place of its frame while its table is fetched. */
class TableProbe {
  readonly pc = "";
  readonly live = false;
  table: ClosureTable | undefined;

  scope(): ScopeRecord {
    return {};
  }

  code(table: ClosureTable): never {
    this.table = table;
    throw tableFetched;
  }
}

/** The closure of a record. Throws when its code is gone. */
export function makeClosure(record: ClosureRecord): unknown {
  const make = tableOf(record.invocation)[record.id];
  if (make === undefined) throw new Error(`the code "${record.invocation.code}" has no closure "${record.id}"`);
  return make(...record.scopes);
}

function tableOf(invocation: Invocation): ClosureTable {
  if (invocation.table !== undefined) return invocation.table;
  const code = compiledCode(invocation.code);
  if (code === undefined) throw new Error(`no function with the code "${invocation.code}" is loaded`);
  const probe = new TableProbe();
  code.body(probe as never, ...invocation.args).then(undefined, () => {});
  if (probe.table === undefined) throw new Error(`the code "${invocation.code}" has no closures`);
  invocation.table = probe.table;
  return probe.table;
}
