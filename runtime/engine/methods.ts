/**
 * Methods whose arguments suspend: which function a call means is decided before its arguments are evaluated.
 *
 * The function is remembered in the record of temporaries, as a scope record of its own, so that it is stored as values
 * are. One that is no value of a run is fetched again, provided that the object still has it.
 */
import { types } from "node:util";
import { encode, NotEncodableError } from "../codec/index.ts";
import { ownValue } from "./exported.ts";
import { newRecord, type ScopeRecord } from "./scopes.ts";
import { isObject } from "./thenables.ts";

const remembered = Symbol("method");

interface MethodRecord extends ScopeRecord {
  /** Of a record made in this process: what to store is decided when it is stored. */
  [remembered]?: { readonly object: unknown; readonly key: PropertyKey; readonly fn: unknown };
}

/** Fetches `object[key]` and remembers it. Throws as the language does when `object` is null or undefined. */
export function rememberMethod(temporaries: ScopeRecord, slot: string, object: unknown, key: PropertyKey): unknown {
  const fn = (object as Record<PropertyKey, unknown>)[key];
  const record: MethodRecord = newRecord();
  Object.defineProperty(record, remembered, { value: { object, key, fn } });
  temporaries[slot] = record;
  return fn;
}

/** The function that was remembered, after a reload too. */
export function rememberedMethod(temporaries: ScopeRecord, slot: string, object: unknown, key: PropertyKey): unknown {
  const record = temporaries[slot] as MethodRecord;
  const known = record[remembered];
  if (known) return known.fn;
  return Object.hasOwn(record, "fn") ? record.fn : readableProperty(object, key);
}

/** The slots to store of a record that remembers a method; undefined for any other. `isValue`: closures and tools. */
export function methodSlots(record: ScopeRecord, isValue: (fn: object) => boolean): [string, unknown][] | undefined {
  const known = (record as MethodRecord)[remembered];
  if (known === undefined) return undefined;
  const { object, key, fn } = known;
  if (!isObject(fn) || isValue(fn) || isStorable(fn)) return [["fn", fn]];
  if (readableProperty(object, key) === fn) return [["fetched", true]];
  throw new NotEncodableError(
    [],
    `the method ${String(key)} cannot be stored while its arguments suspend: it is neither a function of the run nor a property that can be read again`,
  );
}

/** The value of a property, own or inherited, without running a getter of the author or a trap. */
function readableProperty(object: unknown, key: PropertyKey): unknown {
  for (let at: object | null = Object(object); at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, key)) return ownValue(at, key);
  }
  return undefined;
}

/** A function of the language. */
function isStorable(fn: object): boolean {
  try {
    encode(fn);
    return true;
  } catch {
    return false;
  }
}

/** The call of a method, when its arguments are there. */
export function boundCall(fn: unknown, object: unknown, key: PropertyKey): (...args: unknown[]) => unknown {
  return (...args) => {
    if (typeof fn !== "function") throw new TypeError(`${String(key)} is not a function`);
    return Reflect.apply(fn, object, args);
  };
}
