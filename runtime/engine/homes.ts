/**
 * `super` in methods of object literals. The method of the table is one of another object, which inherits from a proxy
 * that looks for properties where the object of the author does.
 *
 *   v.child = $.homed({ total: $.fn("total", $.home()) });
 *   total: (h) => ({ __proto__: $.above(h), total() { return super.total(); } })["total"]
 */
import { SafeWeakSet } from "../codec/index.ts";
import type { ClosureRecords } from "./closures.ts";
import { newRecord, type ScopeRecord } from "./scopes.ts";

/** Records of methods whose object is not complete. */
const waiting = new SafeWeakSet<ScopeRecord>();

/** The record of a method, which will hold the object that it was written in. */
export function newHome(): ScopeRecord {
  const record = newRecord();
  waiting.add(record);
  return record;
}

/** Tells the methods of a literal their object. Its other functions are homeless, or know another one. */
export function settle(object: object, closures: ClosureRecords): void {
  for (const key of Reflect.ownKeys(object)) {
    const property = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
    for (const fn of [property.value, property.get, property.set] as unknown[]) {
      const home = typeof fn === "function" ? closures.get(fn)?.scopes[0] : undefined;
      if (home && waiting.delete(home)) home.object = object;
    }
  }
}

/** From what the object of a method inherits whenever it is asked. */
export function above(home: ScopeRecord): object {
  const prototype = () => Object.getPrototypeOf(home.object) as object;
  return new Proxy(Object.create(null), {
    get: (_, key, receiver) => Reflect.get(prototype(), key, receiver),
    set: (_, key, value, receiver) => Reflect.set(prototype(), key, value, receiver),
  });
}
