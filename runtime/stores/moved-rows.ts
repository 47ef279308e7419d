/** Rows of what moves, as the SQL stores select them, and what is refused. The same for both. */
import type { Move, MovedEvent, MovedRun, MovedState, RunStatus, Settlement } from "../store.ts";
import { type EventRow, type KeptFate, type OriginRow, originColumns, toEvent, withOrigin } from "./rows.ts";
import { StoreError } from "./store-error.ts";

/** An event with what became of it, and its number. */
export type MovedEventRow = EventRow & {
  readonly n: number;
  readonly fate: KeptFate | null;
  readonly problem: string | null;
  /** A number where the database has no booleans. */
  readonly isQueued: number | boolean;
};

export function toMovedEvent({ fate, problem, isQueued, ...row }: MovedEventRow): MovedEvent {
  const known = fate === null || fate === "spent" ? "taken" : fate;
  return { ...toEvent(row), fate: isQueued ? "queued" : known, ...(problem !== null && { problem }) };
}

/**
 * The columns of the table of runs called `r`, and of what it is `moving` from, called `m`, as `toMovedRun` takes them.
 *
 * @param schema what stands in front of the names of tables
 */
export const movedColumns = (
  schema: string,
) => `r.n, r.id, r.function_id AS "functionId", r.event_id AS "eventId", coalesce(m.status, r.status) AS status, r.epoch, r.seq,
  r.lost_claims AS "lostClaims", r.label, r.wake_at AS "wakeAt", r.frame, r.has_pieces AS "hasPieces", r.output, r.error,
  r.created_at AS "createdAt", r.updated_at AS "updatedAt", r.ended_at AS "endedAt", r.mailed,
  r.parent_run AS "parentRun", r.parent_op AS "parentOp", ${originColumns},
  (SELECT p.op FROM ${schema}removed_steps AS p WHERE p.run = r.n) AS "stepsRemoved",
  (SELECT count(*) FROM ${schema}steps AS s WHERE s.run = r.n) AS records`;

type Row = Pick<
  MovedRun,
  | "id"
  | "functionId"
  | "eventId"
  | "epoch"
  | "seq"
  | "lostClaims"
  | "label"
  | "wakeAt"
  | "frame"
  | "output"
  | "error"
  | "createdAt"
  | "updatedAt"
  | "endedAt"
  | "mailed"
  | "records"
>;

export type MovedRunRow = Row &
  OriginRow & {
    readonly n: number;
    readonly status: RunStatus;
    readonly hasPieces: number | boolean;
    readonly parentRun: string | null;
    readonly parentOp: number | null;
    readonly stepsRemoved: number | null;
  };

/** What hangs on a run. */
export type MovedParts = Pick<MovedRun, "joined" | "pieces" | "mail" | "waits" | "transactions">;

export function toMovedRun(row: MovedRunRow, parts: MovedParts): MovedRun {
  const { n: _, hasPieces: _has, parentRun, parentOp, originRun, originOp, plan, stepsRemoved, status, ...run } = row;
  return withOrigin(
    {
      ...run,
      status: status as MovedRun["status"],
      ...parts,
      ...(parentRun !== null && { parent: { run: parentRun, op: parentOp ?? 0 } }),
      ...(stepsRemoved !== null && { stepsRemoved }),
    },
    { originRun, originOp, plan },
  );
}

export type MovedStateRow = Pick<MovedState, "functionId" | "kind" | "key" | "value"> & {
  readonly n: number;
  readonly expiresAt: number | null;
  readonly run: string | null;
};

export function toMovedState({ n: _, expiresAt, run, ...state }: MovedStateRow): MovedState {
  return { ...state, ...(expiresAt !== null && { expiresAt }), ...(run !== null && { run }) };
}

/** A run as it is while it moves; one that has ended is not held up. */
export function statusOnArrival({ status, endedAt }: MovedRun): RunStatus {
  return endedAt === null ? "moving" : status;
}

/** Of a move away, once nobody holds a run it is `frozen`. */
export function maySettle(state: "begun" | "frozen" | "over", how: Settlement): boolean {
  return how === "undo" || state === (how === "confirm" ? "frozen" : "begun");
}

/** PostgreSQL keeps a digest of a key that is longer than its index takes; other stores would not find it by the key. */
export function isShortened({ key }: Pick<MovedState, "key">): boolean {
  return /^.{100}…[0-9a-f]{64}$/su.test(key);
}

export function isShort({ functionId, kind }: MovedState, location: string): StoreError {
  return new StoreError(
    `a key of \`${kind}\` of function "${functionId}" has more than 300 characters, of which PostgreSQL keeps a digest. Move to PostgreSQL, or wait until the key is over`,
    { location, operation: "arrive" },
  );
}

type Where = { readonly location: string; readonly operation: string };

/** Stands for the engine that executes the runs of an app of which a store has a projection. */
export const projectionMove = (app: string) => `projection of ${app}`;

export function isAway(app: string, move: string, where: Where): StoreError {
  if (move === projectionMove(app)) return isProjected(app, where);
  return new StoreError(
    `the runs of app "${app}" leave for another store by move ${move}, or have left. Let its clients and workers use that store; \`backstitch runs export --undo\` keeps the runs here if nothing has imported them`,
    where,
  );
}

export function isProjected(app: string, where: Where): StoreError {
  return new StoreError(
    `what is kept here of app "${app}" is a projection of runs that an engine executes. Let clients and workers use that engine`,
    where,
  );
}

export function isLeaving(app: string, move: string, location: string): StoreError {
  return new StoreError(
    `app "${app}" leaves this store by move ${move}. Confirm that move or undo it before anything comes in`,
    { location, operation: "arrive" },
  );
}

export function isArriving(app: string, move: string, where: Where): StoreError {
  return new StoreError(
    `move ${move} of app "${app}" into this store is not over. Import it to its end first, or remove what has come with \`backstitch runs import --drop\``,
    where,
  );
}

export function isSettled({ id, app }: Move, location: string): StoreError {
  return new StoreError(
    `move ${id} of app "${app}" was confirmed or undone while it was read. Do not import what was written of it`,
    { location, operation: "export" },
  );
}

export function isNotWhole({ id, app }: Move, location: string): StoreError {
  return new StoreError(
    `runs of move ${id} of app "${app}" are missing: it was dropped while it came. Import it once more, from its beginning`,
    { location, operation: "release" },
  );
}

export function lacksEvents({ id, eventId }: MovedRun, location: string): StoreError {
  return new StoreError(
    `event ${eventId} of run ${id}, or one that joined it, is not in this store: it was removed while the move came. Import it once more, from its beginning`,
    { location, operation: "arrive" },
  );
}

export function hasRunsOfItsOwn(app: string, location: string): StoreError {
  return new StoreError(
    `this store has runs or events of app "${app}" that no engine executes, and they would not go on. Give the projection a store or schema of its own`,
    { location, operation: "put" },
  );
}

export function isThere({ id }: MovedRun, location: string): StoreError {
  return new StoreError(
    `run ${id} is in this store, and has not come by this move. It would go on twice: import into the store that lacks it, or confirm the move by which it left this one`,
    { location, operation: "arrive" },
  );
}

/** @param other what the event has started here */
export function isDoubled({ id, eventId }: MovedRun, other: string, location: string): StoreError {
  return new StoreError(
    `event ${eventId} has started run ${id} in the store that is left, and ${other} in this one: it was sent to both. Undo the move, cancel the run in the store where it would go on, and export again`,
    { location, operation: "arrive" },
  );
}

export function holdsNoTransactions({ id }: MovedRun, location: string): StoreError {
  return new StoreError(
    `run ${id} has written in a transaction of a step that it has not recorded, which only a PostgreSQL store can keep. Let the step end before you move`,
    { location, operation: "arrive" },
  );
}
