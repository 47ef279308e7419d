/** Decoding: total on any text. It answers a value or throws a DecodeError, and allocates in proportion to the text. */
import { Decoder } from "./decoder.ts";
import { DecodeError, messageOf } from "./errors.ts";
import { type CodecExtension, MAX_DEPTH, VALUE_FORMAT } from "./format.ts";
import { refusalOf } from "./unreadable.ts";

/**
 * Turns text of `encode` back into a value. Everything in the text is data: no prototype, accessor or class can come
 * from it, and classes are only those that this process registered.
 *
 * @param text what `encode` of this or an earlier version wrote; any other text is refused
 * @param extensions the values that only the runtime knows
 * @throws DecodeError saying what is wrong, and where in the text
 */
export function decode(text: string, extensions: readonly CodecExtension[] = []): unknown {
  const [root, definitions] = parse(text);
  if (definitions === undefined && !mayHoldTags(text)) {
    requireDepth(root, 0);
    return root;
  }
  const decoder = new Decoder(definitions ?? [], extensions);
  try {
    return decoder.decode(root);
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    // Limits of the engine, and whatever else a text may provoke: decoding is total.
    throw new DecodeError(`The text cannot be decoded at ${decoder.place}: ${messageOf(error)}`, { cause: error });
  }
}

/** Takes the envelope apart: `[version, root]` or `[version, root, definitions]`. */
function parse(text: string): readonly [root: unknown, definitions?: readonly unknown[]] {
  if (typeof text !== "string") throw new DecodeError(`A stored value is a text, not a ${typeof text}`);
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch (error) {
    throw new DecodeError(`The text is not JSON: ${messageOf(error)}`, { cause: error });
  }
  if (!Array.isArray(envelope) || envelope.length < 2) {
    throw new DecodeError(
      "The text is not a stored value: [version, value] or [version, value, definitions] is expected",
    );
  }
  const [version, root, definitions] = envelope as unknown[];
  if (typeof version === "string") throw refusalOf(envelope);
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1) {
    throw new DecodeError("The text does not begin with a format version");
  }
  if (version > VALUE_FORMAT) {
    throw new DecodeError(
      `The text has format version ${version}, and this version of backstitch reads up to ${VALUE_FORMAT}: upgrade it`,
    );
  }
  if (envelope.length === 2) return [root];
  if (envelope.length > 3 || !Array.isArray(definitions)) {
    throw new DecodeError("The third element of a stored value must be the list of its definitions, and the last");
  }
  return [root, definitions];
}

/** Tags and escaped keys begin with `$`; a text without any such string is its value. `\u0024` spells `$` too. */
function mayHoldTags(text: string): boolean {
  return text.includes('"$') || text.includes('"\\u0024');
}

function requireDepth(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth === MAX_DEPTH) throw new DecodeError(`The value is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) for (const item of value) requireDepth(item, depth + 1);
  else for (const key of Object.keys(value)) requireDepth((value as Record<string, unknown>)[key], depth + 1);
}
