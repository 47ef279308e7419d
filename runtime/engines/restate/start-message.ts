/**
 * How often Restate's server has tried to go on with an invocation since something of it was stored. The server says so in the
 * first message of each attempt, and the SDK does not hand it on; so it is read here, and put back for the SDK.
 *
 * A message is its type (16 bits), flags (16), length (32) and its fields in the encoding of Protocol Buffers, as Restate's
 * service protocol has them: `StartMessage`.
 */
import { once } from "node:events";
import type { Http2ServerRequest } from "node:http2";

const headLength = 8;
const startType = 0;
/** Number of the field `retry_count_since_last_stored_entry`. */
const retriesField = 7;

/** Kinds of fields by how long they are. */
const varint = 0;
const eightBytes = 1;
const counted = 2;
const fourBytes = 5;

/** Zero where the first message is none that is known. */
export async function retriesOf(request: Http2ServerRequest): Promise<number> {
  const read: Buffer[] = [];
  let length = 0;
  let wanted = headLength;
  while (length < wanted) {
    const chunk = request.read() as Buffer | null;
    if (chunk === null) {
      if (request.readableEnded || request.destroyed) break;
      await somethingOf(request);
      continue;
    }
    read.push(chunk);
    length += chunk.length;
    if (wanted === headLength && length >= headLength) wanted += Buffer.concat(read).readUInt32BE(4);
  }
  const start = Buffer.concat(read);
  if (start.length > 0) request.unshift(start);
  return length < wanted ? 0 : retriesIn(start.subarray(0, wanted));
}

/** Resolves when there is something to read, or never will be. */
async function somethingOf(request: Http2ServerRequest): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  const events = ["readable", "end", "close", "error"].map((name) => once(request, name, { signal }));
  try {
    await Promise.race(events);
  } catch {
    // It broke: the SDK finds out as well.
  } finally {
    for (const event of events) event.catch(() => {});
    done.abort();
  }
}

/** @param message a whole message, with its head */
export function retriesIn(message: Buffer): number {
  if (message.readUInt16BE(0) !== startType) return 0;
  const fields = new Fields(message.subarray(headLength));
  while (!fields.atEnd) {
    const tag = fields.varint();
    const value = fields.value(tag & 7);
    if (tag >>> 3 === retriesField) return value;
  }
  return 0;
}

class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; !this.atEnd; scale *= 128) {
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value;
  }

  /** The number of a field that is one; others are passed over. */
  value(kind: number): number {
    if (kind === varint) return this.varint();
    if (kind === counted) this.#skip(this.varint());
    else if (kind === eightBytes) this.#skip(8);
    else if (kind === fourBytes) this.#skip(4);
    // What comes behind a kind that is not known cannot be read.
    else this.#skip(this.#bytes.length);
    return 0;
  }

  #skip(bytes: number): void {
    this.#at += bytes;
  }
}
