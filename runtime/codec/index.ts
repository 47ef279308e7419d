/**
 * The value codec: values to text and back. The format is described in docs/frame-format.md.
 *
 * `encode` scans (scan.ts: checks, sharing) and writes (write.ts); `decode` reads (decode.ts, readers.ts).
 */
import { registerClass } from "./classes.ts";
import { DecodeError, NotEncodableError } from "./errors.ts";

export { type ClassOptions, registerClass, type StorableClass } from "./classes.ts";
export { SafeMap, SafeSet, SafeWeakMap, SafeWeakSet } from "./collections.ts";
export { decode } from "./decode.ts";
export { Sharing } from "./direct.ts";
export { encode } from "./encode.ts";
export { DecodeError, NotEncodableError } from "./errors.ts";
export { type CodecExtension, MAX_DEPTH, MAX_HOLES, VALUE_FORMAT } from "./format.ts";
export type { Grown, Growth } from "./growth.ts";
export { type Handled, type HandledOf, handledBy, noteHandled } from "./handling.ts";
export { isErrorValue, prototypeOf, prototypesOf } from "./kinds.ts";
export { type PartsSink, partsOf, partsTold, Told } from "./parts.ts";
export { unreadableText } from "./unreadable.ts";

// A step that returns something that cannot be stored fails with such an error, and that error is stored.
registerClass(NotEncodableError);
registerClass(DecodeError);
