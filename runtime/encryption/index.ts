/** Encryption at rest: everything of the user's that a store keeps is encrypted with keys that the store never sees. */
import { checkKeys } from "../options.ts";
import type { Store } from "../store.ts";
import { encryptedStore } from "./encrypted-store.ts";
import { type EncryptionKey, readKeys } from "./keys.ts";

export type { EncryptionKey } from "./keys.ts";

/** Options of `encrypted()`. */
export interface EncryptionOptions {
  /**
   * One key or several: the first encrypts, all decrypt. To change the key, put the new one in front of the old one in
   * every process, and remove the old one when no run that it encrypted is kept any more.
   */
  readonly keys: EncryptionKey | readonly EncryptionKey[];
  /**
   * Refuses texts that are not encrypted. Default false, so that what was stored before is still read. Set it when nothing
   * of that is left: otherwise whoever can write to the database can put plain texts there.
   */
  readonly requireEncrypted?: boolean | undefined;
}

/**
 * Encrypts, before it reaches the store, all that holds data of the user's: event data, frames, inputs, outputs and errors
 * of steps and runs (AES-256-GCM; each text is bound to its row and field). Ids and names stay readable: of apps,
 * functions, runs, steps, labels and events, and so do times and the length of what is encrypted.
 *
 * A text that cannot be decrypted, because a key is missing or somebody changed it, blocks its run and no other.
 *
 * @throws BackstitchError BS2013 when a key is not 32 bytes, or an option is wrong
 * @example
 * import { encrypted } from "backstitch/encryption";
 *
 * const store = encrypted(sqlite({ path: "runs.db" }), { keys: process.env.RUNS_KEY ?? "" });
 * const client = new Backstitch({ id: "shop", store });
 */
export function encrypted(store: Store, options: EncryptionOptions): Store {
  checkKeys(options, ["keys", "requireEncrypted"], "encrypted()");
  return encryptedStore(store, readKeys(options.keys), options.requireEncrypted ?? false);
}
