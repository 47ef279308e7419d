/** What each tag means: the reading counterpart of forms.ts and error-forms.ts. Payloads are checked, never trusted. */

import { types } from "node:util";
import { fromBase64, makeView } from "./binary.ts";
import { classNamed, type RegisteredClass } from "./classes.ts";
import { SafeMap, SafeSet } from "./collections.ts";
import type { Decoder, EncodedObject, Plan } from "./decoder.ts";
import { builtInErrors, constants, extensionTags } from "./format.ts";
import { noteHandled } from "./handling.ts";
import { intrinsicNamed } from "./intrinsics.ts";
import { attempt, defineDescribed, isIndex, list, text } from "./read-properties.ts";
import { around, readCreated, readInherited, setPrototype } from "./read-prototypes.ts";
import { wellKnownNamed } from "./symbols.ts";

type Reader = (decoder: Decoder, payload: unknown) => Plan;

/** True for the encoded form of a hole, which only an array may hold. */
export function isHole(raw: object): boolean {
  return (raw as Record<string, unknown>).$ === "hole" && Object.keys(raw).length === 1;
}

/** The value of a tag that stands for a primitive; undefined for other tags. */
export function primitiveOf(decoder: Decoder, tag: string, payload: unknown): { readonly value: unknown } | undefined {
  if (tag === "$") {
    if (!constants.has(payload)) decoder.fail(`there is no constant ${JSON.stringify(payload)}`);
    return { value: constants.get(payload) };
  }
  if (tag === "$symbol") return symbolOf(decoder, payload);
  if (tag === "$intrinsic") return { value: intrinsicOf(decoder, payload) };
  if (tag !== "$bigint") return undefined;
  if (typeof payload !== "string" || !/^(0|-?[1-9][0-9]*)$/.test(payload)) decoder.fail("a bigint is decimal digits");
  return { value: BigInt(payload) };
}

/** Undefined for a unique symbol: that is a new one for each place of the text, and may be a definition. */
function symbolOf(decoder: Decoder, payload: unknown): { readonly value: symbol } | undefined {
  if (Array.isArray(payload)) return undefined;
  if (typeof payload === "string") {
    const value = wellKnownNamed(payload);
    return value ? { value } : decoder.fail(`there is no symbol Symbol.${payload}`);
  }
  const key: unknown = Object.getOwnPropertyDescriptor(Object(payload), "for")?.value;
  if (typeof key !== "string" || Object.keys(payload as object).length > 1) decoder.fail(symbolShape);
  return { value: Symbol.for(key) };
}

/** True for the encoded form of a symbol that only this text has. */
export function isUniqueSymbol(raw: unknown): raw is object {
  return typeof raw === "object" && raw !== null && Array.isArray((raw as EncodedObject)["$symbol"]);
}

const symbolShape = "a symbol is a name of the language, { for: key } or [description]";

function intrinsicOf(decoder: Decoder, payload: unknown): object {
  const name = text(decoder, payload, "the name of an intrinsic");
  return intrinsicNamed(name) ?? decoder.fail(`there is no intrinsic ${JSON.stringify(name)} in this process`);
}

/** Plan of a tagged value that is neither a reference nor a primitive. */
export function planTagged(decoder: Decoder, tag: string, payload: unknown): Plan {
  const reader = readers.get(tag);
  if (reader !== undefined) return reader(decoder, payload);
  if (extensionTags.has(tag.slice(1))) decoder.fail(`a ${tag.slice(1)} must be a definition`);
  return decoder.fail(`there is no tag ${JSON.stringify(tag)}`);
}

const readDate: Reader = (decoder, payload) => {
  if (payload === null) return made(() => new Date(Number.NaN));
  const date = new Date(typeof payload === "string" ? payload : Number.NaN);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== payload) {
    decoder.fail("a date is ISO 8601 text in UTC with milliseconds, or null");
  }
  return made(() => date);
};

const readRegExp: Reader = (decoder, payload) => {
  const [source, flags, lastIndex = 0] = list(decoder, payload, 2, 3);
  if (typeof source !== "string" || typeof flags !== "string" || !Number.isSafeInteger(lastIndex)) {
    return decoder.fail("a regexp is [source, flags, lastIndex]");
  }
  return made(() => {
    const regexp = attempt(decoder, "the regexp", () => new RegExp(source, flags));
    regexp.lastIndex = lastIndex as number;
    return regexp;
  });
};

const readUrl: Reader = (decoder, payload) =>
  made(() => attempt(decoder, "the URL", () => new URL(text(decoder, payload, "a URL"))));

/** The methods as they are before anyone replaces them: a program, or a text that gives a set methods of its own. */
const { set: setEntry, has: hasKey, clear: clearMap, entries: entriesOf } = Map.prototype;
const { add: addItem, has: hasItem, clear: clearSet, values: itemsOf } = Set.prototype;

const readMap: Reader = (decoder, payload) => {
  const entries = list(decoder, payload);
  const map = new Map<unknown, unknown>();
  return container(map, () => {
    const replace = replacer(decoder, () => {
      const current = [...(Reflect.apply(entriesOf, map, []) as Iterable<[unknown, unknown]>)];
      Reflect.apply(clearMap, map, []);
      return (swap) => {
        for (const [key, value] of current) Reflect.apply(setEntry, map, [swap(key), swap(value)]);
      };
    });
    for (const [index, entry] of entries.entries()) {
      const [rawKey, rawValue] = list(decoder, entry, 2, 2);
      const key = decoder.reviveAt(rawKey, index, 0);
      if (Reflect.apply(hasKey, map, [key])) decoder.fail(`the map has the key of entry ${index} twice`);
      const value = decoder.reviveAt(rawValue, index, 1);
      Reflect.apply(setEntry, map, [key, value]);
      replace(key);
      replace(value);
    }
  });
};

const readSet: Reader = (decoder, payload) => {
  const items = list(decoder, payload);
  const set = new Set<unknown>();
  return container(set, () => {
    const replace = replacer(decoder, () => {
      const current = [...(Reflect.apply(itemsOf, set, []) as Iterable<unknown>)];
      Reflect.apply(clearSet, set, []);
      return (swap) => {
        for (const item of current) Reflect.apply(addItem, set, [swap(item)]);
      };
    });
    for (const [index, raw] of items.entries()) {
      const item = decoder.reviveAt(raw, index);
      if (Reflect.apply(hasItem, set, [item])) decoder.fail(`the set has item ${index} twice`);
      Reflect.apply(addItem, set, [item]);
      replace(item);
    }
  });
};

/** Fills a collection again, its items passed through a function. */
type Refill = (swap: (item: unknown) => unknown) => void;

/** Answers a function to call with each item: a late one is replaced in the collection when it is made, order kept. */
function replacer(decoder: Decoder, drain: () => Refill): (item: unknown) => void {
  const placeholders = new SafeSet<unknown>();
  return (item) => {
    if (typeof item !== "symbol" || placeholders.has(item)) return;
    placeholders.add(item);
    decoder.patchLater(item, (late) => drain()((current) => (current === item ? late : current)));
  };
}

const readArray: Reader = (decoder, payload) => {
  const [items, properties] = list(decoder, payload, 2, 2);
  const array = list(decoder, items);
  return container(array, () => {
    for (const name of Object.keys(Object(properties))) {
      if (name === "length" || isIndex(name)) decoder.fail(`${name} is no named property of an array`);
    }
    decoder.fillElements(array);
    decoder.defineAll(array, properties, true);
  });
};

const readNullPrototype: Reader = (decoder, payload) => {
  const shell: object = Object.create(null);
  return container(shell, () => decoder.defineAll(shell, payload, true));
};

const readInstance: Reader = (decoder, payload) => {
  const [name, properties] = list(decoder, payload, 2, 2);
  const shell: object = Object.create(registered(decoder, name).prototype);
  return container(shell, () => decoder.defineAll(shell, properties, true));
};

const readCustom: Reader = (decoder, payload) => {
  const [name, data] = list(decoder, payload, 2, 2);
  const known = registered(decoder, name);
  const { codec } = known;
  if (codec === undefined) {
    return decoder.fail(
      `class ${known.name} was registered with encode and decode when this was written; register it so`,
    );
  }
  return made(() => decoder.withParts(data, `an instance of class ${known.name}`, (parts) => codec.decode(parts)));
};

const readError: Reader = (decoder, payload) => {
  const [name, ...contents] = list(decoder, payload, 3, 4);
  const isOfNewerNode = name === "SuppressedError" && !builtInErrors.has(name);
  const errorClass = isOfNewerNode
    ? Error
    : (builtInErrors.get(name as string) ?? registered(decoder, name).constructor);
  if (errorClass !== Error && !(errorClass.prototype instanceof Error)) {
    decoder.fail(`class ${JSON.stringify(name)} is not a class of errors`);
  }
  // A real error of that class, made without its constructor.
  const shell: object = Reflect.construct(Error, [], errorClass);
  if (isOfNewerNode) Object.defineProperty(shell, "name", { value: name, writable: true, configurable: true });
  return errorContainer(decoder, shell, contents);
};

const readDomException: Reader = (decoder, payload) => {
  const [message, name, ...contents] = list(decoder, payload, 4, 5);
  const shell = new DOMException(text(decoder, message, "a message"), text(decoder, name, "a name"));
  return errorContainer(decoder, shell, contents);
};

function errorContainer(decoder: Decoder, shell: object, contents: readonly unknown[]): Plan {
  const [hidden, shown] = contents;
  // The stack of this very place is nobody's business; the text holds the one of the original, if it had one.
  Reflect.deleteProperty(shell, "stack");
  return container(shell, () => {
    decoder.defineAll(shell, hidden, false);
    decoder.defineAll(shell, shown, true);
    if (contents.length > 2) decoder.putAt(contents[2], "handled", (error) => noteHandled(shell, error));
  });
}

const readBuffer: Reader = (decoder, payload) => {
  const buffer = fromBase64(text(decoder, payload, "a buffer"));
  if (buffer === undefined) return decoder.fail("a buffer is base64 text with padding");
  return made(() => buffer);
};

const readView: Reader = (decoder, payload) => {
  const parts = list(decoder, payload, 2, 4);
  const [name, rawBuffer, offset, length] = parts;
  const whole = parts.length === 2;
  if (!whole && !(isSize(offset) && isSize(length)))
    decoder.fail("a view is [class, buffer] or [class, buffer, offset, length]");
  const buffer = decoder.reviveEarly(rawBuffer);
  if (!types.isArrayBuffer(buffer)) return decoder.fail("a view needs an ArrayBuffer");
  const view = attempt(decoder, "the view", () =>
    whole
      ? makeView(text(decoder, name, "a class of views"), buffer)
      : makeView(text(decoder, name, "a class of views"), buffer, offset as number, length as number),
  );
  return made(() => view ?? decoder.fail(`there is no class of views ${JSON.stringify(name)}`));
};

/** Makes the reader of a tag around an object, which limits how the object can be changed. */
function readRestricted(restrict: (value: object) => unknown): Reader {
  return (decoder, payload) => {
    if (typeof payload !== "object" || payload === null || Object.keys(payload).some((key) => unrestricted.has(key))) {
      return decoder.fail("only an object or array can be frozen, sealed or not extensible");
    }
    const plan = decoder.plan(payload);
    const finish = (value: object) => attempt(decoder, "restricting the object", () => restrict(value));
    if (plan.kind === "container") {
      return container(plan.shell, () =>
        decoder.fillThen(
          () => plan.fill(),
          () => finish(plan.shell),
        ),
      );
    }
    return made(() => {
      const value = plan.make() as object;
      finish(value);
      return value;
    });
  };
}

/** Tags that cannot stand inside a restriction: no objects of their own, or restricted already. */
const unrestricted = new SafeSet([
  ...["$", "$ref", "$bigint", "$symbol", "$intrinsic", "$custom"],
  ...["$frozen", "$sealed", "$inextensible"],
]);

const restrictions: ReadonlyMap<string, (value: object) => unknown> = new SafeMap([
  ["$frozen", Object.freeze],
  ["$sealed", Object.seal],
  ["$inextensible", Object.preventExtensions],
]);

const readSymbol: Reader = (decoder, payload) => {
  const [description] = list(decoder, payload, 0, 1);
  if (description !== undefined && typeof description !== "string") decoder.fail(symbolShape);
  return made(() => Symbol(description as string | undefined));
};

const readBoxed: Reader = (decoder, payload) =>
  made(() => {
    const primitive = decoder.reviveAt(payload);
    if (primitive === null || primitive === undefined || decoder.isLate(primitive) || Object(primitive) === primitive) {
      return decoder.fail("only a primitive can be boxed");
    }
    return Object(primitive) as object;
  });

/** Tags that can have properties around them: containers, and what is made without looking at other definitions. */
const extendable = new SafeSet([
  ...["$date", "$regexp", "$url", "$map", "$set", "$array", "$nullProto", "$create", "$class", "$buffer", "$boxed"],
  ...["$view", "$error", "$domException"],
]);

const readProperties: Reader = (decoder, payload) => {
  const [target, entries] = list(decoder, payload, 2, 2);
  if (typeof target !== "object" || target === null) return decoder.fail("properties stand around an object");
  const tag = Object.keys(target).find((key) => key.startsWith("$") && !key.startsWith("$$"));
  if (!Array.isArray(target) && tag !== undefined && !extendable.has(tag)) {
    return decoder.fail(`a ${tag} cannot have properties around it`);
  }
  return around(decoder.plan(target), (shell, fill) => {
    let finish = () => {};
    decoder.fillThen(
      () => {
        fill();
        finish = defineDescribed(decoder, shell, entries);
      },
      () => finish(),
    );
  });
};

/** Takes what stands around an encoded value, as it stands around functions of an extension. */
export function undress(
  decoder: Decoder,
  raw: object,
): { readonly inner: EncodedObject; readonly finish: ((value: unknown, hasProperties: boolean) => void) | undefined } {
  let inner = raw as EncodedObject;
  const restrict = restrictions.get(onlyKey(inner) ?? "");
  if (restrict) inner = Object(inner[onlyKey(inner) as string]) as EncodedObject;
  const inherited = partsAround(inner, "$inherit");
  if (inherited) inner = Object(inherited[1]) as EncodedObject;
  const described = partsAround(inner, "$properties");
  if (described) inner = Object(described[0]) as EncodedObject;
  if (inner === raw) return { inner, finish: undefined };
  return {
    inner,
    finish: (value, hasProperties) => {
      if (!isObject(value) || !hasProperties)
        return decoder.fail("only a function has properties around it, or a prototype");
      let finish = () => {};
      decoder.fillThen(
        () => {
          if (inherited) setPrototype(decoder, value, inherited[0]);
          if (described) finish = defineDescribed(decoder, value, described[1], true);
        },
        () => {
          finish();
          restrict?.(value);
        },
      );
    },
  };
}

function partsAround(raw: EncodedObject, tag: string): readonly unknown[] | undefined {
  const parts = onlyKey(raw) === tag ? raw[tag] : undefined;
  return Array.isArray(parts) ? parts : undefined;
}

function onlyKey(raw: object): string | undefined {
  const keys = Array.isArray(raw) ? [] : Object.keys(raw);
  return keys.length === 1 ? keys[0] : undefined;
}

const readers: ReadonlyMap<string, Reader> = new SafeMap([
  ["$date", readDate],
  ["$regexp", readRegExp],
  ["$url", readUrl],
  ["$map", readMap],
  ["$set", readSet],
  ["$array", readArray],
  ["$nullProto", readNullPrototype],
  ["$class", readInstance],
  ["$custom", readCustom],
  ["$error", readError],
  ["$domException", readDomException],
  ["$buffer", readBuffer],
  ["$view", readView],
  ["$symbol", readSymbol],
  ["$boxed", readBoxed],
  ["$create", readCreated],
  ["$inherit", readInherited],
  ["$properties", readProperties],
  ...[...restrictions].map(([tag, restrict]) => [tag, readRestricted(restrict)] as const),
]);

function container(shell: object, fill: () => void): Plan {
  return { kind: "container", shell, fill };
}

function made(make: () => unknown): Plan {
  return { kind: "made", make };
}

function registered(decoder: Decoder, name: unknown): RegisteredClass {
  const known = typeof name === "string" ? classNamed(name) : undefined;
  return known ?? decoder.fail(`class ${JSON.stringify(name)} is not registered; call registerClass before decoding`);
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
