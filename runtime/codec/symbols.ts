/** Symbols in texts: those of the language by name, registered ones by key, all others by what they describe. */
import { SafeMap } from "./collections.ts";

const wellKnown = new SafeMap<string, symbol>();
const names = new SafeMap<symbol, string>();
for (const name of Object.getOwnPropertyNames(Symbol)) {
  const property = Object.getOwnPropertyDescriptor(Symbol, name);
  // One that can be changed is not the language's.
  if (typeof property?.value !== "symbol" || property.writable === true) continue;
  wellKnown.set(name, property.value);
  names.set(property.value, name);
}

/** "iterator" for `Symbol.iterator`. */
export function wellKnownNameOf(symbol: symbol): string | undefined {
  return names.get(symbol);
}

export function wellKnownNamed(name: string): symbol | undefined {
  return wellKnown.get(name);
}

/** True for symbols that every process has: they need no definition to be the same everywhere. */
export function isGlobalSymbol(symbol: symbol): boolean {
  return names.has(symbol) || Symbol.keyFor(symbol) !== undefined;
}

/** The text of a symbol: `{"$symbol":"iterator"}`, `{"$symbol":{"for":"key"}}` or `{"$symbol":["description"]}`. */
export function symbolText(symbol: symbol): string {
  const payload = names.get(symbol) ?? registered(symbol) ?? described(symbol);
  return `{"$symbol":${JSON.stringify(payload)}}`;
}

function registered(symbol: symbol): { readonly for: string } | undefined {
  const key = Symbol.keyFor(symbol);
  return key === undefined ? undefined : { for: key };
}

function described({ description }: symbol): readonly string[] {
  return description === undefined ? [] : [description];
}
