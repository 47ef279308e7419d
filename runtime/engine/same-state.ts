/** Whether what belongs to a run is in memory as it is in a frame. */
import { types } from "node:util";
import { encode, SafeMap } from "../codec/index.ts";
import type { Activation } from "./activation.ts";
import { isDefined } from "./classes.ts";
import { homeOf } from "./closures.ts";
import { Handle } from "./handle.ts";
import { isScopeRecord } from "./scopes.ts";
import { isObject } from "./thenables.ts";

/**
 * Compares values of two activations of one run, the second of which was loaded from a frame: everything that code which has
 * hold of the value can reach, also through functions of the run. Variables that the frame did not need are left out. No code
 * of the value is run; what it cannot tell is not the same.
 */
export class StateComparison {
  readonly #now: Activation;
  readonly #loaded: Activation;
  /** Pairs that were met, and are the same as far as they were looked at. */
  readonly #met = new SafeMap<object, object>();
  /** The same pairs the other way round: two objects that were one are not the same. */
  readonly #metLoaded = new SafeMap<object, object>();

  constructor(now: Activation, loaded: Activation) {
    this.#now = now;
    this.#loaded = loaded;
  }

  same(now: unknown, loaded: unknown): boolean {
    if (Object.is(now, loaded)) return true;
    if (!isObject(now) || !isObject(loaded) || types.isProxy(now) || types.isProxy(loaded)) return false;
    if (this.#met.has(now) || this.#metLoaded.has(loaded)) return this.#met.get(now) === loaded;
    this.#met.set(now, loaded);
    this.#metLoaded.set(loaded, now);
    const tool = this.#now.tools.nameOf(now);
    if (tool !== undefined) return tool === this.#loaded.tools.nameOf(loaded);
    if (isScopeRecord(now) && isScopeRecord(loaded)) return this.#sameKeys(now, loaded, Object.keys(loaded));
    if (typeof now === "function") return this.#sameFunction(now, loaded);
    // How a handle settles is not in the hands of a callback.
    if (Handle.is(now)) return Handle.is(loaded);
    if (Object.getPrototypeOf(now) !== Object.getPrototypeOf(loaded)) return false;
    // Where the stack stands, and as what, is a matter of the engine and of how the error was made.
    if (types.isNativeError(now)) return types.isNativeError(loaded) && sameText(now, loaded);
    return this.#sameContents(now, loaded) && this.#sameProperties(now, loaded);
  }

  #sameFunction(now: object, loaded: object): boolean {
    const [one, other] = [homeOf(now)?.record, homeOf(loaded)?.record];
    if (one === undefined || other === undefined || one.id !== other.id) return false;
    // Of a class nobody sees the private statics.
    if (isDefined(now) || isDefined(loaded)) return false;
    const [call, otherCall] = [one.invocation, other.invocation];
    const isSameCall = this.#sameList([...call.args, call.self], [...otherCall.args, otherCall.self]);
    if (!isSameCall || !this.#sameList(one.scopes, other.scopes)) return false;
    // A callback gets a name when it is loaded.
    const left = one.isCallback || other.isCallback ? ["prototype", "name"] : ["prototype"];
    const keys = keysBut(left, now);
    return this.#sameList(keys, keysBut(left, loaded)) && this.#sameKeys(now, loaded, keys);
  }

  /** What an object holds that no property shows. */
  #sameContents(now: object, loaded: object): boolean {
    if (types.isMap(now)) return types.isMap(loaded) && this.#sameList([...now].flat(), [...loaded].flat());
    if (types.isSet(now)) return types.isSet(loaded) && this.#sameList([...now], [...loaded]);
    if (Array.isArray(now) || Object.getPrototypeOf(now) === Object.prototype) return true;
    return sameText(now, loaded);
  }

  #sameProperties(now: object, loaded: object): boolean {
    const keys = Reflect.ownKeys(now);
    if (Object.isExtensible(now) !== Object.isExtensible(loaded)) return false;
    return this.#sameList(keys, Reflect.ownKeys(loaded)) && this.#sameKeys(now, loaded, keys);
  }

  #sameKeys(now: object, loaded: object, keys: Keys): boolean {
    return keys.every((key) => {
      const [one, other] = [now, loaded].map((object) => Object.getOwnPropertyDescriptor(object, key));
      if (one === undefined || other === undefined || !hasSameFlags(one, other)) return false;
      return this.#sameList([one.value, one.get, one.set], [other.value, other.get, other.set]);
    });
  }

  #sameList(now: readonly unknown[], loaded: readonly unknown[]): boolean {
    return now.length === loaded.length && now.every((item, index) => this.same(item, loaded[index]));
  }
}

type Keys = readonly (string | symbol)[];

function keysBut(left: Keys, fn: object): Keys {
  return Reflect.ownKeys(fn).filter((key) => !left.includes(key));
}

function hasSameFlags(one: PropertyDescriptor, other: PropertyDescriptor): boolean {
  const { writable, enumerable, configurable } = one;
  return writable === other.writable && enumerable === other.enumerable && configurable === other.configurable;
}

function sameText(now: object, loaded: object): boolean {
  try {
    return encode(now) === encode(loaded);
  } catch {
    return false;
  }
}
