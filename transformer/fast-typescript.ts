/**
 * TypeScript's namespace has two thousand getters, more than engines keep shapes of: each `ts.isIdentifier` is a lookup in
 * a table and a call, and the compiler asks for many at every node. The copy has the guards and the enums as plain
 * properties; everything else it inherits.
 */
import type { TypeScript } from "./ir.ts";

const copies = new WeakMap<TypeScript, TypeScript>();

export function fastTypeScript(ts: TypeScript): TypeScript {
  const known = copies.get(ts);
  if (known) return known;
  const copy = Object.create(ts) as Record<string, unknown>;
  for (const name of Object.keys(ts) as (keyof TypeScript & string)[]) {
    if (/^is[A-Z]/.test(name) || name === "forEachChild") define(copy, name, ts[name]);
  }
  for (const name of ["SyntaxKind", "NodeFlags", "ModifierFlags"] as const) define(copy, name, fastEnum(ts[name]));
  const fast = settled(copy) as unknown as TypeScript;
  copies.set(ts, fast);
  return fast;
}

/** The names of an enum. Its numbers, which lead back to the names, are inherited. */
function fastEnum(original: object): object {
  const copy = Object.create(original) as Record<string, unknown>;
  for (const [name, value] of Object.entries(original)) if (typeof value === "number") define(copy, name, value);
  return settled(copy);
}

/** What it inherits are getters, which assignments would not get past. */
function define(copy: object, name: string, value: unknown): void {
  Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
}

/** V8 gives an object a shape again when it becomes a prototype. */
function settled<Value extends object>(value: Value): Value {
  Object.create(value);
  return value;
}
