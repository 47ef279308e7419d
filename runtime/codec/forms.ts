/** How built-in objects, and instances of registered classes, are scanned and written. */
import { Buffer } from "node:buffer";
import { types } from "node:util";
import { bufferProblem, viewClassOf } from "./binary.ts";
import type { RegisteredClass } from "./classes.ts";
import type { IntegrityTag } from "./format.ts";
import { describe, nativeName } from "./kinds.ts";
import { describeProperties, writeProperties } from "./properties.ts";
import type { Scan } from "./scan.ts";
import type { Emit } from "./write.ts";

/** One kind of built-in object. `matches` checks the prototype too: an instance of a subclass is another kind. */
interface BuiltInForm {
  matches(value: object, prototype: object): boolean;
  /** Visits what the object holds and says how to write it. */
  scan(scan: Scan, value: object, integrity: IntegrityTag | undefined): Emit;
}

/** Looking for named properties on a typed array costs time per element; beyond this length they are not looked for. */
const longestCheckedView = 65_536;

const date: BuiltInForm = {
  matches: (value, prototype) => types.isDate(value) && nativeName(prototype) === "Date",
  scan(scan, value, integrity) {
    const time = Date.prototype.getTime.call(value);
    const text = Number.isNaN(time) ? "null" : `"${Date.prototype.toISOString.call(value)}"`;
    return withAdded(scan, value, integrity, [], (out) => out.raw(`{"$date":${text}}`));
  },
};

const readSource = getterOf<string>(RegExp.prototype, "source");
const readFlags = getterOf<string>(RegExp.prototype, "flags");

const regexp: BuiltInForm = {
  matches: (value, prototype) => types.isRegExp(value) && nativeName(prototype) === "RegExp",
  scan(scan, value, integrity) {
    const property = Object.getOwnPropertyDescriptor(value, "lastIndex");
    const lastIndex: unknown = property?.value;
    if (!Number.isSafeInteger(lastIndex) || Object.is(lastIndex, -0)) {
      scan.refuse("a lastIndex that is not a whole number cannot be stored", "lastIndex");
    }
    const parts: unknown[] = [readSource(value), readFlags(value)];
    if (lastIndex !== 0) parts.push(lastIndex);
    // One that cannot be set is described like an added property.
    const builtIn = property?.writable || integrity === "$frozen" ? ["lastIndex"] : [];
    return withAdded(scan, value, integrity, builtIn, (out) =>
      out.tagged("$regexp", () => out.list(parts, (part) => out.value(part))),
    );
  },
};

const readHref = getterOf<string>(URL.prototype, "href");

const url: BuiltInForm = {
  matches: (_value, prototype) => prototype === URL.prototype,
  scan(scan, value, integrity) {
    const href = readHref(value);
    return withAdded(scan, value, integrity, [], (out) => out.tagged("$url", () => out.value(href)));
  },
};

const map: BuiltInForm = {
  matches: (value, prototype) => types.isMap(value) && nativeName(prototype) === "Map",
  scan(scan, value, integrity) {
    const entries = [...Map.prototype.entries.call(value as Map<unknown, unknown>)];
    for (const [index, [key, item]] of entries.entries()) scan.entry(index, key, item);
    return withAdded(scan, value, integrity, [], (out) =>
      out.tagged("$map", () => out.list(entries, (entry) => out.list(entry, (item) => out.value(item)))),
    );
  },
};

const set: BuiltInForm = {
  matches: (value, prototype) => types.isSet(value) && nativeName(prototype) === "Set",
  scan(scan, value, integrity) {
    const items = [...Set.prototype.values.call(value as Set<unknown>)];
    for (const [index, item] of items.entries()) scan.child(index, item);
    return withAdded(scan, value, integrity, [], (out) =>
      out.tagged("$set", () => out.list(items, (item) => out.value(item))),
    );
  },
};

const buffer: BuiltInForm = {
  matches: (value, prototype) =>
    types.isAnyArrayBuffer(value) && /^(Shared)?ArrayBuffer$/.test(nativeName(prototype) ?? ""),
  scan(scan, value, integrity) {
    const problem = bufferProblem(value as ArrayBuffer);
    if (problem !== undefined) scan.refuse(problem);
    return withAdded(scan, value, integrity, [], (out) =>
      out.raw(`{"$buffer":"${Buffer.from(value as ArrayBuffer).toString("base64")}"}`),
    );
  },
};

const view: BuiltInForm = {
  matches: (value, prototype) => ArrayBuffer.isView(value) && viewClassOf(prototype) !== undefined,
  scan(scan, value) {
    const shown = value as DataView | Uint8Array;
    requireOnlyElements(scan, shown);
    const length = types.isTypedArray(shown) ? shown.length : shown.byteLength;
    const problem = bufferProblem(shown.buffer);
    if (problem !== undefined) scan.refuse(problem);
    scan.buffers.add(shown);
    const name = viewClassOf(Object.getPrototypeOf(value)) as string;
    return (out) => {
      const { buffer, offset } = scan.buffers.placeOf(shown);
      out.raw(`{"$view":["${name}",`);
      out.value(buffer);
      out.raw(offset === 0 && shown.byteLength === buffer.byteLength ? "]}" : `,${offset},${length}]}`);
    };
  },
};

const boxed: BuiltInForm = {
  matches: (value, prototype) => types.isBoxedPrimitive(value) && boxedClasses.has(nativeName(prototype) ?? ""),
  scan(scan, value, integrity) {
    const primitive: unknown = primitiveIn(value);
    scan.value(primitive);
    const builtIn = typeof primitive === "string" ? ["length", ...Object.keys(primitive.split(""))] : [];
    return withAdded(scan, value, integrity, builtIn, (out) => out.tagged("$boxed", () => out.value(primitive)));
  },
};

const boxedClasses: ReadonlySet<string> = new Set(["Number", "String", "Boolean", "BigInt", "Symbol"]);

/** The methods of the language refuse values that are no boxes of theirs. */
function primitiveIn(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value);
}

/** Every kind of built-in object that can be stored, arrays and errors aside. */
export const builtInForms: readonly BuiltInForm[] = [date, map, set, regexp, url, view, buffer, boxed];

/** An instance of a class that is registered without functions: its own properties, made again without the constructor. */
export function scanInstance(scan: Scan, value: object, known: RegisteredClass): void {
  scan.record(value, (out, write) =>
    out.tagged("$class", () => {
      out.raw(`[${JSON.stringify(known.name)},`);
      write();
      out.raw("]");
    }),
  );
}

/** Visits own properties beside the built-in ones, and writes them around the stored form. */
function withAdded(
  scan: Scan,
  value: object,
  integrity: IntegrityTag | undefined,
  builtIn: readonly string[],
  emit: Emit,
): Emit {
  const added = Reflect.ownKeys(value).filter((key) => typeof key === "symbol" || !builtIn.includes(key));
  const described = describeProperties(scan, value, added, integrity);
  return (out) => writeProperties(out, described, () => emit(out));
}

/** Refuses properties added to a view: listing the keys of a long one would cost more than encoding it. */
function requireOnlyElements(scan: Scan, value: DataView | Uint8Array): void {
  if (Object.getOwnPropertySymbols(value).length > 0) {
    scan.refuse(`${describe(value)} with a property named by a symbol cannot be stored`);
  }
  for (const name of ["length", "byteLength", "byteOffset", "buffer"]) {
    if (Object.hasOwn(value, name)) scan.refuse(`a property added to ${describe(value)} cannot be stored`, name);
  }
  const elements = types.isTypedArray(value) ? value.length : 0;
  if (elements > longestCheckedView) return;
  const extra = Object.getOwnPropertyNames(value)[elements];
  if (extra !== undefined) scan.refuse(`a property added to ${describe(value)} cannot be stored`, extra);
}

/** The getter of the language itself, which instances cannot replace. */
function getterOf<T>(prototype: object, name: string): (value: object) => T {
  const getter = Object.getOwnPropertyDescriptor(prototype, name)?.get as (this: object) => T;
  return (value) => getter.call(value);
}
