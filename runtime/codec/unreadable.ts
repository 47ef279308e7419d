/** Texts that are no values and tell why. A store hands one on in place of a text that it cannot decrypt. */
import { BackstitchError, type FaultDetails } from "../faults.ts";
import { DecodeError } from "./errors.ts";

/** A text whose decoding fails with these words. Never stored. */
export function unreadableText({ where, fix }: Pick<FaultDetails, "where" | "fix">): string {
  return JSON.stringify(["unreadable", where, fix]);
}

/** Why an envelope that begins with a word is no value. */
export function refusalOf([word, where, fix]: readonly unknown[]): DecodeError {
  if (word === "unreadable" && typeof where === "string" && typeof fix === "string")
    return undecryptable({ where, fix });
  if (word !== "aes-256-gcm") return new DecodeError("The text does not begin with a format version");
  return undecryptable({
    where: "a text that is encrypted was read as it is stored",
    fix: "Give the store to encrypted() of backstitch/encryption, with the key that encrypted it.",
  });
}

function undecryptable(details: FaultDetails): DecodeError {
  const fault = new BackstitchError("BS2030", details);
  return new DecodeError(fault.message, { cause: fault });
}
