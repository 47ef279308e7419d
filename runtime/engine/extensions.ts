/** The values that only the runtime knows, for the codec: scope records, closures, locals, handles and tools. */
import type { CodecExtension } from "../codec/index.ts";
import { BackstitchError } from "../faults.ts";
import type { Activation } from "./activation.ts";
import { type ClosureRecord, type Invocation, makeClosure } from "./closures.ts";
import { Frame } from "./frame.ts";
import { Handle } from "./handle.ts";
import type { FrameImage } from "./image.ts";
import { isScopeRecord, newRecord, type ScopeRecord, storedSlots } from "./scopes.ts";

/** For what a frame waits, or what a stored handle stands for. */
export type HandleImage =
  | { readonly op: number }
  | { readonly call: FrameImage }
  | { readonly value: unknown }
  | { readonly error: unknown };

/** Order, code id, closure id, arguments, scope records. */
type ClosureImage = readonly [number, string, string, readonly unknown[], ...ScopeRecord[]];

/** What storing needs from the image being written. */
export interface HandleWriter {
  imageOf(handle: Handle): HandleImage;
}

/** What loading learns about handles; they are tied to ops and calls when all is decoded. */
export interface LoadedHandles {
  readonly byOp: Map<number, Handle>;
  readonly byCall: Map<FrameImage, Handle>;
  /** Calls of outermost durable functions, by their arguments. */
  readonly invocations: WeakMap<object, Invocation>;
}

export function extensionsFor(
  activation: Activation,
  writer: HandleWriter,
  loaded: LoadedHandles,
): readonly CodecExtension[] {
  return [
    scopes(activation),
    closures(activation, loaded.invocations),
    locals(activation, loaded.invocations),
    handles(activation, writer, loaded),
    tools(activation),
  ];
}

function scopes(activation: Activation): CodecExtension {
  return {
    tag: "scope",
    matches: isScopeRecord,
    encode(value) {
      const record = value as ScopeRecord;
      const slots: [string, unknown][] = [];
      for (const slot of storedSlots(record) ?? Object.keys(record)) {
        if (!Object.hasOwn(record, slot)) continue;
        activation.noteCommitted(record[slot]);
        slots.push([slot, record[slot]]);
      }
      return Object.fromEntries(slots);
    },
    create: () => newRecord(),
    fill(shell, parts) {
      for (const [slot, value] of Object.entries(parts as object)) {
        activation.noteCommitted(value);
        (shell as ScopeRecord)[slot] = value;
      }
    },
  };
}

function closures(activation: Activation, invocations: WeakMap<object, Invocation>): CodecExtension {
  return {
    tag: "closure",
    matches: (value) => typeof value === "function" && activation.closures.has(value),
    encode: (value) => closureImage(activation.closures.get(value) as ClosureRecord),
    order: (parts) => (parts as ClosureImage)[0],
    late(parts) {
      const record = closureRecord(parts as ClosureImage, invocations);
      const closure = makeClosure(record, Frame.tableOf(activation, record.invocation)) as object;
      activation.closures.set(closure, record);
      return closure;
    },
  };
}

function locals(activation: Activation, invocations: WeakMap<object, Invocation>): CodecExtension {
  return {
    tag: "local",
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

function handles(activation: Activation, writer: HandleWriter, loaded: LoadedHandles): CodecExtension {
  return {
    tag: "handle",
    matches: (value) => value instanceof Handle,
    encode: (value) => writer.imageOf(value as Handle),
    create: () => new Handle("a stored handle", activation),
    fill(shell, parts) {
      const handle = shell as Handle;
      const image = parts as HandleImage;
      if ("op" in image) loaded.byOp.set(image.op, handle);
      else if ("call" in image) loaded.byCall.set(image.call, handle);
      else if ("value" in image) handle.outcome = { ok: true, value: image.value };
      else handle.outcome = { ok: false, error: image.error };
    },
  };
}

function tools(activation: Activation): CodecExtension {
  return {
    tag: "tool",
    matches: (value) => activation.tools.nameOf(value) !== undefined,
    encode: (value) => activation.tools.nameOf(value),
    make: (parts) => activation.tools.named(String(parts)) ?? unknownValue(),
  };
}

function closureImage({ order, invocation, id, scopes }: ClosureRecord): ClosureImage {
  return [order, invocation.code, id, invocation.args, ...scopes];
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
  const [order, code, id, args, ...scopes] = image;
  const invocation = invocations.get(args) ?? { code, args, table: undefined };
  invocations.set(args, invocation);
  return { order, invocation, id, scopes };
}

function unknownValue(): never {
  throw new Error("the value is not one of this run");
}
