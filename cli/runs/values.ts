/** Values, errors and times of runs and events as people and programs read them. */
import { inspect } from "node:util";
import { BackstitchError } from "../../runtime/index.ts";

/** Characters of a value that a line shows. */
const shortest = 120;

/** One line; the whole value with `full`. */
export function line(value: unknown, full = false): string {
  const text = inspect(value, {
    depth: full ? Number.POSITIVE_INFINITY : 4,
    breakLength: Number.POSITIVE_INFINITY,
    compact: true,
  });
  const flat = text.replaceAll(/\s*\n\s*/g, " ");
  return full || flat.length <= shortest ? flat : `${flat.slice(0, shortest - 1)}…`;
}

/** `TypeError: declined`, of anything that was thrown. Faults of the runtime say all in their messages. */
export function headline(error: unknown): string {
  if (!(error instanceof Error)) return line(error);
  if (error instanceof BackstitchError) return error.message;
  return error.message === "" ? error.name : `${error.name}: ${error.message}`;
}

/** The frames of a stack, with those of its causes. */
export function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    const frames = (at.stack ?? "").split("\n").filter((text) => /^\s+at /.test(text));
    const same = depth > 0 && frames.join() === lines.filter((text) => !text.startsWith("caused by")).join();
    if (same) continue;
    if (depth > 0) lines.push(`caused by ${headline(at)}`);
    lines.push(...frames);
  }
  return lines.map((text) => (text.startsWith("caused") ? text : text.trim()));
}

/** `2030-01-02 03:04:05Z` */
export function time(moment: number): string {
  return new Date(moment)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}

/** `3 h`, of milliseconds. */
export function length(milliseconds: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1_000],
  ] as const;
  const [name, size] = units.find(([, each]) => Math.abs(milliseconds) >= 2 * each) ?? ["ms", 1];
  return `${Math.round(milliseconds / size)} ${name}`;
}

/** What JSON has no form for becomes text or a list. */
function plain(value: unknown, seen: readonly object[] = []): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function" || typeof value === "symbol") return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (seen.includes(value)) return "[circular]";
  const inner = (each: unknown) => plain(each, [...seen, value]);
  if (value instanceof RegExp) return String(value);
  if ("toJSON" in value && typeof value.toJSON === "function") return value.toJSON() as unknown;
  if (value instanceof Map) return [...value].map(inner);
  if (value instanceof Set || Array.isArray(value)) return [...value].map(inner);
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  const entries = Object.entries(value).map(([key, each]) => [key, inner(each)]);
  if (!(value instanceof Error)) return Object.fromEntries(entries);
  const { name, message, stack, cause } = value;
  return { name, message, stack, ...Object.fromEntries(entries), ...(cause !== undefined && { cause: inner(cause) }) };
}

export function json(value: unknown): string {
  return `${JSON.stringify(plain(value), null, 2)}\n`;
}

/** A part of a page; nothing without lines. */
export function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${title}\n${lines.map((text) => `  ${text}\n`).join("")}`;
}

/** Rows whose cells stand below one another. The last cell of a row is as wide as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.slice(0, -1).entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
