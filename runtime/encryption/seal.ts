/**
 * Sealed texts: AES-256-GCM with a random nonce of 96 bits.
 *
 * A sealed text is bound to its place (the row and the field), so that texts of two rows cannot be exchanged: the place is
 * authenticated with it. Each place has a key of its own, derived from the given one: a nonce that repeats, which is likely
 * after 2^32 texts under one key, would have to repeat in one place.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { NamedKey } from "./keys.ts";

/** Names and values in turn, outermost first, and the field: `["run", "0190…", "op", 3, "attempt", 0, "output"]`. */
export type Place = readonly (string | number)[];

const algorithm = "aes-256-gcm";
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
/** `["aes-256-gcm",1,"name of the key","nonce, ciphertext and tag in base64"]` */
const form = /^\["aes-256-gcm",(\d+),"([A-Za-z0-9_-]{8})","([A-Za-z0-9+/]+=*)"\]$/;
/** How the text was made bytes. UTF-8 has no place for a lone surrogate. */
const encodings = ["utf8", "utf16le"] as const;

/** Node 20 has this method; the types of ES2023 do not. */
type Utf16Text = string & { isWellFormed(): boolean };

export function isSealed(text: string): boolean {
  return text.startsWith(`["${algorithm}",`);
}

export function seal(text: string, place: Place, key: NamedKey): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, keyOf(place, key), nonce).setAAD(boundTo(place));
  const encoding = (text as Utf16Text).isWellFormed() ? 0 : 1;
  const sealed = [cipher.update(Uint8Array.of(encoding)), cipher.update(text, encodings[encoding]), cipher.final()];
  const bytes = Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]);
  return `["${algorithm}",${version},"${key.name}","${bytes.toString("base64")}"]`;
}

/** Stands for a text that is only compared: equal texts of one place have equal ones. */
export function hidden(text: string, place: Place, key: NamedKey): string {
  return createHmac("sha256", keyOf(place, key)).update(text).digest("base64url");
}

/** @throws Error saying why the text cannot be opened, without a full stop at its end */
export function open(text: string, place: Place, keys: readonly NamedKey[]): string {
  const [, writtenBy, name, data = ""] = form.exec(text) ?? [];
  if (writtenBy === undefined) throw new Error("is not a whole encrypted text");
  if (Number(writtenBy) !== version) {
    throw new Error(`was encrypted in form ${writtenBy}, and this version of backstitch knows form ${version}`);
  }
  const key = keys.find((each) => each.name === name);
  if (key === undefined) throw new Error(`was encrypted with the key "${name}", which encrypted() was not given`);
  try {
    return opened(Buffer.from(data, "base64"), place, key);
  } catch {
    throw new Error("was changed since it was encrypted, or belongs to another place");
  }
}

function opened(bytes: Buffer, place: Place, key: NamedKey): string {
  const nonce = bytes.subarray(0, nonceBytes);
  const decipher = createDecipheriv(algorithm, keyOf(place, key), nonce, { authTagLength: tagBytes })
    .setAAD(boundTo(place))
    .setAuthTag(bytes.subarray(-tagBytes));
  const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  return text.toString(encodings[text[0] === 0 ? 0 : 1], 1);
}

function keyOf(place: Place, { secret }: NamedKey): Buffer {
  return createHmac("sha256", secret).update(boundTo(place)).digest();
}

function boundTo(place: Place): Buffer {
  return Buffer.from(JSON.stringify([algorithm, version, ...place]));
}
