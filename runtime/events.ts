/** What `client.send()` takes, checked and turned into what the store keeps. */
import { v7 as uuidv7 } from "uuid";
import { decode, encode } from "./codec/index.ts";
import type { CreatedEvent } from "./event-types.ts";
import { BackstitchError } from "./faults.ts";
import { checkKeys, checkName } from "./options.ts";
import type { StoredEvent } from "./store.ts";
import type { BackstitchEvent } from "./types.ts";

/** Largest event data in bytes of its stored text. */
const largestBytes = 3 * 1024 * 1024;
/** The last millisecond that fits in a run id. */
const latestTime = 2 ** 48 - 1;
const code = "BS2006";

/**
 * @param input one event as given to `client.send()`
 * @param now milliseconds since the epoch
 * @throws BackstitchError when the event is wrong, too large, or holds what cannot be stored
 */
export function toStoredEvent(input: unknown, app: string, now: number): StoredEvent {
  checkKeys(input, ["name", "data", "id", "ts", "validate"], "client.send()", code);
  const { name, data, id, ts } = input as { name?: unknown; data?: unknown; id?: unknown; ts?: unknown };
  checkName(name, "name", "an event", code);
  const where = `event "${name}"`;
  if (id !== undefined) checkName(id, "id", where, code);
  return {
    id: id ?? uuidv7(),
    app,
    name,
    data: encodeData(data === undefined ? {} : data, `the data of ${where}`),
    receivedAt: ts === undefined ? now : checkedTime(ts, where),
  };
}

/**
 * Holds an event that an event type made to its schema, while it is what `toStoredEvent` saw.
 *
 * @throws InvalidEventError when it does not fit
 */
export async function validateCreated(input: unknown): Promise<void> {
  const { validate } = input as Partial<CreatedEvent>;
  if (typeof validate === "function") await (input as CreatedEvent).validate();
}

function checkedTime(ts: unknown, where: string): number {
  if (typeof ts === "number" && Number.isInteger(ts) && ts >= 0 && ts <= latestTime) return ts;
  throw new BackstitchError(code, {
    where: `\`ts\` of ${where} is ${String(ts)}`,
    fix: "Give milliseconds since the epoch as a whole number, e.g. date.getTime().",
  });
}

/**
 * @param what names the data
 * @throws BackstitchError BS2007 when they are too large, BS2008 when they cannot be stored
 */
export function encodeData(data: unknown, what: string): string {
  const text = tryEncode(data, what);
  const bytes = Buffer.byteLength(text);
  if (bytes <= largestBytes) return text;
  throw new BackstitchError("BS2007", {
    where: `${what} take ${bytes} bytes, the limit is ${largestBytes} (3 MiB)`,
    fix: "Store the large part elsewhere and send where it is.",
  });
}

function tryEncode(data: unknown, what: string): string {
  try {
    return encode(data);
  } catch (error) {
    throw unstorableData(what, error);
  }
}

/** @param data names the data, `error` is what the codec threw, which begins with the path */
export function unstorableData(data: string, error: unknown): BackstitchError {
  return new BackstitchError("BS2008", {
    where: `${data} at ${error instanceof Error ? error.message : String(error)}`,
    fix: "Send plain values, or register the class with registerClass().",
    cause: error,
  });
}

/**
 * An event as handlers receive it.
 *
 * @throws DecodeError when it cannot be read, as when a class is not registered
 */
export function toEvent({ id, name, data, receivedAt }: StoredEvent): BackstitchEvent {
  return { id, name, data: decode(data), ts: receivedAt };
}

/** Undefined for what cannot be read. It blocks the run, which is for the driver to say. */
export function readable(event: StoredEvent): BackstitchEvent | undefined {
  try {
    return toEvent(event);
  } catch {
    return undefined;
  }
}
