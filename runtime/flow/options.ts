/** Checks the flow options of a function, and compiles their expressions. */
import { compileExpression, type Expression, type ExpressionSite } from "../expressions.ts";
import { BackstitchError, type BackstitchErrorCode } from "../faults.ts";
import { checkedLength, checkInteger, checkKeys, type Range } from "../options.ts";
import { checkedConcurrency } from "./concurrency.ts";
import type { Limit } from "./pools.ts";

/** So many runs in a period, of each value of a key. */
export interface Rate {
  readonly limit: number;
  readonly periodMs: number;
  readonly key: Expression | undefined;
}

/** The flow options of a function as the runtime knows them. */
export interface Flow {
  readonly concurrency: readonly Limit[];
  readonly throttle: (Rate & { readonly burst: number }) | undefined;
  readonly rateLimit: Rate | undefined;
  readonly debounce:
    | { readonly periodMs: number; readonly timeoutMs: number; readonly key: Expression | undefined }
    | undefined;
  readonly batch:
    | {
        readonly maxSize: number;
        readonly timeoutMs: number;
        readonly key: Expression | undefined;
        readonly if: Expression | undefined;
      }
    | undefined;
  readonly singleton: { readonly mode: "skip" | "cancel"; readonly key: Expression | undefined } | undefined;
  readonly idempotency: Rate | undefined;
  readonly priority: Expression | undefined;
}

export const flowKeys = [
  "concurrency",
  "throttle",
  "rateLimit",
  "debounce",
  "batchEvents",
  "singleton",
  "idempotency",
  "priority",
];

type Options = Readonly<Record<string, unknown>>;

const second = 1_000;
const day = 86_400 * second;

/**
 * @param options as given to `createFunction`
 * @param where names the function
 * @throws BackstitchError BS2040 and up when an option is wrong, BS2017 when an expression is
 * @returns undefined when there are none
 */
export function checkedFlow(options: Options, where: string): Flow | undefined {
  if (!flowKeys.some((key) => options[key] !== undefined)) return undefined;
  checkTogether(options, where);
  return {
    concurrency: checkedConcurrency(options["concurrency"], where),
    throttle: throttleOf(options["throttle"], `\`throttle\` of ${where}`),
    rateLimit: rateLimitOf(options["rateLimit"], `\`rateLimit\` of ${where}`),
    debounce: debounceOf(options["debounce"], `\`debounce\` of ${where}`),
    batch: batchOf(options["batchEvents"], `\`batchEvents\` of ${where}`),
    singleton: singletonOf(options["singleton"], `\`singleton\` of ${where}`),
    idempotency: idempotencyOf(options["idempotency"], `\`idempotency\` of ${where}`),
    priority: priorityOf(options["priority"], `\`priority\` of ${where}`),
  };
}

/** A batch has many events, of which these ask for one. */
function checkTogether(options: Options, where: string): void {
  if (options["batchEvents"] === undefined) return;
  const other = ["debounce", "singleton", "priority", "cancelOn"].find((name) => options[name] !== undefined);
  if (other === undefined) return;
  throw new BackstitchError("BS2048", {
    where: `${where} has \`batchEvents\` and \`${other}\``,
    fix: "Remove one of them: a batch has no single event to look at.",
  });
}

function throttleOf(given: unknown, where: string): Flow["throttle"] {
  if (given === undefined) return undefined;
  const options = fieldsOf(given, ["limit", "period", "burst", "key"], where, "BS2042");
  const limit = count(options, "limit", [1, 10_000], where, "BS2042");
  const burst = options["burst"] === undefined ? 1 : count(options, "burst", [1, 10_000], where, "BS2042");
  return {
    limit,
    burst,
    periodMs: length(options, "period", [second, 7 * day], where, "BS2042"),
    key: key(options, where),
  };
}

function rateLimitOf(given: unknown, where: string): Flow["rateLimit"] {
  if (given === undefined) return undefined;
  const options = fieldsOf(given, ["limit", "period", "key"], where, "BS2043");
  const limit = count(options, "limit", [1, 10_000], where, "BS2043");
  return { limit, periodMs: length(options, "period", [second, day], where, "BS2043"), key: key(options, where) };
}

function debounceOf(given: unknown, where: string): Flow["debounce"] {
  if (given === undefined) return undefined;
  const options = fieldsOf(given, ["period", "timeout", "key"], where, "BS2044");
  const periodMs = length(options, "period", [second, 7 * day], where, "BS2044");
  const isLimited = options["timeout"] !== undefined;
  const timeoutMs = isLimited ? length(options, "timeout", [periodMs, 365 * day], where, "BS2044") : Infinity;
  return { periodMs, timeoutMs, key: key(options, where) };
}

function batchOf(given: unknown, where: string): Flow["batch"] {
  if (given === undefined) return undefined;
  const options = fieldsOf(given, ["maxSize", "timeout", "key", "if"], where, "BS2045");
  return {
    maxSize: count(options, "maxSize", [2, 100], where, "BS2045"),
    timeoutMs: length(options, "timeout", [second, 600 * second], where, "BS2045"),
    key: key(options, where),
    if: optional(options["if"], `\`if\` of ${where}`, "condition"),
  };
}

function singletonOf(given: unknown, where: string): Flow["singleton"] {
  if (given === undefined) return undefined;
  const options = fieldsOf(given, ["mode", "key"], where, "BS2047");
  const { mode } = options;
  if (mode === "skip" || mode === "cancel") return { mode, key: key(options, where) };
  throw new BackstitchError("BS2047", {
    where: `\`mode\` of ${where} is ${JSON.stringify(mode)}`,
    fix: 'Give "skip" or "cancel".',
  });
}

function idempotencyOf(given: unknown, where: string): Flow["idempotency"] {
  const expression = optional(given, where, "key");
  return expression && { limit: 1, periodMs: day, key: expression };
}

function priorityOf(given: unknown, where: string): Flow["priority"] {
  if (given === undefined) return undefined;
  return optional(fieldsOf(given, ["run"], where, "BS2046")["run"], `\`run\` of ${where}`, "number");
}

function fieldsOf(given: unknown, known: readonly string[], where: string, code: BackstitchErrorCode): Options {
  checkKeys(given, known, where, code);
  return given as Options;
}

function count(options: Options, name: string, [least, most]: Range, where: string, code: BackstitchErrorCode): number {
  const value = options[name] as number;
  checkInteger(value, name, { least, most }, where, code);
  return value;
}

function length(options: Options, name: string, range: Range, where: string, code: BackstitchErrorCode): number {
  return checkedLength(options[name], name, range, where, code);
}

function key(options: Options, where: string): Expression | undefined {
  return optional(options["key"], `\`key\` of ${where}`, "key");
}

function optional(given: unknown, field: string, gives: ExpressionSite["gives"]): Expression | undefined {
  return given === undefined ? undefined : compileExpression(given, { field, variables: ["event"], gives });
}
