/** The words and limits of the text format, and the seam for values that only the runtime knows. */
import { SafeMap, SafeSet } from "./collections.ts";

/** Version of the format that `encode` writes. `decode` reads this one and every earlier one, for ever. */
export const VALUE_FORMAT = 1;

/**
 * How many objects may contain one another before a value counts as too deep: less than half of what the recursive
 * walks need to fill Node's native stack. Each definition of a text counts from zero.
 */
export const MAX_DEPTH = 400;

/** Most holes in one array. Each costs its own text, so that no number in a text makes `decode` allocate. */
export const MAX_HOLES = 100_000;

/** Tags that the format reserves for values of the runtime. */
export type ExtensionTag = (typeof extensionWords)[number];

const extensionWords = [
  ...(["closure", "scope", "handle", "tool", "local", "outer", "member", "instance"] as const),
  ...(["proxy", "bound", "template", "generator", "promise", "settler"] as const),
] as const;

/** Tags of objects that lost the default freedom of change; the payload is the object itself. */
export type IntegrityTag = "$frozen" | "$sealed" | "$inextensible";

/**
 * Every tag. A key that starts with `$` is a tag: the object has no other key and stands for a value that JSON lacks. A
 * key of a plain object that starts with `$` is written with one more `$`.
 */
export const tags = [
  "$",
  "$ref",
  "$bigint",
  "$symbol",
  "$intrinsic",
  "$boxed",
  "$date",
  "$regexp",
  "$url",
  "$map",
  "$set",
  "$array",
  "$nullProto",
  "$create",
  "$inherit",
  "$properties",
  "$class",
  "$custom",
  "$error",
  "$domException",
  "$buffer",
  "$view",
  "$frozen",
  "$sealed",
  "$inextensible",
  "$closure",
  "$scope",
  "$handle",
  "$tool",
  "$local",
  "$outer",
  "$member",
  "$instance",
  "$proxy",
  "$bound",
  "$template",
  "$generator",
  "$promise",
  "$settler",
] as const satisfies readonly (IntegrityTag | `$${ExtensionTag}` | `$${string}`)[];

export type Tag = (typeof tags)[number];

export const extensionTags: ReadonlySet<string> = new SafeSet(extensionWords);

/** Payloads of the tag `$`: the constants that JSON lacks, and the hole of an array. */
export type ConstantName = "undefined" | "NaN" | "Infinity" | "-Infinity" | "-0" | "hole";

export const constants: ReadonlyMap<unknown, unknown> = new SafeMap<ConstantName, unknown>([
  ["undefined", undefined],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/** The class of the language for an error that came while a resource was disposed of; Node 20 has none. */
const { SuppressedError } = globalThis as { readonly SuppressedError?: unknown };

/** The error classes of the language that keep their class. */
export const builtInErrors: ReadonlyMap<string, ErrorConstructor> = new SafeMap(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError]
    .concat((SuppressedError as ErrorConstructor | undefined) ?? [])
    .map((known) => [known.name, known as ErrorConstructor]),
);

/**
 * A kind of value that only the runtime knows: closures, scope records, handles, tools, locals. Such a value always has
 * a definition of its own in the text, so its identity is kept and cycles may run through it.
 *
 * For decoding it offers exactly one of three families: `create` + `fill`, `make`, or `late` (+ `order`).
 */
export interface CodecExtension {
  readonly tag: ExtensionTag;
  /** Asked for every object and function that is met, so it must be fast; it must not run code of the author. */
  matches(value: object): boolean;
  /** For made values: the parts of a symbol that is found again; undefined for any other. */
  encodeSymbol?(value: symbol): unknown;
  /** Whether `matches` is asked for proxies too, which it must not touch: every access may run a trap. */
  readonly takesProxies?: boolean;
  /**
   * Gives the parts of a value, which the codec encodes in turn. Called once per value and text.
   * @throws NotEncodableError with a path from the value on, when the value cannot be stored
   */
  encode(value: object): unknown;
  /**
   * For late values: the keys of own properties that are kept beside the parts, which leaves out
   * marks that the extension itself put there. Without this, or when it answers undefined, nothing of the value but
   * its parts is stored: so for one that is not made again but found, because it lives in a module.
   */
  keysOf?(value: object): readonly (string | symbol)[] | undefined;
  /** For late values: whether giving its parts changes another value, which must not have been written before. */
  changesOthers?(value: object): boolean;
  /** For late values that have properties: what one inherits from when it is made again. Another prototype is kept. */
  parentOf?(value: object): unknown;
  /** The class whose instances inherit from a value of the extension, whatever its `constructor` says. */
  ownerOf?(prototype: object): object | undefined;
  /** Why objects that inherit from the prototype of a class of this extension cannot be made again. */
  instanceProblem?(owner: object): string | undefined;
  /** Makes an empty container. All containers exist before anything is filled or made. */
  create?(): object;
  /**
   * Fills a container. Made values among its parts exist. A late value among its parts is a placeholder, which is
   * replaced afterwards in the parts, and in the shell where the shell holds it as an own data property.
   */
  fill?(shell: object, parts: unknown): void;
  /** Makes a value from its parts. Containers among them may still be empty if they lead back to this value. */
  make?(parts: unknown): object | symbol;
  /** Makes a value after everything else is filled; every place that refers to it is then patched. */
  late?(parts: unknown): unknown;
  /** Late values are made in ascending order of this number; 0 when absent. */
  order?(parts: unknown): number;
}
