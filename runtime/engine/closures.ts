/**
 * Closures that can live across a suspension, and the values of `local`.
 *
 * A closure is stored as the invocation whose table holds its body (code id and arguments, which the body may capture
 * natively), its id in that table, and its scope records. After a reload the table is made again by running the
 * compiled function up to `$.code`, which stands before any code of the author.
 */

import { types } from "node:util";
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import { nameOfId } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import { changedKeys, isDefined, madeBy, parentOf } from "./classes.ts";
import { addedKeys, type Natural, nameFunction, naturalOf } from "./natural.ts";
import { goneCode } from "./registry.ts";
import type { ScopeRecord } from "./scopes.ts";

interface Held {
  readonly owner: ClosureRecords;
  readonly record: ClosureRecord;
}

/** A constructor that gives what it gets, which then gets the private names of the class below. */
const Given = function Given(this: unknown, object: object) {
  return object;
} as unknown as new (
  object: object,
) => object;

/** The mark of a closure: a private field, which no author can see and no proxy hands on. */
class Mark extends Given {
  readonly #held: Held;

  constructor(closure: object, held: Held) {
    super(closure);
    this.#held = held;
  }

  static of(closure: object): Held | undefined {
    return #held in closure ? closure.#held : undefined;
  }
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
  /** How it was made. Unknown of a class, and of a function that was not made here. */
  natural?: Natural | undefined;
  /**
   * It stands in the call of a step, where the language gives it no name. Known of those that only read, and not stored: of a
   * loaded one it is not known.
   */
  readonly isCallback?: boolean;
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
  readonly #shared = new SafeWeakMap<object, ClosureRecord>();

  constructor(activation: Activation) {
    this.activation = activation;
  }

  has(closure: object): boolean {
    return this.get(closure) !== undefined;
  }

  /** Undefined for anything but a closure of this activation. */
  get(closure: object): ClosureRecord | undefined {
    const held = Mark.of(closure);
    return held?.owner === this ? held.record : this.#shared.get(closure);
  }

  /** Properties that authors may have added. Undefined for functions not made here: they live in their module. */
  authorKeys(closure: object): (string | symbol)[] | undefined {
    const held = Mark.of(closure);
    const natural = held?.owner === this ? held.record.natural : undefined;
    if (natural === undefined) return isDefined(closure) ? changedKeys(closure) : undefined;
    return this.#isOfModule(closure, (held as Held).record) ? undefined : addedKeys(closure, natural);
  }

  /** What a function of this run inherits from when it is made again. */
  parentOf(closure: object): unknown {
    return Mark.of(closure)?.record.natural?.parent ?? parentOf(closure);
  }

  /** A callback given by name is not made again, but the author's own. */
  #isOfModule(closure: object, { id }: ClosureRecord): boolean {
    return knownName(id) === undefined && this.activation.outer.pathOf(closure) !== undefined;
  }

  set(closure: object, record: ClosureRecord): void {
    if (Mark.of(closure)) this.#shared.set(closure, record);
    else new Mark(closure, { owner: this, record });
  }
}

/** The activation whose closure this is, and its record; undefined for a function that is shared or no closure. */
export function homeOf(closure: object): { activation: Activation; record: ClosureRecord } | undefined {
  const held = Mark.of(closure);
  return held && { activation: held.owner.activation, record: held.record };
}

/** A value of `local`: made by a closure, and made again after a reload. */
export interface LocalRecord {
  /** As in `ClosureRecord`. */
  readonly order: number;
  readonly maker: ClosureRecord;
}

/** The closure of a record, by the table of its invocation. Throws when the table does not have it. */
export function makeClosure(record: ClosureRecord, table: ClosureTable | undefined): unknown {
  const { invocation, id, name, scopes, isCallback } = record;
  const make = table && Object.hasOwn(table, id) ? table[id] : undefined;
  if (make === undefined) throw goneCode(invocation.code, `the function has no closure ${JSON.stringify(id)}`);
  const made = madeBy(() => make(...scopes));
  if (typeof made !== "function" || isDefined(made) || types.isProxy(made)) return made;
  if (name !== undefined) nameFunction(made, name);
  // To name a function makes its shape a slow one: a callback gets its name when it fails.
  else if (!isCallback && made.name === "") nameAfter(made, id);
  record.natural = naturalOf(made as () => unknown);
  return made;
}

/** By the ids of closures, of which code has so many. */
const names = new SafeMap<string, string | undefined>();

/** An entry of a table gives its function no name; its id ends with what the author called it, if anything. */
function nameAfter(fn: object, id: string): void {
  const name = knownName(id);
  if (name !== undefined) nameFunction(fn, name);
}

/** The callback of a step shows in stacks as what its step is called. It is named before anybody asks its error for one. */
export function nameCallback(callback: object): void {
  const record = Mark.of(callback)?.record;
  if (!record?.isCallback || record.natural?.name !== "") return;
  nameAfter(callback, record.id);
  record.natural = naturalOf(callback as () => unknown);
}

function knownName(id: string): string | undefined {
  if (!names.has(id)) names.set(id, nameOfId(id));
  return names.get(id);
}
