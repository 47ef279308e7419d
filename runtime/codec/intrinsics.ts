/**
 * The functions and objects that the language and Node bring along, by name and by identity.
 *
 * The table is built when the first function is met, by walking property descriptors from the globals: no getter is
 * run. Names are paths (`Array.prototype.push`, `get Map.prototype.size`); what no path leads to is named as the
 * specification does (`%ArrayIteratorPrototype%`). A name means nothing beyond this table.
 */

import { Buffer } from "node:buffer";
import nodeProcess from "node:process";
import { types } from "node:util";
import { SafeMap, SafeSet } from "./collections.ts";
import { isNativeFunction } from "./kinds.ts";
import { wellKnownNameOf } from "./symbols.ts";

const languageRoots = [
  ..."Object Function Array Number Boolean String Symbol BigInt Math JSON Reflect Proxy Promise Date RegExp".split(" "),
  ..."Map Set WeakMap WeakSet WeakRef FinalizationRegistry ArrayBuffer SharedArrayBuffer Atomics DataView".split(" "),
  ..."Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array".split(" "),
  ..."Float16Array Float32Array Float64Array BigInt64Array BigUint64Array Iterator AsyncIterator Intl Temporal".split(
    " ",
  ),
  ..."Error EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError SuppressedError".split(
    " ",
  ),
  ..."DisposableStack AsyncDisposableStack parseFloat parseInt isNaN isFinite escape unescape".split(" "),
  ..."decodeURI decodeURIComponent encodeURI encodeURIComponent".split(" "),
];

const hostRoots = [
  ..."console URL URLSearchParams TextEncoder TextDecoder structuredClone queueMicrotask fetch atob btoa".split(" "),
  ..."setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate".split(" "),
  ..."Headers Request Response FormData Blob File AbortController AbortSignal Event EventTarget".split(" "),
  ..."DOMException crypto performance ReadableStream WritableStream TransformStream WebSocket CustomEvent".split(" "),
];

/**
 * Parts of `process` that run or load code by the text they get. They and `eval` have no names: no ordinary program
 * keeps them, and a text must not be able to put them where a program expects another function. Code that has `eval` as a
 * value says so itself, and a frame of that code may name it.
 */
const unnamed = /^process\.(?:_.*|binding|dlopen|getBuiltinModule|execve|mainModule)$/;

type Origin = "language" | "host";

class IntrinsicTable {
  readonly names = new SafeMap<object, string>();
  readonly objects = new SafeMap<string, object>();
  private readonly lazyRoots: string[] = [];
  private isComplete = false;

  constructor() {
    this.add(globalThis, "globalThis");
    for (const [name, value] of hiddenRoots()) this.add(value, name);
    this.walk(this.rootsNamed(languageRoots), "language");
    this.add(nodeProcess.env, "process.env");
    this.walk([["Buffer", Buffer], ["process", nodeProcess], ...this.rootsNamed(hostRoots)], "host");
  }

  /**
   * Node loads some globals when they are first read. That is done only for an unknown value or name, which mostly
   * means that the program has read them itself.
   */
  complete(): void {
    if (this.isComplete) return;
    this.isComplete = true;
    this.walk(
      this.lazyRoots.map((name) => [name, Reflect.get(globalThis, name)]),
      "host",
    );
    for (const [owner, key] of [
      ["crypto", "subtle"],
      ["process", "stdout"],
      ["process", "stderr"],
    ] as const) {
      const holder = this.objects.get(owner);
      if (holder) this.add(Reflect.get(holder, key), `${owner}.${key}`);
    }
  }

  private rootsNamed(names: readonly string[]): [string, unknown][] {
    return names.flatMap((name): [string, unknown][] => {
      const property = Object.getOwnPropertyDescriptor(globalThis, name);
      if (property?.get !== undefined) this.lazyRoots.push(name);
      return property === undefined || property.get !== undefined ? [] : [[name, property.value]];
    });
  }

  /** Breadth first, so that of two paths to one object the shorter is its name. */
  private walk(roots: Iterable<readonly [string, unknown]>, origin: Origin): void {
    const queue: (readonly [string, object])[] = [];
    const visit = (name: string, value: unknown) => {
      if (this.add(value, name)) queue.push([name, value as object]);
    };
    for (const [name, value] of roots) visit(name, value);
    if (origin === "language") for (const [name, value] of hiddenRoots()) queue.push([name, value]);
    // The prototypes of all that was found come last, for what only they lead to.
    for (let walked = 0, climbed = 0; climbed < queue.length; climbed++) {
      for (; walked < queue.length; walked++) {
        const [name, value] = queue[walked] as readonly [string, object];
        for (const key of Reflect.ownKeys(value)) this.property(name, value, key, origin, visit);
      }
      const [name, value] = queue[climbed] as readonly [string, object];
      visit(`${name}.[[Prototype]]`, Object.getPrototypeOf(value));
    }
  }

  private property(
    owner: string,
    value: object,
    key: string | symbol,
    origin: Origin,
    visit: (name: string, value: unknown) => void,
  ): void {
    const path = typeof key === "string" ? `${owner}.${key}` : symbolPath(owner, key);
    const property = path === undefined ? undefined : Object.getOwnPropertyDescriptor(value, key);
    if (path === undefined || property === undefined || unnamed.test(path)) return;
    for (const [name, found] of [
      [path, property.value],
      [`get ${path}`, property.get],
      [`set ${path}`, property.set],
    ] as const) {
      // Only functions and prototypes: another object on such a path is data, or somebody else's. On objects of the
      // language a function that is not native is somebody else's too.
      if (typeof found === "function" ? origin === "host" || isNativeFunction(found) : key === "prototype") {
        visit(name, found);
      }
    }
  }

  private add(value: unknown, name: string): boolean {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || types.isProxy(value)) {
      return false;
    }
    if (this.names.has(value) || this.objects.has(name)) return false;
    this.names.set(value, name);
    this.objects.set(name, value);
    return true;
  }
}

let table: IntrinsicTable | undefined;

function known(): IntrinsicTable {
  table ??= new IntrinsicTable();
  return table;
}

/** The name of a function or object that the language or Node brought along. */
export function intrinsicName(value: object): string | undefined {
  return known().names.get(value);
}

/** As `intrinsicName`, before a value is refused: parts of Node that are loaded late are looked at too. */
export function lateIntrinsicName(value: object): string | undefined {
  const name = intrinsicName(value);
  if (name !== undefined) return name;
  known().complete();
  return known().names.get(value);
}

/** The function or object with a name; undefined when this process has none. */
export function intrinsicNamed(name: string): object | undefined {
  const found = known().objects.get(name);
  if (found !== undefined) return found;
  known().complete();
  return known().objects.get(name);
}

/** `process.env` looks like plain data; stored as such it would put the secrets of the process into a database. */
export const environment: object = nodeProcess.env;

/**
 * Whether ordinary objects may inherit from an object of the table. Below these prototypes, and what is no prototype,
 * objects with hidden state can be told from ordinary ones (`hasHiddenState` in kinds.ts); below others they cannot.
 */
export function isOpenPrototype(name: string): boolean {
  return openPrototypes.has(name) || !/prototype(?:%|\]\])?$/i.test(name);
}

const openPrototypes: ReadonlySet<string> = new SafeSet(
  [
    ..."Object Function Array Boolean Number String Symbol BigInt Date RegExp Promise Map Set WeakMap WeakSet".split(
      " ",
    ),
    ..."Error EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError SuppressedError".split(
      " ",
    ),
    ..."ArrayBuffer SharedArrayBuffer DataView %TypedArray% Uint8Array Buffer Iterator".split(" "),
  ].map((name) => `${name}.prototype`),
)
  .add("%IteratorPrototype%")
  .add("%AsyncIteratorPrototype%")
  // Of what inherits from it only generators have a state of their own.
  .add("%GeneratorFunction%.prototype.prototype")
  .add("%AsyncGeneratorFunction%.prototype.prototype");

function symbolPath(owner: string, key: symbol): string | undefined {
  const name = wellKnownNameOf(key);
  return name === undefined ? undefined : `${owner}[Symbol.${name}]`;
}

/** What the language keeps out of reach of its globals' properties. */
function hiddenRoots(): readonly (readonly [string, object])[] {
  const above = (value: object) => Object.getPrototypeOf(value) as object;
  const valueIn = (value: object, key: string) => Object.getOwnPropertyDescriptor(value, key)?.value as object;
  const arrayIterator = above(Array.prototype.values.call([]));
  const asyncGenerator = above(async function* () {});
  const roots: [string, object][] = [
    ["%TypedArray%", above(Uint8Array)],
    ["%IteratorPrototype%", above(arrayIterator)],
    ["%ArrayIteratorPrototype%", arrayIterator],
    ["%MapIteratorPrototype%", above(Map.prototype.entries.call(new Map()))],
    ["%SetIteratorPrototype%", above(Set.prototype.values.call(new Set()))],
    ["%StringIteratorPrototype%", above(String.prototype[Symbol.iterator].call(""))],
    ["%RegExpStringIteratorPrototype%", above(RegExp.prototype[Symbol.matchAll].call(/a/g, ""))],
    [
      "%GeneratorFunction%",
      valueIn(
        above(function* () {}),
        "constructor",
      ),
    ],
    [
      "%AsyncFunction%",
      valueIn(
        above(async () => {}),
        "constructor",
      ),
    ],
    ["%AsyncGeneratorFunction%", valueIn(asyncGenerator, "constructor")],
    ["%AsyncIteratorPrototype%", above(valueIn(asyncGenerator, "prototype"))],
  ];
  return [...roots, ...iteratorHelpers()].filter(
    ([, value]) => typeof value === "object" || typeof value === "function",
  );
}

/** Prototypes behind the methods of `Iterator`, in versions of Node that have them. */
function iteratorHelpers(): [string, object][] {
  const iterator: unknown = Reflect.get(globalThis, "Iterator");
  if (typeof iterator !== "function") return [];
  const { from } = iterator as unknown as { from(value: object): { map?(f: () => unknown): object } };
  const wrapped = from.call(iterator, { next: () => ({ done: true }) });
  const helper = wrapped.map?.(() => 0);
  const found: [string, object][] = [["%WrapForValidIteratorPrototype%", Object.getPrototypeOf(wrapped) as object]];
  if (helper) found.push(["%IteratorHelperPrototype%", Object.getPrototypeOf(helper) as object]);
  return found;
}
