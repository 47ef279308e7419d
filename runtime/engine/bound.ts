/**
 * Bound functions that compiled code makes: nothing shows later of what one was made.
 *
 *   f.bind(self, 1)     $.bind(f)(self, 1)
 */
import { SafeWeakMap } from "../codec/index.ts";
import type { Activation } from "./activation.ts";
import { addedKeys, type Natural, naturalOf } from "./natural.ts";

interface BoundRecord {
  /** Number among what the run made, as in `ClosureRecord`. */
  readonly order: number;
  /** The function, its `this`, and its first arguments. */
  readonly parts: readonly [target: object, self: unknown, ...args: unknown[]];
  readonly natural: Natural;
}

/** Order, name and length, then the parts: both are the target's as it was when it was bound. */
export type BoundImage = readonly [number, string, number, ...BoundRecord["parts"]];

type Fn = (...args: never[]) => unknown;

const nativeBind = Function.prototype.bind;

/** The bound functions of one activation. */
export class BoundRecords {
  readonly #activation: Activation;
  readonly #records = new SafeWeakMap<object, BoundRecord>();

  constructor(activation: Activation) {
    this.#activation = activation;
  }

  has(value: object): boolean {
    return this.#records.has(value);
  }

  authorKeys(value: object): (string | symbol)[] | undefined {
    const record = this.#records.get(value);
    return record && addedKeys(value, record.natural);
  }

  parentOf(value: object): unknown {
    return this.#records.get(value)?.natural.parent;
  }

  image(value: object): BoundImage {
    const { order, parts, natural } = this.#records.get(value) as BoundRecord;
    return [order, natural.name, natural.length, ...parts];
  }

  restore([order, name, length, target, self, ...args]: BoundImage): object {
    return this.#bind(order, target, self, args, { name, length });
  }

  /** The call of a method with the name `bind`, of whatever class. It is fetched before its arguments are evaluated. */
  caller(object: unknown): (...args: unknown[]) => unknown {
    const method = (object as { bind: unknown }).bind;
    return (...args) => this.call(method, object, args);
  }

  /** As `object.bind(…)` does it; undefined stands for no record. */
  call(method: unknown, object: unknown, args: readonly unknown[]): unknown {
    if (typeof method !== "function") throw new TypeError("bind is not a function");
    if (method !== nativeBind || typeof object !== "function") return Reflect.apply(method, object, args);
    const [self, ...rest] = args;
    return this.#bind(++this.#activation.lastMade, object, self, rest);
  }

  #bind(
    order: number,
    target: object,
    self: unknown,
    args: readonly unknown[],
    stored?: { readonly name: string; readonly length: number },
  ): object {
    const made = Reflect.apply(nativeBind, target, [self, ...args]) as Fn;
    for (const key of ["length", "name"] as const) {
      if (stored && made[key] !== stored[key])
        Object.defineProperty(made, key, { value: stored[key], configurable: true });
    }
    this.#records.set(made, { order, parts: [target, self, ...args], natural: naturalOf(made) });
    return made;
  }
}
