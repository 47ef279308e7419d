/** What starts a function's runs: checked when the function is registered, asked when an event comes. */
import type { Logger } from "./engine/contract.ts";
import { cancelledEvent, failedEvent } from "./engine/ending.ts";
import { invokedEvent } from "./engine/message-tools.ts";
import { isEventType } from "./event-types.ts";
import { compileExpression, type Expression } from "./expressions.ts";
import { BackstitchError } from "./faults.ts";
import { scheduledEvent } from "./flow/crons.ts";
import { checkedSchedule, type Schedule } from "./flow/schedule.ts";
import { type Validated, validate } from "./invalid-event.ts";
import { checkKeys, checkName } from "./options.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";
import type { BackstitchEvent } from "./types.ts";

/** A trigger as the runtime knows it. */
export interface RegisteredTrigger {
  /** Name of the event, or the beginning of the names of a family and `*`. */
  readonly event: string;
  readonly schema?: StandardSchemaV1 | undefined;
  readonly if?: Expression | undefined;
  /** When it starts runs by the clock. */
  readonly schedule?: Schedule | undefined;
}

const code = "BS2003";
const ownEvents: readonly string[] = [failedEvent, cancelledEvent, invokedEvent, scheduledEvent];

/**
 * @param given one trigger or several, as given to `createFunction`
 * @param where names the function
 * @throws BackstitchError when one is wrong, or there is none, or two are the same
 */
export function registerTriggers(given: unknown, where: string): readonly RegisteredTrigger[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (given === undefined || list.length === 0) {
    throw new BackstitchError(code, {
      where: `${where} has no trigger`,
      fix: 'Give `triggers: [{ event: "app/name" }]` in its options, or `{ event: "app/name" }` as the second argument.',
    });
  }
  const triggers = list.map((trigger) => registerTrigger(trigger, where));
  const twice = triggers.find((trigger, index) => triggers.slice(0, index).some((other) => isSame(trigger, other)));
  if (twice === undefined) return triggers;
  const condition = twice.if === undefined ? "" : ` if ${JSON.stringify(twice.if.text)}`;
  throw new BackstitchError("BS2019", {
    where: `${where} is triggered by "${twice.schedule?.text ?? twice.event}"${condition} twice`,
    fix: "Remove one of them: an event starts one run of a function, however many of its triggers it fits.",
  });
}

function registerTrigger(given: unknown, where: string): RegisteredTrigger {
  if (isEventType(given)) return registerTrigger({ event: given }, where);
  if (typeof given === "object" && given !== null && "cron" in given) {
    return { event: scheduledEvent, schedule: checkedSchedule(given, where) };
  }
  checkKeys(given, ["event", "if"], `a trigger of ${where}`, code);
  const { event, if: condition } = given as { event?: unknown; if?: unknown };
  if (!isEventType(event)) checkName(event, "event", `a trigger of ${where}`, code);
  const name = isEventType(event) ? event.name : event;
  checkFamily(name, where);
  checkOwn(name, where);
  const field = `\`if\` of a trigger of ${where}`;
  return {
    event: name,
    schema: isEventType(event) ? event.schema : undefined,
    if:
      condition === undefined
        ? undefined
        : compileExpression(condition, { field, variables: ["event"], gives: "condition" }),
  };
}

function checkFamily(name: string, where: string): void {
  const star = name.indexOf("*");
  if (star < 0 || (star === name.length - 1 && /[/.]\*$/.test(name))) return;
  throw new BackstitchError(code, {
    where: `\`event\` of a trigger of ${where} is ${JSON.stringify(name)}`,
    fix: 'A `*` may stand at the end, after a slash or a dot, as in "order/*" or "order/item.*".',
  });
}

/** The runtime's own events begin so: a trigger for one that it does not send would never start a run. */
function checkOwn(name: string, where: string): void {
  if (!isOwn(name) || name.endsWith("*") || ownEvents.includes(name)) return;
  throw new BackstitchError(code, {
    where: `\`event\` of a trigger of ${where} is ${JSON.stringify(name)}, which nobody sends`,
    fix: `Name one of ${ownEvents.map((each) => JSON.stringify(each)).join(", ")}, or an event of yours.`,
  });
}

/** Whether the runtime itself sends events that are named so. */
export function isOwn(name: string): boolean {
  return name.startsWith("backstitch/");
}

/** Whether a trigger is for events of this name. */
export function isFor(trigger: RegisteredTrigger, name: string): boolean {
  return trigger.event.endsWith("*") ? name.startsWith(trigger.event.slice(0, -1)) : trigger.event === name;
}

function isSame(one: RegisteredTrigger, other: RegisteredTrigger): boolean {
  return (
    one.event === other.event &&
    one.schema === other.schema &&
    one.if?.given === other.if?.given &&
    one.schedule?.text === other.schedule?.text
  );
}

/**
 * Whether one of the triggers starts a run for the event. One that does not fit the schema starts a run, which fails and
 * so is seen; unless the trigger's `if` can tell without the schema that the event is for others.
 */
export async function isTriggered(
  triggers: readonly RegisteredTrigger[],
  event: BackstitchEvent,
  logger: Logger,
): Promise<boolean> {
  for (const trigger of triggers) {
    if (!isFor(trigger, event.name)) continue;
    if (trigger.if === undefined) return true;
    const validated = await validatedBy(trigger, event);
    if ("error" in validated) {
      if (trigger.if.holds({ event }, logger) !== false) return true;
    } else if (trigger.if.holds({ event: { ...event, data: validated.data } }, logger) === true) return true;
  }
  return false;
}

/**
 * What a run of these triggers is given of an event: what the schema made of the data, or why they do not fit it. Of
 * several schemas for the event, the first counts that it fits and whose `if` holds.
 *
 * @param event as it was sent; one that no trigger names (of a run that was started otherwise) is held to all schemas
 */
export async function receive(
  triggers: readonly RegisteredTrigger[],
  event: BackstitchEvent,
  logger: Logger,
): Promise<Validated> {
  const named = triggers.filter((trigger) => isFor(trigger, event.name));
  const candidates = named.length > 0 ? named : triggers.filter(({ schema }) => schema !== undefined);
  let fitting: Validated | undefined;
  let failing: Validated | undefined;
  for (const trigger of candidates) {
    const validated = await validatedBy(trigger, event);
    if ("error" in validated) failing ??= validated;
    else if (trigger.if?.holds({ event: { ...event, data: validated.data } }, logger) ?? true) return validated;
    else fitting ??= validated;
  }
  return fitting ?? failing ?? { data: event.data };
}

async function validatedBy({ schema }: RegisteredTrigger, { name, data }: BackstitchEvent): Promise<Validated> {
  return schema === undefined ? { data } : await validate(name, data, schema);
}
