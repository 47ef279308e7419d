/** Events that cancel runs: the option `cancelOn` of a function, as waits of each of its runs. */
import { encode } from "./codec/index.ts";
import type { Duration } from "./duration.ts";
import { fieldAt } from "./engine/field-at.ts";
import { type EventMatch, registerMatch } from "./event-match.ts";
import type { Expression, ExpressionOf, MatchScope } from "./expressions.ts";
import { BackstitchError } from "./faults.ts";
import { filterText } from "./held-waits.ts";
import { anyLength, checkedLength, checkKeys } from "./options.ts";
import type { NewWait } from "./store.ts";
import type { BackstitchEvent, EventReference, UntypedEvents } from "./types.ts";

/** An event that cancels the runs of a function. */
export interface CancelOn {
  /** Its name, or its event type. */
  readonly event: EventReference<UntypedEvents>;
  /** Condition: `event` is the event of the run, `async` the one that came. */
  readonly if?: ExpressionOf<MatchScope, unknown> | undefined;
  /** Path of a value, e.g. `data.orderId`, that must be the same in both events. */
  readonly match?: string | undefined;
  /** How long after the run's creation it counts. Default: as long as the run lasts. */
  readonly timeout?: Duration | undefined;
}

export interface RegisteredCancel extends EventMatch {
  readonly path: string | undefined;
  readonly timeoutMs: number | undefined;
}

/** @throws BackstitchError BS2003 when it is no list, BS2006, BS2012, BS2017 when one of them is wrong */
export function registerCancelOn(given: unknown, where: string): readonly RegisteredCancel[] | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) {
    throw new BackstitchError("BS2003", {
      where: `\`cancelOn\` of ${where} is no list`,
      fix: 'Give a list such as [{ event: "order/cancelled", match: "data.orderId" }].',
    });
  }
  return given.map((one: unknown, index) => {
    const place = `\`cancelOn[${index}]\` of ${where}`;
    checkKeys(one, ["event", "if", "match", "timeout"], place, "BS2003");
    const { match, timeout } = one as { match?: string; timeout?: Duration };
    return {
      ...registerMatch(one as CancelOn, place),
      path: match,
      timeoutMs: timeout === undefined ? undefined : checkedLength(timeout, "timeout", anyLength, place, "BS2003"),
    };
  });
}

/**
 * The waits of a run that an event starts. What the event lacks no other event can have, so that such a wait is left out.
 *
 * @param event undefined when it cannot be read
 */
export function cancelWaits(
  functionId: string,
  cancelOn: readonly RegisteredCancel[],
  event: BackstitchEvent | undefined,
  now: number,
): NewWait[] {
  return cancelOn.flatMap(({ event: name, schema, condition, path, timeoutMs }, index): NewWait[] => {
    const value = path === undefined ? undefined : event && fieldAt(event, path);
    if (path !== undefined && value === undefined) return [];
    const filter = filterText(name, schema, path === undefined ? textOf(condition, functionId, index) : undefined);
    return [
      {
        ...{ op: 0, kind: "cancel", name },
        ...(timeoutMs !== undefined && { until: now + timeoutMs }),
        ...(path !== undefined && { match: { path, value: encode(value) } }),
        ...(filter !== undefined && { filter }),
      },
    ];
  });
}

function textOf(condition: Expression | undefined, functionId: string, index: number): string | undefined {
  const given = condition?.given;
  return given === undefined || typeof given === "string" ? given : referenceTo(functionId, index);
}

/** A condition that is a function is found where it is registered. No text in CEL begins so. */
function referenceTo(functionId: string, index: number): string {
  return `@cancelOn ${index} ${functionId}`;
}

export function referred(filter: string): { readonly functionId: string; readonly index: number } | undefined {
  const [, index, functionId] = /^@cancelOn (\d+) (.*)$/s.exec(filter) ?? [];
  return functionId === undefined ? undefined : { functionId, index: Number(index) };
}
