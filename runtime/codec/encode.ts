/** Encoding: a scan that checks everything, then a pass that writes. Plain data is left to JSON.stringify. */

import type { Sharing } from "./direct.ts";
import { messageOf, NotEncodableError } from "./errors.ts";
import { type CodecExtension, VALUE_FORMAT } from "./format.ts";
import type { Growth } from "./growth.ts";
import { type HandledOf, handledBy } from "./handling.ts";
import { components, isCycle } from "./order.ts";
import { partsTold } from "./parts.ts";
import { Scan } from "./scan.ts";
import { envelope, ScannedWriter, type WrittenDefinition } from "./write.ts";

/**
 * Turns a value into text that `decode` turns back into an equal one: shared references, cycles and classes included.
 * The same graph always gives the same text. No getter, `toJSON` or proxy trap of the value is run.
 *
 * @param value anything; what cannot be kept is refused, never dropped
 * @param extensions the values that only the runtime knows
 * @param handledOf what is known to have been handled when an error was thrown
 * @param sharing of a value that is encoded over and over, from one text to the next; it makes no other text, but sooner
 * @param growth of such a value too: the arrays in it that only get longer
 * @throws NotEncodableError naming the path and the reason
 * @example encode({ at: new Date(0) }) // '[1,{"at":{"$date":"1970-01-01T00:00:00.000Z"}}]'
 */
export function encode(
  value: unknown,
  extensions: readonly CodecExtension[] = [],
  handledOf: HandledOf = handledBy,
  sharing?: Sharing,
  growth?: Growth,
): string {
  if (isPlainPrimitive(value)) return `[${VALUE_FORMAT},${JSON.stringify(value)}]`;
  const direct = sharing?.write(value, extensions, growth);
  if (direct !== undefined) return direct;
  const root = partsTold(value);
  try {
    const scan = new Scan(extensions, handledOf, growth);
    scan.root(root);
    sharing?.learn(scan);
    if (scan.plain && !jsonIsPatched()) return `[${VALUE_FORMAT},${JSON.stringify(root)}]`;
    return write(root, scan);
  } catch (error) {
    if (error instanceof NotEncodableError) throw error;
    // RangeErrors are limits of the engine: the length of a string, the end of the native stack.
    const what = error instanceof RangeError ? "the value is too large" : "reading the value failed";
    throw new NotEncodableError([], `${what}: ${messageOf(error)}`, { cause: error });
  }
}

/** What most steps give: JSON has it as it is, and asks it for nothing. */
function isPlainPrimitive(value: unknown): boolean {
  const isNumber = typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" || typeof value === "boolean" || value === null || isNumber;
}

function write(value: unknown, scan: Scan): string {
  const writer = new ScannedWriter(scan, scan.growth);
  const root = writer.root(value);
  const definitions = writer.definitions();
  scan.growth?.settle();
  if (scan.made.size > 0) requireMakeable(scan, definitions);
  return envelope(root, definitions);
}

/** JSON.stringify would call a `toJSON` that someone put on a built-in prototype. */
function jsonIsPatched(): boolean {
  return "toJSON" in Object.prototype || "toJSON" in Array.prototype;
}

/** A value that is made from finished parts cannot be one of them: such a text could never be read. */
function requireMakeable(scan: Scan, definitions: readonly WrittenDefinition[]): void {
  const isMade = definitions.map(({ value }) => scan.made.has(value));
  // Mostly these are tools, which refer to nothing: there is no cycle to look for.
  if (!definitions.some(({ references }, node) => isMade[node] && references.some((target) => isMade[target]))) return;
  const needs = (node: number) =>
    isMade[node] ? (definitions[node] as WrittenDefinition).references.filter((target) => isMade[target]) : [];
  for (const component of components(definitions.length, needs)) {
    if (isCycle(component, needs)) {
      throw new NotEncodableError([], "a value that is made from its encoded parts is one of these parts itself");
    }
  }
}
