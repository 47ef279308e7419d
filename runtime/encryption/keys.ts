/** The keys of an encrypted store: read from what the author gives, and named so that a text tells which one opens it. */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { BackstitchError } from "../errors.ts";

/** 32 random bytes, or their text in hex, base64 or base64url. */
export type EncryptionKey = Uint8Array | string;

/** A key, and its name in the texts that it sealed. */
export interface NamedKey {
  readonly name: string;
  readonly secret: KeyObject;
}

const keyBytes = 32;
const hex = /^[0-9a-f]{64}$/i;
const base64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** @throws BackstitchError BS2013 when there is no key, or one that is not 32 bytes. Never shows a key. */
export function readKeys(given: unknown): readonly [NamedKey, ...NamedKey[]] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const [first, ...others] = list.map(readKey);
  if (first) return [first, ...others];
  throw wrongKey("`keys` of encrypted() is an empty list");
}

function readKey(given: unknown): NamedKey {
  const bytes = bytesOf(given);
  if (bytes?.length !== keyBytes) throw wrongKey(`a key of encrypted() ${problemOf(given, bytes)}`);
  const secret = createSecretKey(bytes);
  return { name: nameOf(secret), secret };
}

function bytesOf(given: unknown): Uint8Array | undefined {
  if (given instanceof Uint8Array) return given;
  if (typeof given !== "string") return undefined;
  const text = given.trim();
  if (hex.test(text)) return Buffer.from(text, "hex");
  // Node reads base64url under this name too.
  return base64.test(text) ? Buffer.from(text, "base64") : undefined;
}

function problemOf(given: unknown, bytes: Uint8Array | undefined): string {
  if (bytes) return `has ${bytes.length} bytes`;
  if (typeof given === "string") return `is a text of ${given.length} characters that is not 32 bytes in hex or base64`;
  return given === undefined ? "is missing" : `is of type ${given === null ? "null" : typeof given}`;
}

function wrongKey(where: string): BackstitchError {
  return new BackstitchError("BS2013", {
    where,
    fix: "Give 32 random bytes, or their text: `openssl rand -base64 32` makes one.",
  });
}

/** Tells nothing of the key: whoever knows the name cannot find it. */
function nameOf(secret: KeyObject): string {
  return createHmac("sha256", secret).update("backstitch: name of the key").digest("base64url").slice(0, 8);
}
