/** Tools that wait for what comes from outside: an event, a signal. */
import { encode } from "../codec/index.ts";
import { type Duration, durationMs } from "../duration.ts";
import { isEventType } from "../event-types.ts";
import { compileExpression } from "../expressions.ts";
import { filterText } from "../held-waits.ts";
import { checkKeys, checkName } from "../options.ts";
import type { NewWait } from "../store.ts";
import type { Activation } from "./activation.ts";
import { fieldAt } from "./field-at.ts";
import type { Handle } from "./handle.ts";
import { describe, makeOp, nameOf } from "./make-op.ts";

interface WaitOptions {
  readonly timeout?: Duration;
}

interface EventOptions extends WaitOptions {
  readonly event?: unknown;
  readonly match?: unknown;
  readonly if?: unknown;
}

interface SignalOptions extends WaitOptions {
  readonly signal?: unknown;
  readonly onConflict?: unknown;
}

export function waitForEvent(activation: Activation, id: unknown, options: unknown): Handle {
  const where = describe("step.waitForEvent", nameOf(id));
  return makeOp(activation, "step.waitForEvent", id, (op) => {
    checkKeys(options, ["event", "timeout", "match", "if"], where);
    const given = options as EventOptions;
    const name = eventName(given.event);
    checkName(name, "event", where);
    const until = overAt(activation, given, where);
    const { filter: text, match } = condition(activation, given, where);
    const filter = filterText(name, isEventType(given.event) ? given.event.schema : undefined, text);
    const wait: NewWait = { op, kind: "event", name, until, ...(match && { match }), ...(filter && { filter }) };
    return { kind: "event", input: [name], dueAt: until, announcement: { wait } };
  });
}

export function waitForSignal(activation: Activation, id: unknown, options: unknown): Handle {
  const where = describe("step.waitForSignal", nameOf(id));
  return makeOp(activation, "step.waitForSignal", id, (op) => {
    checkKeys(options, ["signal", "timeout", "onConflict"], where);
    const given = options as SignalOptions;
    const { signal: name, onConflict = "fail" } = given;
    checkName(name, "signal", where);
    if (onConflict !== "fail" && onConflict !== "replace") {
      throw new TypeError(`\`onConflict\` is ${String(onConflict)}, and must be "fail" or "replace"`);
    }
    const until = overAt(activation, given, where);
    const wait: NewWait = { op, kind: "signal", name, until, onConflict };
    return { kind: "signal", input: [name], dueAt: until, announcement: { wait } };
  });
}

/** An event is named by a text, or by what `eventType()` gives. */
function eventName(event: unknown): unknown {
  return typeof event === "object" && event !== null && "name" in event ? event.name : event;
}

function overAt(activation: Activation, { timeout }: WaitOptions, where: string): number {
  if (timeout === undefined) throw new TypeError("`timeout` is missing: how long to wait at most");
  return activation.owner.now() + durationMs(timeout, `\`timeout\` of ${where}`);
}

/** `match` is a path whose value in the run's own event the other event must have, too. */
function condition(
  { owner }: Activation,
  { match: path, if: filter }: EventOptions,
  where: string,
): Pick<NewWait, "match" | "filter"> {
  if (path !== undefined && filter !== undefined) throw new TypeError("give `match` or `if`, not both");
  if (filter !== undefined) {
    checkName(filter, "if", where);
    compileExpression(filter, { field: `\`if\` of ${where}`, variables: ["event", "async"], gives: "condition" });
    return { filter };
  }
  if (path === undefined) return {};
  checkName(path, "match", where);
  const value = fieldAt(owner.events()[0], path);
  if (value === undefined) throw new TypeError(`\`match\` is ${path}, and the event of this run has nothing there`);
  return { match: { path, value: encode(value) } };
}
