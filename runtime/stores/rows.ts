/** Rows as the SQL stores select them, and what they are made into. What is null is left out. */
import type {
  EventView,
  JoinedRun,
  NewWait,
  Origin,
  RunStatus,
  RunView,
  StepRecord,
  StoredEvent,
  StoredStep,
  StoredWait,
  Stray,
} from "../store.ts";

/** The columns of the table of events that is called `e`, as `toEvent` takes them. */
export const eventColumns = `e.id AS "eventId", e.app AS "eventApp", e.name, e.data, e.received_at AS "receivedAt",
  e.target, e.parent_run AS "parentRun", e.parent_op AS "parentOp"`;

export interface EventRow {
  readonly eventId: string;
  readonly eventApp: string;
  readonly name: string;
  readonly data: string;
  readonly receivedAt: number;
  readonly target: string | null;
  readonly parentRun: string | null;
  readonly parentOp: number | null;
}

export function toEvent(row: EventRow): StoredEvent {
  const { eventId, eventApp, name, data, receivedAt, target, parentRun, parentOp } = row;
  return {
    id: eventId,
    app: eventApp,
    name,
    data,
    receivedAt,
    ...(target !== null && { target }),
    ...(parentRun !== null && { parent: { run: parentRun, op: parentOp ?? 0 } }),
  };
}

/** What is kept of an event besides its runs: `spent` is one that waits or limits took, so that no run has it. */
export type KeptFate = Stray["fate"] | "spent";

/** @param takers how many runs the event starts or joins */
export function fateOf(stray: Stray | undefined, takers: number): KeptFate | null {
  return stray?.fate ?? (takers === 0 ? "spent" : null);
}

/** An event with what became of it: `isQueued` is a number where the database has no booleans. */
export type EventViewRow = EventRow & {
  readonly isQueued: number | boolean;
  readonly fate: KeptFate | null;
  readonly problem: string | null;
};

export function toEventView(row: EventViewRow): EventView {
  const known = row.fate === "spent" ? "taken" : row.fate;
  const fate = known ?? (row.isQueued ? "queued" : "taken");
  return { ...toEvent(row), fate, ...(row.problem !== null && { problem: row.problem }) };
}

/** The columns of the table of runs that is called `r`, as `withOrigin` takes them. */
export const originColumns = `r.origin_run AS "originRun", r.origin_op AS "originOp", r.plan`;

export interface OriginRow {
  readonly originRun: string | null;
  readonly originOp: number | null;
  readonly plan: string | null;
}

/** The record of a run with what its row says of an origin. */
export function withOrigin<Item extends object>(
  item: Item,
  { originRun, originOp, plan }: OriginRow,
): Item & { readonly origin?: Origin } {
  if (originRun === null) return item;
  return {
    ...item,
    origin: { run: originRun, ...(originOp !== null && { op: originOp }), ...(plan !== null && { plan }) },
  };
}

/**
 * The columns of a run and its event, of the tables called `r` and `e`, as `toView` takes them.
 *
 * @param removedSteps the name of the table that says up to where step records were removed
 */
export const viewColumns = (
  removedSteps: string,
) => `r.id, r.app, r.function_id AS "functionId", r.status, r.label, r.wake_at AS "wakeAt", r.output,
  r.error, r.created_at AS "createdAt", r.updated_at AS "updatedAt", r.ended_at AS "endedAt",
  r.parent_run AS "ownerRun", r.parent_op AS "ownerOp",
  (SELECT p.op FROM ${removedSteps} AS p WHERE p.run = r.n) AS "stepsRemoved", ${originColumns}, ${eventColumns}`;

export type ViewRow = Omit<RunView, "event" | "parent" | "origin" | "stepsRemoved"> &
  EventRow &
  OriginRow & {
    readonly ownerRun: string | null;
    readonly ownerOp: number | null;
    readonly stepsRemoved: number | null;
  };

export function toView(row: ViewRow): RunView {
  const { id, app, functionId, status, label, wakeAt, output, error, createdAt, updatedAt, endedAt } = row;
  const { ownerRun, ownerOp, stepsRemoved } = row;
  const event = toEvent(row);
  const view = { id, app, functionId, status, label, event, wakeAt, output, error, createdAt, updatedAt, endedAt };
  const parent = ownerRun === null ? {} : { parent: { run: ownerRun, op: ownerOp ?? 0 } };
  return withOrigin({ ...view, ...parent, ...(stepsRemoved !== null && { stepsRemoved }) }, row);
}

/** The columns of a record, as they come: `rollback` is a number where the database has no booleans. */
export type StepRow = {
  [K in keyof Omit<StoredStep, "rollback">]-?: undefined extends StoredStep[K] ? string | null : StoredStep[K];
} & { readonly rollback: number | boolean };

export function toStep<Row extends Omit<StepRow, "index">>({
  input,
  output,
  error,
  rollback,
  ...step
}: Row): Omit<Row, "input" | "output" | "error" | "rollback"> & StepRecord {
  return {
    ...step,
    ...(input !== null && { input }),
    ...(output !== null && { output }),
    ...(error !== null && { error }),
    ...(rollback && { rollback: true }),
  };
}

type Nullable<Item, Key extends keyof Item> = Omit<Item, Key> & { readonly [K in Key]-?: NonNullable<Item[K]> | null };

/** A wait as others find it. */
export type WaitRow = Nullable<StoredWait, "until" | "filter">;

export function toWait({ until, filter, ...wait }: WaitRow): StoredWait {
  return { ...wait, ...(until !== null && { until }), ...(filter !== null && { filter }) };
}

/** A wait as the run began it; `path` is empty when it has no `match`. */
export type OwnWaitRow = Nullable<Omit<NewWait, "match" | "onConflict">, "until" | "filter"> & {
  readonly path: string;
  readonly value: string;
};

export function toOwnWait({ path, value, until, filter, ...wait }: OwnWaitRow): NewWait {
  return {
    ...wait,
    ...(path !== "" && { match: { path, value } }),
    ...(until !== null && { until }),
    ...(filter !== null && { filter }),
  };
}

/** Of runs that have not ended. */
const going: readonly string[] = ["running", "blocked", "moving"] satisfies RunStatus[];

/** The run that a state names, if there still is one. */
export interface NamedRunRow {
  readonly epoch: number | null;
  readonly status: string | null;
}

export function toJoinedRun(id: string, { epoch, status }: NamedRunRow): JoinedRun {
  const isOver = status === null || !going.includes(status);
  return { id, is: isOver ? "over" : epoch === 0 && status === "running" ? "waiting" : "begun" };
}
