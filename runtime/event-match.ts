/** The event that a run waits for, or that cancels it: named, and compared with the event that started the run. */
import type { Logger } from "./engine/contract.ts";
import { isEventType } from "./event-types.ts";
import { compileExpression, compileMatch, type Expression, type MatchScope } from "./expressions.ts";
import { BackstitchError } from "./faults.ts";
import { checkName } from "./options.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";

/** What is looked for. */
export interface EventMatch {
  /** Name of the event. */
  readonly event: string;
  readonly schema: StandardSchemaV1 | undefined;
  /** Over `event`, which started the run, and `async`, which may be the one; undefined when any of the name is. */
  readonly condition: Expression | undefined;
}

/**
 * @param given the fields `event` (a name or an event type), and `if` or `match`, as the author gave them
 * @param where names the call or the option, e.g. `step.waitForEvent("paid")`
 * @throws BackstitchError BS2006 when there is no event, BS2017 when the condition is wrong or there are two
 */
export function registerMatch(
  given: { readonly event?: unknown; readonly if?: unknown; readonly match?: unknown },
  where: string,
): EventMatch {
  const { event, if: condition, match } = given;
  const name = isEventType(event) ? event.name : event;
  checkName(name, "event", where, "BS2006");
  const schema = isEventType(event) ? event.schema : undefined;
  if (condition !== undefined && match !== undefined) {
    throw new BackstitchError("BS2017", { where: `${where} has both \`if\` and \`match\``, fix: "Give one of them." });
  }
  if (match !== undefined) return { event: name, schema, condition: compileMatch(match, `\`match\` of ${where}`) };
  const site = { field: `\`if\` of ${where}`, variables: ["event", "async"], gives: "condition" } as const;
  return { event: name, schema, condition: condition === undefined ? undefined : compileExpression(condition, site) };
}

/** Whether `async` is the event that is looked for. */
export function isMatch({ event, condition }: EventMatch, scope: MatchScope, logger: Logger): boolean {
  return event === scope.async.name && (condition === undefined || condition.holds(scope, logger) === true);
}
