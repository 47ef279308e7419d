/** The two errors of the codec, and how a place inside a value is spelled. */
import { types } from "node:util";

/** One step into a value: a property name, or the number of an element or entry. */
export type PathKey = string | number;

/**
 * Thrown by `encode` for a value that cannot be stored. The message names the place and the reason, for example
 * `.socket.handle: a Socket cannot be stored`.
 */
export class NotEncodableError extends Error {
  /** Where the value is, from the root. A Map counts as an array of `[key, value]`, a Set as an array. */
  readonly path: readonly PathKey[];
  /** Why it cannot be stored. */
  readonly reason: string;

  constructor(path: readonly PathKey[], reason: string, options?: { readonly cause?: unknown }) {
    super(`${formatPath(path)}: ${reason}`, options);
    this.name = "NotEncodableError";
    this.path = path;
    this.reason = reason;
  }
}

/** Thrown by `decode` for a text that is not a value of a known format. The message says what is wrong and where. */
export class DecodeError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "DecodeError";
  }
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Longest path that a message shows in full; the middle of a longer one is left out. */
const longestPath = 24;

/** Spells a path as an access in code: `.order.lines[3]["unit price"]`. The root itself is "value". */
function formatPath(path: readonly PathKey[]): string {
  if (path.length === 0) return "value";
  if (path.length <= longestPath) return path.map(formatKey).join("");
  const half = longestPath / 2;
  return `${path.slice(0, half).map(formatKey).join("")} … ${path.slice(-half).map(formatKey).join("")}`;
}

function formatKey(key: PathKey): string {
  if (typeof key === "number") return `[${key}]`;
  return identifier.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** The message of whatever was thrown, without running code of a thrown object. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  if (typeof thrown !== "object" || thrown === null || types.isProxy(thrown)) return "something without a message";
  const message: unknown = Object.getOwnPropertyDescriptor(thrown, "message")?.value;
  return typeof message === "string" ? message : "an error without a message";
}
