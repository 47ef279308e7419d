/** Checks of option objects, so that a slip of the pen is an error with a name and not a silent default. */
import { type Duration, durationMs } from "./duration.ts";
import { BackstitchError, type BackstitchErrorCode } from "./faults.ts";

/**
 * @param where names the call, e.g. `new Backstitch()`
 * @throws BackstitchError with `code` when `options` is no object or has a key that is not in `known`
 */
export function checkKeys(
  options: unknown,
  known: readonly string[],
  where: string,
  code: BackstitchErrorCode = "BS2013",
): void {
  const list = known.map((key) => `\`${key}\``).join(", ");
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new BackstitchError(code, { where: `${where} needs an object of options`, fix: `It may hold ${list}.` });
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new BackstitchError(code, {
    where: `${where} has no option \`${unknown}\``,
    fix: `Remove it. The options are ${list}.`,
  });
}

/** Of a call that was given a text alone, where it takes an object with it. The text may hold a password. */
export function asObject(where: string, name: string): BackstitchError {
  return new BackstitchError("BS2013", {
    where: `${where} was given a text`,
    fix: `Give an object: ${where.replace("()", `({ ${name}: "…" })`)}.`,
  });
}

/** @throws BackstitchError with `code` when `value` is not a text with something in it */
export function checkName(
  value: unknown,
  name: string,
  where: string,
  code: BackstitchErrorCode = "BS2013",
): asserts value is string {
  if (typeof value === "string" && value.trim() !== "") return;
  throw new BackstitchError(code, {
    where: `\`${name}\` of ${where} is ${value === undefined ? "missing" : "not a text with something in it"}`,
    fix: `Give \`${name}\` as a string, e.g. "send-invoice".`,
  });
}

/** A whole number from `least` to `most`. @throws BackstitchError with `code` when `value` is anything else */
export function checkInteger(
  value: number,
  name: string,
  range: { readonly least: number; readonly most: number },
  where: string,
  code: BackstitchErrorCode = "BS2013",
): void {
  if (Number.isInteger(value) && value >= range.least && value <= range.most) return;
  throw new BackstitchError(code, {
    where: `\`${name}\` of ${where} is ${String(value)}`,
    fix: `Give a whole number from ${range.least} to ${range.most}.`,
  });
}

export type Range = readonly [least: number, most: number];

/** What time limits may be: more than nothing. */
export const anyLength: Range = [1, Number.POSITIVE_INFINITY];

/**
 * Milliseconds of a length of time within a range of them.
 *
 * @throws BackstitchError BS2012 when it is none, with `code` when it is out of the range
 */
export function checkedLength(
  value: unknown,
  name: string,
  [least, most]: Range,
  where: string,
  code: BackstitchErrorCode = "BS2013",
): number {
  const ms = durationMs(value as Duration, `\`${name}\` of ${where}`);
  if (ms >= least && ms <= most) return ms;
  throw new BackstitchError(code, {
    where: `\`${name}\` of ${where} is ${typeof value === "object" ? `${ms} ms` : JSON.stringify(value)}`,
    fix:
      most === Number.POSITIVE_INFINITY
        ? `Give ${spoken(least)} or more.`
        : `Give from ${spoken(least)} to ${spoken(most)}.`,
  });
}

function spoken(ms: number): string {
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000} d`;
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`;
}
