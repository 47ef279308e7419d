/** The reading counterpart of properties.ts, and the checks of payloads that all readers share. */
import type { Decoder } from "./decoder.ts";
import { messageOf } from "./errors.ts";

/**
 * Defines described properties on an object. Attributes are given at the end, by the function that it answers: until
 * then late values among them can still be put into their places. What is made again has properties already.
 */
export function defineDescribed(decoder: Decoder, target: object, raw: unknown, isMadeAgain = false): () => void {
  const finishers: (() => void)[] = [];
  for (const [index, entry] of list(decoder, raw).entries()) {
    const parts = list(decoder, entry, 2, 4);
    const key = decoder.reviveAt(parts[0], 1, index, 0);
    if ((typeof key !== "string" && typeof key !== "symbol") || decoder.isLate(key)) {
      decoder.fail("the key of a property is text or a symbol");
    }
    if (!isMadeAgain) requireFreeKey(decoder, target, key);
    const flags = flagsIn(decoder, parts.length === 2 ? "wec" : parts.at(-1));
    finishers.push(
      parts.length === 4
        ? defineAccessor(decoder, target, key, parts, index, flags)
        : defineData(decoder, target, key, parts[1], index, flags),
    );
  }
  return () => {
    for (const finish of finishers) finish();
  };
}

function defineData(
  decoder: Decoder,
  target: object,
  key: string | symbol,
  raw: unknown,
  index: number,
  flags: Attributes,
): () => void {
  const isNew = !Object.hasOwn(target, key);
  const attributes = isNew ? { writable: true, enumerable: true, configurable: true } : {};
  decoder.putAt(raw, `1/${index}/1`, (value) => {
    if (Array.isArray(target) && key === "length" && value !== target.length) decoder.fail("the length is another");
    // What can be redefined is known: a `prototype` or `lastIndex` cannot get new attributes before its value.
    attempt(decoder, "the property", () => Object.defineProperty(target, key, { value, ...attributes }));
  });
  const isFree = Object.getOwnPropertyDescriptor(target, key)?.configurable === true;
  const last = isNew || isFree ? flags : { writable: flags.writable };
  return () => attempt(decoder, "the property", () => Object.defineProperty(target, key, last));
}

function defineAccessor(
  decoder: Decoder,
  target: object,
  key: string | symbol,
  [, rawGet, rawSet]: readonly unknown[],
  index: number,
  { enumerable, configurable }: Attributes,
): () => void {
  const accessor: { get?: unknown; set?: unknown } = {};
  // Its place among the others is taken now, its functions may be late.
  const place = { value: undefined, enumerable, configurable: true };
  attempt(decoder, "the accessor", () => Object.defineProperty(target, key, place));
  decoder.putAt(rawGet, `1/${index}/1`, (get) => {
    accessor.get = get;
  });
  decoder.putAt(rawSet, `1/${index}/2`, (set) => {
    accessor.set = set;
  });
  return () => {
    const property = { ...accessor, enumerable, configurable } as PropertyDescriptor;
    attempt(decoder, "the accessor", () => Object.defineProperty(target, key, property));
  };
}

/** Whether it is a place in an array. The last whole number of 32 bits is the name of a property like any other. */
export function isIndex(key: string | symbol): key is string {
  const position = Number(typeof key === "string" && key) >>> 0;
  return String(position) === key && position !== 2 ** 32 - 1;
}

/** A property comes once, and cannot make an array longer. Some are there before they are described. */
function requireFreeKey(decoder: Decoder, target: object, key: string | symbol): void {
  const isThere = Object.hasOwn(target, key);
  if (Array.isArray(target) && key !== "length") {
    if (isIndex(key) && Number(key) >= target.length) decoder.fail(`the array has no place ${String(key)}`);
    if (isThere) decoder.fail(`the property ${String(key)} comes twice`);
    return;
  }
  const isBuiltIn = Array.isArray(target) || typeof target === "function" || key === "lastIndex";
  if (isThere && !isBuiltIn) decoder.fail(`the property ${String(key)} comes twice`);
}

interface Attributes {
  readonly writable: boolean;
  readonly enumerable: boolean;
  readonly configurable: boolean;
}

function flagsIn(decoder: Decoder, flags: unknown): Attributes {
  if (typeof flags !== "string" || !/^w?e?c?$/.test(flags))
    return decoder.fail("attributes are some of the letters wec");
  return { writable: flags.includes("w"), enumerable: flags.includes("e"), configurable: flags.includes("c") };
}

export function list(decoder: Decoder, payload: unknown, least = 0, most = Number.POSITIVE_INFINITY): unknown[] {
  if (!Array.isArray(payload)) return decoder.fail("a list is expected");
  if (payload.length < least || payload.length > most)
    decoder.fail(`a list of ${payload.length} elements is not expected`);
  return payload;
}

export function text(decoder: Decoder, payload: unknown, what: string): string {
  return typeof payload === "string" ? payload : decoder.fail(`${what} is text`);
}

/** Runs a constructor of the language, which refuses bad arguments. */
export function attempt<T>(decoder: Decoder, what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    return decoder.fail(`${what} is wrong: ${messageOf(error)}`, { cause: error });
  }
}
