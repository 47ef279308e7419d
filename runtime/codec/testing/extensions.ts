/** Extensions for tests: one of each family, shaped like the runtime's own. */
import { registerClass } from "../classes.ts";
import type { CodecExtension } from "../format.ts";

/** A scope record: a container that copies its parts. */
export class Scope {
  [slot: string]: unknown;
}

/** A closure: made from its parts, which it keeps. */
export class Closure {
  readonly parts: unknown;
  constructor(parts: unknown) {
    this.parts = parts;
  }
}

/** A handle: a container like a scope record. */
export class Handle {
  op = 0;
  settled: unknown = undefined;
}

/** A tool, which every load finds again by its name. */
export class Tool {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A value that is made again after everything else. */
export class Local {
  readonly parts: unknown;
  constructor(parts: unknown) {
    this.parts = parts;
  }
}

const functionParts = new WeakMap<object, unknown>();

/** A function that is stored as a late value, as the runtime's own closures are. */
export function makeFunction(parts: {
  readonly order: number;
  readonly body: "plain" | "arrow" | "class";
  held: unknown[];
}) {
  const made =
    parts.body === "class"
      ? class extends Array {}
      : parts.body === "arrow"
        ? () => parts
        : function made() {
            return parts;
          };
  functionParts.set(made, parts);
  return made as unknown as { (): typeof parts; new (...items: unknown[]): unknown[]; prototype: object };
}

/** The parts of a function made by `makeFunction`. */
export function partsOf(value: object): unknown {
  return functionParts.get(value);
}

export const scopes: CodecExtension = {
  tag: "scope",
  matches: (value) => value instanceof Scope,
  encode: (value) => ({ slots: { ...value } }),
  create: () => new Scope(),
  fill: (shell, parts) => Object.assign(shell, (parts as { slots: object }).slots),
};

export const closures: CodecExtension = {
  tag: "closure",
  matches: (value) => value instanceof Closure,
  encode: (value) => (value as Closure).parts,
  make: (parts) => new Closure(parts),
};

export const locals: CodecExtension = {
  tag: "local",
  matches: (value) => value instanceof Local || functionParts.has(value),
  encode: (value) => functionParts.get(value) ?? (value as Local).parts,
  late: (parts) =>
    Object.hasOwn(parts as object, "body")
      ? makeFunction(parts as Parameters<typeof makeFunction>[0])
      : new Local(parts),
  keysOf: (value) => (typeof value === "function" ? addedKeys(value) : undefined),
  order: (parts) => Number((parts as { order: number }).order),
};

/** Those that the functions above do not have. */
function addedKeys(fn: object): (string | symbol)[] {
  const isEnumerable = (key: string | symbol) => Object.getOwnPropertyDescriptor(fn, key)?.enumerable === true;
  return Reflect.ownKeys(fn).filter((key) => (key !== "length" && key !== "name") || isEnumerable(key));
}

/** The prototype of a class that is made again. */
const members: CodecExtension = {
  tag: "member",
  matches: (value) => partsOfOwner(value) !== undefined,
  encode: (value) => ({ order: Number(partsOfOwner(value)?.order) + 0.5, of: value.constructor }),
  late: (parts) => (parts as { of: { prototype: object } }).of.prototype,
  keysOf: (value) => Reflect.ownKeys(value).filter((key) => key !== "constructor"),
  order: (parts) => Number((parts as { order: number }).order),
};

function partsOfOwner(value: object): { readonly order: number; readonly body: string } | undefined {
  const owner: unknown = Object.getOwnPropertyDescriptor(value, "constructor")?.value;
  const parts = typeof owner === "function" ? (functionParts.get(owner) as ReturnType<typeof partsOfOwner>) : undefined;
  return parts?.body === "class" ? parts : undefined;
}

/** An object with a private field, of a class that is not registered. */
export class Private {
  readonly #held: unknown;
  constructor(held: unknown) {
    this.#held = held;
  }
  reveal(): unknown {
    return this.#held;
  }
}

const instances: CodecExtension = {
  tag: "instance",
  matches: (value) => Object.getPrototypeOf(value) === Private.prototype,
  encode: (value) => ({ order: 9, held: (value as Private).reveal() }),
  late: (parts) => new Private((parts as { held: unknown }).held),
  keysOf: (value) => Reflect.ownKeys(value),
  order: (parts) => Number((parts as { order: number }).order),
};

const handles: CodecExtension = {
  tag: "handle",
  matches: (value) => value instanceof Handle,
  encode: (value) => ({ ...value }),
  create: () => new Handle(),
  fill: (shell, parts) => Object.assign(shell, parts),
};

const tools: CodecExtension = {
  tag: "tool",
  matches: (value) => value instanceof Tool,
  encode: (value) => (value as Tool).name,
  make: (parts) => new Tool(String(parts)),
};

/** Stands for an object that a module holds. */
export const moduleValue: object = { of: "module" };

const outerValues: CodecExtension = {
  tag: "outer",
  matches: (value) => value === moduleValue,
  encode: () => ["pay", "services"],
  make: () => moduleValue,
};

const proxyParts = new WeakMap<object, readonly [order: number, target: object, handler: object]>();

/** A proxy that is known. */
export function makeProxy(order: number, target: object, handler: object): object {
  const proxy = new Proxy(target, handler);
  proxyParts.set(proxy, [order, target, handler]);
  return proxy;
}

export function partsOfProxy(proxy: object): unknown {
  return proxyParts.get(proxy);
}

const proxies: CodecExtension = {
  tag: "proxy",
  takesProxies: true,
  matches: (value) => proxyParts.has(value),
  encode: (value) => proxyParts.get(value),
  order: (parts) => (parts as readonly [number])[0],
  late: (parts) => makeProxy(...(parts as readonly [number, object, object])),
};

/** A function that was made of its parts. */
export class Bound {
  readonly parts: unknown;
  constructor(parts: unknown) {
    this.parts = parts;
  }
}

const bound: CodecExtension = {
  tag: "bound",
  matches: (value) => value instanceof Bound,
  encode: (value) => (value as Bound).parts,
  order: (parts) => (parts as readonly [number])[0],
  late: (parts) => new Bound(parts),
};

/** Strings that belong to a place in the code. */
export class Template {
  readonly place: unknown;
  constructor(place: unknown) {
    this.place = place;
  }
}

const templates: CodecExtension = {
  tag: "template",
  matches: (value) => value instanceof Template,
  encode: (value) => (value as Template).place,
  make: (parts) => new Template(parts),
};

/** A generator that stands somewhere. */
export class Standing {
  readonly parts: unknown;
  constructor(parts: unknown) {
    this.parts = parts;
  }
}

const generators: CodecExtension = {
  tag: "generator",
  matches: (value) => value instanceof Standing,
  encode: (value) => (value as Standing).parts,
  keysOf: (value) => Reflect.ownKeys(value).filter((key) => key !== "parts"),
  order: (parts) => (parts as readonly [number])[0],
  late: (parts) => new Standing(parts),
};

/** What settles a promise: it is made behind it. */
export class Settler {
  readonly parts: unknown;
  constructor(parts: unknown) {
    this.parts = parts;
  }
}

const settlers: CodecExtension = {
  tag: "settler",
  matches: (value) => value instanceof Settler,
  encode: (value) => (value as Settler).parts,
  late: (parts) => new Settler(parts),
};

/** A promise that has settled. */
export class Settled {
  outcome: unknown;
}

const promises: CodecExtension = {
  tag: "promise",
  matches: (value) => value instanceof Settled,
  encode: (value) => (value as Settled).outcome,
  create: () => new Settled(),
  fill(shell, parts) {
    (shell as Settled).outcome = parts;
  },
};

export const testExtensions: readonly CodecExtension[] = [
  scopes,
  closures,
  locals,
  members,
  instances,
  handles,
  tools,
  outerValues,
  proxies,
  bound,
  templates,
  generators,
  promises,
  settlers,
];

/** Registered without functions. */
export class Point {
  x: unknown;
  y: unknown;
  constructor(x: unknown, y: unknown) {
    if (x === undefined && y === undefined) throw new Error("the constructor must not be called by decoding");
    this.x = x;
    this.y = y;
  }
}

/** Registered with functions: its state is private. */
export class Secret {
  readonly #held: unknown;
  constructor(held: unknown) {
    this.#held = held;
  }
  reveal(): unknown {
    return this.#held;
  }
}

/** A registered class of errors. */
export class PaymentError extends Error {
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.name = "PaymentError";
    this.code = code;
  }
}

registerClass(Point, { name: "test.Point" });
registerClass(Secret, {
  name: "test.Secret",
  encode: (value) => [value.reveal()],
  decode: ([held]) => new Secret(held),
});
registerClass(PaymentError, { name: "test.PaymentError" });
