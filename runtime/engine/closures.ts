/**
 * Closures that can live across a suspension, and the values of `local`.
 *
 * A closure is stored as the invocation whose table holds its body (code id and arguments, which the body may capture
 * natively), its id in that table, and its scope records. After a reload the table is made again by running the
 * compiled function up to `$.code`, which stands before any code of the author.
 */
import { types } from "node:util";
import { ordinalOfId } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import { changedKeys, isDefined, madeBy } from "./classes.ts";
import { goneCode } from "./registry.ts";
import type { ScopeRecord } from "./scopes.ts";

const holding = Symbol("backstitch closure");

interface HoldingRecord {
  readonly [holding]?: { readonly owner: ClosureRecords; readonly record: ClosureRecord };
}

/** Bodies of closures by id: each takes the records of its scopes. */
export type ClosureTable = Readonly<Record<string, (...scopes: ScopeRecord[]) => unknown>>;

/** One call of an outermost durable function, as its closures see it. */
export interface Invocation {
  readonly code: string;
  readonly args: readonly unknown[];
  /** The `this` of the call, which closures capture. */
  readonly self: unknown;
  table: ClosureTable | undefined;
}

/** Of what a closure was made. */
export interface ClosureRecord {
  /** Number among the closures and local values of the run. What it can refer to was made before it. */
  readonly order: number;
  readonly invocation: Invocation;
  readonly id: string;
  /** Of a function under a computed key, which the table does not know. */
  name?: string | undefined;
  readonly scopes: readonly ScopeRecord[];
}

/**
 * The records of the closures of one activation.
 *
 * A record hangs on its closure, not in a WeakMap: there, until the next full collection, every record that a minor one
 * meets survives it, which over a long loop made the process grow by tens of megabytes.
 */
export class ClosureRecords {
  readonly activation: Activation;
  /** Of functions that were not made here: a callback given by name is the author's own, and other runs have it too. */
  readonly #shared = new WeakMap<object, ClosureRecord>();

  constructor(activation: Activation) {
    this.activation = activation;
  }

  has(closure: object): boolean {
    return this.get(closure) !== undefined;
  }

  /** Undefined for anything but a closure of this activation. */
  get(closure: object): ClosureRecord | undefined {
    // Not an inherited one; and a proxy is asked nothing, because its traps are code of the author.
    if (types.isProxy(closure) || !Object.hasOwn(closure, holding)) return this.#shared.get(closure);
    const held = (closure as HoldingRecord)[holding];
    return held?.owner === this ? held.record : this.#shared.get(closure);
  }

  /** Properties that authors may have added. Undefined for functions not made here: they live in their module. */
  authorKeys(closure: object): (string | symbol)[] | undefined {
    if (isDefined(closure)) return changedKeys(closure).filter((key) => key !== holding);
    if (types.isProxy(closure) || !Object.hasOwn(closure, holding)) return undefined;
    if ((closure as HoldingRecord)[holding]?.owner !== this) return undefined;
    return Reflect.ownKeys(closure).filter((key) => key !== holding);
  }

  set(closure: object, record: ClosureRecord): void {
    if (Object.hasOwn(closure, holding) || !Object.isExtensible(closure)) this.#shared.set(closure, record);
    else Object.defineProperty(closure, holding, { value: { owner: this, record } });
  }
}

/** The activation whose closure this is, and its record; undefined for a function that is shared or no closure. */
export function homeOf(closure: object): { activation: Activation; record: ClosureRecord } | undefined {
  const held = Object.hasOwn(closure, holding) ? (closure as HoldingRecord)[holding] : undefined;
  return held && { activation: held.owner.activation, record: held.record };
}

/** A value of `local`: made by a closure, and made again after a reload. */
export interface LocalRecord {
  /** As in `ClosureRecord`. */
  readonly order: number;
  readonly maker: ClosureRecord;
}

/** The closure of a record, by the table of its invocation. Throws when the table does not have it. */
export function makeClosure({ invocation, id, name, scopes }: ClosureRecord, table: ClosureTable | undefined): unknown {
  const make = table && Object.hasOwn(table, id) ? table[id] : undefined;
  if (make === undefined) throw goneCode(invocation.code, `the function has no closure ${JSON.stringify(id)}`);
  const made = madeBy(() => make(...scopes));
  if (typeof made !== "function" || isDefined(made)) return made;
  if (name !== undefined) nameFunction(made, name);
  else if (made.name === "") nameAfter(made, id);
  return made;
}

export function nameFunction(fn: object, name: string): void {
  Object.defineProperty(fn, "name", { value: name, configurable: true });
}

/** An entry of a table gives its function no name; its id ends with what the author called it, if anything. */
function nameAfter(fn: object, id: string): void {
  const base = id.replace(ordinalOfId, "");
  const name = base.slice(base.lastIndexOf("/") + 1);
  if (!name.endsWith(")")) nameFunction(fn, name);
}
