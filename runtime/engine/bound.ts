/**
 * Bound functions that compiled code makes: nothing shows later of what one was made.
 *
 *   f.bind(self, 1)     $.bind(f)(self, 1)
 */
import { types } from "node:util";
import { SafeWeakMap } from "../codec/index.ts";
import type { Activation } from "./activation.ts";
import { addedKeys, type Natural, nameFunction, naturalOf } from "./natural.ts";

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
const NativeProxy = Proxy;

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

  /** Undefined when what it inherits from is to be stored: its target may inherit from something else by now. */
  parentOf(value: object): unknown {
    const record = this.#records.get(value);
    return record && parentOfTarget(record.parts[0]) === Function.prototype ? Function.prototype : undefined;
  }

  image(value: object): BoundImage {
    const { order, parts, natural } = this.#records.get(value) as BoundRecord;
    return [order, natural.name, natural.length, ...parts];
  }

  /** To bind a function asks it for its name and more, which getters and traps can see: this was done before. */
  restore([order, name, length, target, self, ...args]: BoundImage): object {
    const made = Reflect.apply(nativeBind, standInFor(target), [self, ...args]) as Fn;
    Object.defineProperty(made, "length", { value: length, configurable: true });
    nameFunction(made, name);
    const parent = parentOfTarget(target);
    if (parent !== undefined) Object.setPrototypeOf(made, parent);
    return this.#note(order, made, [target, self, ...args]);
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
    const order = ++this.#activation.lastMade;
    return this.#note(order, Reflect.apply(nativeBind, object, [self, ...rest]) as Fn, [object, self, ...rest]);
  }

  #note(order: number, made: Fn, parts: BoundRecord["parts"]): object {
    this.#records.set(made, { order, parts, natural: naturalOf(made) });
    return made;
  }
}

/** What a target inherits from, as far as it can be told without asking anybody. */
function parentOfTarget(target: object): object | null | undefined {
  return types.isProxy(target) ? undefined : (Object.getPrototypeOf(target) as object | null);
}

/** A function that does what its target does, and of which nothing can be seen when it is bound. */
function standInFor(target: object): object {
  const called = target as Fn;
  const standIn = isConstructor(target)
    ? function standIn(this: unknown, ...args: unknown[]): unknown {
        if (new.target === undefined) return Reflect.apply(called, this, args);
        return Reflect.construct(called, args, (new.target as unknown) === standIn ? called : new.target);
      }
    : {
        standIn(...args: unknown[]): unknown {
          return Reflect.apply(called, this, args);
        },
      }.standIn;
  // The language asks the target of a bound function for its instances.
  Object.defineProperty(standIn, Symbol.hasInstance, { value: (value: unknown) => value instanceof called });
  return standIn;
}

/** Asked through a trap of ours, so that none of the author's runs. */
function isConstructor(fn: object): boolean {
  const asked = new NativeProxy(fn, { construct: () => ({}) }) as unknown as new () => object;
  try {
    return new asked() !== undefined;
  } catch {
    return false;
  }
}
