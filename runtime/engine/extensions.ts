/** The values that only the runtime knows, for the codec: scope records, closures, locals, handles and tools. */

import { types } from "node:util";
import {
  type CodecExtension,
  NotEncodableError,
  type PartsSink,
  partsTold,
  SafeWeakMap,
  Told,
} from "../codec/index.ts";
import { BackstitchError } from "../faults.ts";
import type { Activation } from "./activation.ts";
import { type ArgumentsImage, argumentsImage, argumentsOfImage } from "./arguments.ts";
import {
  changedKeys,
  classOfPrototype,
  instanceProblem,
  isDefined,
  keepState,
  type MemberImage,
  memberImage,
  memberOfImage,
  ownerOf,
  parentOf,
  restoreState,
} from "./classes.ts";
import { type ClosureRecord, type Invocation, makeClosure } from "./closures.ts";
import { settlerFunctions } from "./deferred.ts";
import { Frame } from "./frame.ts";
import { generators, type LoadedGenerator } from "./generator-images.ts";
import { givenName } from "./given.ts";
import { Handle, type HandleImage } from "./handle.ts";
import { hidersOf } from "./hiders.ts";
import {
  bareInstance,
  type PrivateState,
  privateStateOf,
  requireInstance,
  requireOwnPrototype,
  restorePrivateState,
} from "./instances.ts";
import type { ChildLogger } from "./loggers.ts";
import { methodSlots } from "./methods.ts";
import { outerValues } from "./outer-images.ts";
import {
  homeOfRecord,
  isScopeRecord,
  newRecord,
  noteOrigin,
  originOf,
  type ScopeRecord,
  storedSlots,
} from "./scopes.ts";
import { promises } from "./settled-promises.ts";
import { tracedValues } from "./traced.ts";

/** Order, code id, closure id, invocation, scope records. `self` is absent when the call had none. */
type ClosureImage = readonly [number, string, string | NamedId, InvocationImage, ...ScopeRecord[]];

/** A closure under a computed key: its id, and the name that it has of the key. */
type NamedId = readonly [id: string, name: string];

/** The arguments of the call whose table has the closure; with its `this`, when it had one. */
type InvocationImage = readonly unknown[] | { readonly args: readonly unknown[]; readonly self: unknown };

/** What loading learns; it is put together when all is decoded. */
export interface Loaded {
  readonly handles: [Handle, HandleImage][];
  /** Calls of outermost durable functions, by their arguments. */
  readonly invocations: WeakMap<object, Invocation>;
  /** Puts back what a class keeps to itself. */
  readonly classes: (() => void)[];
  readonly closures: ClosureRecord[];
  /** Settle promises. */
  readonly settled: (() => void)[];
  /** Puts generators together. */
  readonly generators: (() => LoadedGenerator)[];
}

/** Slots by name; in front of them the name of the scope, if it is in no frame, behind them what was not initialised. */
export type ScopeImage = object | readonly [name: string | null, slots: object, ...unset: string[]];

export function nothingLoaded(): Loaded {
  return { handles: [], invocations: new SafeWeakMap(), classes: [], closures: [], settled: [], generators: [] };
}

/** `loaded` is for decoding only. */
export function extensionsFor(activation: Activation, loaded: Loaded = nothingLoaded()): readonly CodecExtension[] {
  return [
    scopes(activation),
    instances(activation, loaded),
    closures(activation, loaded),
    locals(activation, loaded.invocations),
    members(activation),
    handles(activation, loaded),
    settlerFunctions(),
    tools(activation),
    outerValues(activation),
    generators(activation, loaded.generators),
    ...tracedValues(activation),
    promises(activation, loaded.settled),
  ];
}

function tellSlots(
  sink: PartsSink,
  { record, slots }: { readonly record: ScopeRecord; readonly slots: readonly string[] },
): void {
  for (const slot of slots) sink.field(slot, record[slot]);
}

function scopes(activation: Activation): CodecExtension {
  return {
    tag: "scope",
    matches: isScopeRecord,
    encode(value) {
      const record = value as ScopeRecord;
      const method = methodSlots(record, (fn) => isFunctionOfRun(fn, activation));
      if (method) return Object.fromEntries(method);
      const slots = storedSlots(record) ?? slotsOf(record);
      const unset = slots.filter((slot) => !Object.hasOwn(record, slot));
      const set = unset.length === 0 ? slots : slots.filter((slot) => Object.hasOwn(record, slot));
      for (const slot of set) activation.noteCommitted(record[slot]);
      const told = Told.of({ record, slots: set }, tellSlots);
      const name = scopeName(record);
      return name === null && unset.length === 0 ? told : [name, partsTold(told), ...unset];
    },
    create: () => newRecord(),
    fill(shell, parts) {
      const [name, slots, ...unset] = scopeParts(parts as ScopeImage);
      for (const [slot, value] of Object.entries(slots)) {
        activation.noteCommitted(value);
        (shell as ScopeRecord)[slot] = value;
      }
      if (name !== null || unset.length > 0) noteOrigin(shell as ScopeRecord, { name, unset });
    },
  };
}

export function scopeParts(image: ScopeImage): readonly [name: string | null, slots: object, ...unset: string[]] {
  return Array.isArray(image) ? (image as [string | null, object, ...string[]]) : [null, image];
}

function slotsOf(record: ScopeRecord): readonly string[] {
  const unset = originOf(record)?.unset;
  return unset
    ? [...Object.keys(record), ...unset.filter((slot) => !Object.hasOwn(record, slot))]
    : Object.keys(record);
}

/** Of a record that only closures hold. That of a frame stands under its path there. */
function scopeName(record: ScopeRecord): string | null {
  const home = homeOfRecord(record);
  if (home === undefined) return originOf(record)?.name ?? null;
  const { frame, path } = home;
  if (frame.storesRecord(path, record)) return null;
  return frame.scopeName(path);
}

/** Or of a module: where it is a method, the object may have another by the time it is called. */
function isFunctionOfRun(fn: object, { closures, bound, proxies, tools, outer }: Activation): boolean {
  const owner = ownerOf(fn) ?? fn;
  const isMade = closures.has(owner) || bound.has(fn) || proxies.has(fn);
  return isMade || tools.nameOf(fn) !== undefined || outer.pathOfStored(fn) !== undefined;
}

function closures(activation: Activation, { invocations, classes, closures }: Loaded): CodecExtension {
  const isOfRun = (made: object) => activation.closures.has(made);
  return {
    tag: "closure",
    takesProxies: true,
    matches: (value) => typeof value === "function" && activation.closures.has(value),
    encode(value) {
      const record = activation.closures.get(value) as ClosureRecord;
      requireOwnPrototype(value, isOfRun);
      keepState(value, record.scopes);
      return closureImage(record);
    },
    keysOf: (value) => activation.closures.authorKeys(value),
    parentOf: (value) => activation.closures.parentOf(value),
    changesOthers: isDefined,
    instanceProblem,
    order: (parts) => (parts as ClosureImage)[0],
    late(parts) {
      const record = closureRecord(parts as ClosureImage, invocations);
      const closure = makeClosure(record, Frame.tableOf(activation, record.invocation)) as object;
      activation.closures.set(closure, record);
      closures.push(record);
      classes.push(() => restoreState(closure, record.scopes));
      return closure;
    },
  };
}

/** Prototypes, methods and accessors of classes, found again in the class. */
function members(activation: Activation): CodecExtension {
  const classOf = (value: object) => activation.closures.get(ownerOf(value) ?? value);
  return {
    tag: "member",
    matches: (value) => ownerOf(value) !== undefined && classOf(value) !== undefined,
    encode: (value) => memberImage(value, (classOf(value) as ClosureRecord).order),
    keysOf: changedKeys,
    parentOf,
    ownerOf: (prototype) => classOfPrototype(prototype),
    order: (parts) => (parts as MemberImage)[0],
    late: (parts) => memberOfImage(parts as MemberImage) ?? unknownValue(),
  };
}

/**
 * Objects with private names of classes, which can be given to instances of them only. They come in front of all others:
 * a function, a proxy or what a module holds can have such names too.
 */
function instances(activation: Activation, { classes }: Loaded): CodecExtension {
  const isOfRun = (made: object) => activation.closures.has(made);
  return {
    tag: "instance",
    takesProxies: true,
    matches: (value) => hidersOf(value)?.some(isOfRun) ?? false,
    encode(value) {
      requireInstance(value, hidersOf(value)?.filter(isOfRun) ?? []);
      const prototype = Object.getPrototypeOf(value) as object;
      const { order } = activation.closures.get(ownerOf(prototype) as object) as ClosureRecord;
      return [order + 0.75, prototype, privateStateOf(value)];
    },
    keysOf: (value) => (types.isProxy(value) ? undefined : Reflect.ownKeys(value)),
    order: (parts) => (parts as readonly [number])[0],
    late(parts) {
      const [, prototype, state] = parts as readonly [number, object, PrivateState];
      const instance = bareInstance(prototype);
      classes.push(() => restorePrivateState(instance, state));
      return instance;
    },
  };
}

function locals(activation: Activation, invocations: WeakMap<object, Invocation>): CodecExtension {
  return {
    tag: "local",
    takesProxies: true,
    matches: (value) => activation.locals.has(value),
    encode(value) {
      const { order, maker } = activation.locals.get(value) ?? unknownValue();
      return [order, ...closureImage(maker)];
    },
    order: (parts) => (parts as readonly [number])[0],
    late(parts) {
      const [order, ...image] = parts as readonly [number, ...ClosureImage];
      const maker = closureRecord(image, invocations);
      const value = makeLocal(maker, activation);
      activation.locals.set(value, { order, maker });
      return value;
    },
  };
}

function handles(activation: Activation, loaded: Loaded): CodecExtension {
  return {
    tag: "handle",
    matches: Handle.is,
    encode(value) {
      const isPlain = Object.isExtensible(value) && Object.getPrototypeOf(value) === Handle.prototype;
      if (!isPlain || Reflect.ownKeys(value).length > 0)
        throw new NotEncodableError(
          [],
          "a promise with properties of its own, or one that is frozen, cannot be stored",
        );
      return handleImage(value as Handle, activation);
    },
    create: () => new Handle("a stored handle", activation),
    fill: (shell, parts) => {
      loaded.handles.push([shell as Handle, parts as HandleImage]);
    },
  };
}

function handleImage(handle: Handle, activation: Activation): HandleImage {
  const { outcome, maker } = handle;
  const kind = handle.isPromise ? ({ promise: true } as const) : {};
  if (outcome?.ok) return { value: outcome.value, ...kind };
  if (outcome) {
    activation.noteCommitted(outcome.error);
    return { error: outcome.error, ...kind };
  }
  if (maker && handle.activation === activation) return maker.stored();
  if (activation.closed) return { dropped: true };
  throw new Error(`${handle.what} is not of this run`);
}

/** What the runtime makes: tools and the handler's arguments, by their names, loggers of parts, and the `arguments` of a call. */
function tools({ tools, given }: Activation): CodecExtension {
  const nameOf = (value: object) => tools.nameOf(value) ?? (given.isMadeAgain(value) ? givenName : undefined);
  const imageOf = (value: object) => nameOf(value) ?? tools.childLogger(value);
  return {
    tag: "tool",
    // What a middleware adds to the context may be one.
    takesProxies: true,
    matches: (value) => imageOf(value) !== undefined || types.isArgumentsObject(value),
    encode: (value) => imageOf(value) ?? argumentsImage(value),
    make(parts) {
      if (parts === givenName) return given.make();
      if (typeof parts === "string") return tools.named(parts) ?? unknownTool(parts);
      const image = parts as ChildLogger | ArgumentsImage;
      if (!("child" in image)) return argumentsOfImage(image);
      const [parent, bindings] = image.child;
      return parent.child(bindings);
    },
  };
}

function closureImage({ order, invocation, id, name, scopes }: ClosureRecord): ClosureImage {
  const { code, args, self } = invocation;
  return [order, code, name === undefined ? id : [id, name], self === undefined ? args : { args, self }, ...scopes];
}

function makeLocal(maker: ClosureRecord, activation: Activation): object {
  const make = makeClosure(maker, Frame.tableOf(activation, maker.invocation)) as () => object;
  try {
    return make();
  } catch (cause) {
    throw new BackstitchError("BS2108", {
      where: `the function given to local() in ${maker.invocation.code} threw: ${String(cause)}`,
      fix: "Put right what it needs (configuration, a service), then resume the run.",
      cause,
    });
  }
}

/** Closures of one call share their invocation: its arguments are its identity. */
function closureRecord(image: ClosureImage, invocations: WeakMap<object, Invocation>): ClosureRecord {
  const [order, code, named, called, ...scopes] = image;
  const [id, name] = typeof named === "string" ? [named, undefined] : named;
  const { args, self } = "self" in called ? called : { args: called, self: undefined };
  const invocation = invocations.get(args) ?? { code, args, self, table: undefined };
  invocations.set(args, invocation);
  return { order, invocation, id, name, scopes };
}

function unknownTool(name: string): never {
  throw new Error(`the middleware of the function gives no \`${name}\` any more`);
}

function unknownValue(): never {
  throw new Error("the value is not one of this run");
}
