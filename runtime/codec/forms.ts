/** How built-in objects, and instances of registered classes, are scanned and written. */
import { Buffer } from "node:buffer";
import { types } from "node:util";
import { bufferOf, bufferProblem, bytesIn, lengthOf, sizeOf, viewClassOf, viewKind } from "./binary.ts";
import type { RegisteredClass } from "./classes.ts";
import type { IntegrityTag } from "./format.ts";
import { getterOf, nativeName } from "./kinds.ts";
import { describeProperties, writeProperties } from "./properties.ts";
import type { Scan } from "./scan.ts";
import type { Emit } from "./write.ts";

/** One kind of built-in object. */
interface BuiltInForm {
  /** True for objects of this kind, whatever they inherit from. */
  is(value: object): boolean;
  /** Whether this is the prototype of the class that makes the object. Another one is stored beside it. */
  isDirect(value: object, prototype: object): boolean;
  /** Visits what the object holds and says how to write it. */
  scan(scan: Scan, value: object, integrity: IntegrityTag | undefined): Emit;
}

/** Looking for named properties on a typed array costs time per element; beyond this length they are not looked for. */
const longestCheckedView = 65_536;

const date: BuiltInForm = {
  is: types.isDate,
  isDirect: (_value, prototype) => nativeName(prototype) === "Date",
  scan(scan, value, integrity) {
    const time = Date.prototype.getTime.call(value);
    const text = Number.isNaN(time) ? "null" : `"${Date.prototype.toISOString.call(value)}"`;
    return withAdded(scan, value, integrity, [], (out) => out.raw(`{"$date":${text}}`));
  },
};

const readSource = getterOf<string>(RegExp.prototype, "source");
/** Not by the getter of `flags`: that asks the object for each of them, and its class may answer otherwise. */
const flagGetters = Object.entries({
  d: "hasIndices",
  g: "global",
  i: "ignoreCase",
  m: "multiline",
  s: "dotAll",
  u: "unicode",
  v: "unicodeSets",
  y: "sticky",
}).map(([letter, name]) => [letter, getterOf<boolean>(RegExp.prototype, name)] as const);

function readFlags(value: object): string {
  return flagGetters.map(([letter, isSet]) => (isSet(value) ? letter : "")).join("");
}

const regexp: BuiltInForm = {
  is: types.isRegExp,
  isDirect: (_value, prototype) => nativeName(prototype) === "RegExp",
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
  is: (value) => Object.getPrototypeOf(value) === URL.prototype,
  isDirect: () => true,
  scan(scan, value, integrity) {
    const href = readHref(value);
    return withAdded(scan, value, integrity, [], (out) => out.tagged("$url", () => out.value(href)));
  },
};

/** The methods as they are before anyone replaces them. */
const entriesOf = Map.prototype.entries;
const valuesOf = Set.prototype.values;

const map: BuiltInForm = {
  is: types.isMap,
  isDirect: (_value, prototype) => nativeName(prototype) === "Map",
  scan(scan, value, integrity) {
    const entries = [...(Reflect.apply(entriesOf, value, []) as Iterable<[unknown, unknown]>)];
    for (const [index, [key, item]] of entries.entries()) scan.entry(index, key, item);
    return withAdded(scan, value, integrity, [], (out) =>
      out.tagged("$map", () => out.list(entries, (entry) => out.list(entry, (item) => out.value(item)))),
    );
  },
};

const set: BuiltInForm = {
  is: types.isSet,
  isDirect: (_value, prototype) => nativeName(prototype) === "Set",
  scan(scan, value, integrity) {
    const items = [...(Reflect.apply(valuesOf, value, []) as Iterable<unknown>)];
    for (const [index, item] of items.entries()) scan.child(index, item);
    return withAdded(scan, value, integrity, [], (out) =>
      out.tagged("$set", () => out.list(items, (item) => out.value(item))),
    );
  },
};

const buffer: BuiltInForm = {
  is: types.isAnyArrayBuffer,
  isDirect: (_value, prototype) => /^(Shared)?ArrayBuffer$/.test(nativeName(prototype) ?? ""),
  scan(scan, value, integrity) {
    const problem = bufferProblem(value as ArrayBuffer);
    if (problem !== undefined) scan.refuse(problem);
    // The class of the buffer is asked for its length, and this may be another one.
    const bytes =
      scan.keptPrototype(value) !== undefined ? new Uint8Array(value as ArrayBuffer) : (value as ArrayBuffer);
    return withAdded(scan, value, integrity, [], (out) =>
      out.raw(`{"$buffer":"${Buffer.from(bytes as ArrayBuffer).toString("base64")}"}`),
    );
  },
};

const view: BuiltInForm = {
  is: ArrayBuffer.isView,
  isDirect: (value, prototype) => {
    const name = viewClassOf(prototype);
    return name === "Buffer" ? types.isUint8Array(value) : name === viewKind(value);
  },
  scan(scan, value, integrity) {
    const shown = value as DataView | Uint8Array;
    const problem = bufferProblem(bufferOf(shown));
    if (problem !== undefined) scan.refuse(problem);
    const length = lengthOf(shown);
    scan.buffers.add(shown);
    if (!isPlainBuffer(bufferOf(shown))) scan.child("buffer", bufferOf(shown));
    const name = scan.keptPrototype(value) !== undefined ? viewKind(value) : viewClassOf(Object.getPrototypeOf(value));
    const described = describeProperties(scan, value, addedToView(shown), integrity);
    const write: Emit = (out) => {
      const { buffer, offset } = scan.buffers.placeOf(shown);
      out.raw(`{"$view":["${name}",`);
      out.value(buffer);
      out.raw(offset === 0 && sizeOf(shown) === bytesIn(buffer) ? "]}" : `,${offset},${length}]}`);
    };
    return (out) => writeProperties(out, described, () => write(out));
  },
};

const boxed: BuiltInForm = {
  is: types.isBoxedPrimitive,
  isDirect: (value, prototype) => nativeName(prototype)?.toLowerCase() === typeof primitiveIn(value),
  scan(scan, value, integrity) {
    const primitive: unknown = primitiveIn(value);
    scan.value(primitive);
    const builtIn = typeof primitive === "string" ? ["length", ...Object.keys(primitive.split(""))] : [];
    return withAdded(scan, value, integrity, builtIn, (out) => out.tagged("$boxed", () => out.value(primitive)));
  },
};

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

/** Others may lead to more of the run, and are visited like any object. */
function isPlainBuffer(buffer: object): boolean {
  return nativeName(Object.getPrototypeOf(buffer) ?? buffer) === "ArrayBuffer" && Reflect.ownKeys(buffer).length === 0;
}

/** Properties beside the elements. Listing the keys of a long view would cost more than encoding it. */
function addedToView(value: DataView | Uint8Array): (string | symbol)[] {
  const elements = types.isTypedArray(value) ? lengthOf(value) : 0;
  if (elements > longestCheckedView) return Object.getOwnPropertySymbols(value);
  return Reflect.ownKeys(value).slice(elements);
}
