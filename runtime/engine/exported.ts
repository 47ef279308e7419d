/** Properties that are read again after a reload, without running code of the author. */
import { types } from "node:util";

/**
 * What an object's own property holds; undefined behind a getter of the author. The getters of a module's exports are made by
 * compilers: they read a variable.
 */
export function ownValue(owner: object, key: PropertyKey): unknown {
  if (types.isProxy(owner)) return undefined;
  const property = Object.getOwnPropertyDescriptor(owner, key);
  if (property?.get === undefined || !Object.hasOwn(owner, "__esModule")) return property?.value;
  try {
    return Reflect.apply(property.get, owner, []) as unknown;
  } catch {
    // It has no value yet.
    return undefined;
  }
}
