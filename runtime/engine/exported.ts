/** Properties that are read again after a reload, without running code of the author. */
import { types } from "node:util";
import { isObject } from "./thenables.ts";

/**
 * What an object's own property holds; undefined behind a getter of the author. The getters of a module's exports are made by
 * compilers: they read a variable. So are those of `import * as path` over a module of CommonJS, which has it as `default`.
 */
export function ownValue(owner: object, key: PropertyKey): unknown {
  if (types.isProxy(owner)) return undefined;
  const property = Object.getOwnPropertyDescriptor(owner, key);
  if (property?.get === undefined) return property?.value;
  if (!Object.hasOwn(owner, "__esModule")) return valueOfModule(owner, key);
  try {
    return Reflect.apply(property.get, owner, []) as unknown;
  } catch {
    // It has no value yet.
    return undefined;
  }
}

function valueOfModule(owner: object, key: PropertyKey): unknown {
  const module = Object.getOwnPropertyDescriptor(owner, "default");
  if (module === undefined || module.writable || !isObject(module.value) || types.isProxy(module.value))
    return undefined;
  return Object.getOwnPropertyDescriptor(module.value, key)?.value;
}
