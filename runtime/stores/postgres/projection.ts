/** Runs that an engine executes, among those of this schema: nobody claims them, because their app is away. */
import type { ProjectedRun } from "../../store.ts";
import { hasRunsOfItsOwn, projectionMove } from "../moved-rows.ts";
import { columns, indexable, type Session } from "./database.ts";

/** Whether there is something of the app that was not put. */
const hasOwn = `
  SELECT NOT EXISTS (SELECT FROM backstitch.moves WHERE id = $2 AND way = 'out')
    AND (EXISTS (SELECT FROM backstitch.runs WHERE app = $1) OR EXISTS (SELECT FROM backstitch.events WHERE app = $1)) AS has`;

/** Within a transaction. */
export async function putProjected(
  session: Session,
  location: string,
  app: string,
  runs: readonly ProjectedRun[],
  asOf: number | undefined,
): Promise<void> {
  const own = await session.all<{ has: boolean }>(hasOwn, app, projectionMove(app));
  if (own[0]?.has) throw hasRunsOfItsOwn(app, location);
  await session.run(
    `INSERT INTO backstitch.moves AS m (id, app, way, state, begun_at) VALUES ($1, $2, 'out', 'over', $3)
     ON CONFLICT (id, way) DO UPDATE SET begun_at = greatest(m.begun_at, excluded.begun_at)`,
    projectionMove(app),
    app,
    asOf ?? 0,
  );
  // In one order, so that no two transactions wait for each other.
  const sorted = [...runs].sort((a, b) => (a.id < b.id ? -1 : 1));
  const events = sorted
    .map(({ event: { parent, ...event } }) => ({
      ...event,
      nameKey: indexable(event.name),
      parentRun: parent?.run,
      parentOp: parent?.op,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  await session.run(
    `INSERT INTO backstitch.events (app, id, name, name_key, data, received_at, target, parent_run, parent_op)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::bigint[])
     ON CONFLICT (app, id) DO NOTHING`,
    app,
    ...columns(events, "id", "name", "nameKey", "data", "receivedAt", "target", "parentRun", "parentOp"),
  );
  await session.run(
    putRuns,
    app,
    ...columns(
      sorted.map(toRow),
      "id",
      "functionId",
      "eventId",
      "status",
      "revision",
      "wakeAt",
      "createdAt",
      "updatedAt",
    ),
    ...columns(sorted.map(toRow), "endedAt", "parentRun", "parentOp", "originRun", "originOp", "label", "plan"),
    ...columns(sorted.map(toRow), "output", "error"),
  );
}

function toRow({ event, parent, origin, ...run }: ProjectedRun) {
  return {
    ...run,
    ...{ eventId: event.id, parentRun: parent?.run, parentOp: parent?.op },
    ...{ originRun: origin?.run, originOp: origin?.op, plan: origin?.plan },
  };
}

const putRuns = `
  INSERT INTO backstitch.runs AS r (app, epoch, id, function_id, event_id, status, seq, wake_at, created_at, updated_at,
    ended_at, parent_run, parent_op, origin_run, origin_op, label, plan, output, error)
  SELECT $1, 1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::bigint[], $11::text[], $12::bigint[], $13::text[], $14::bigint[], $15::text[], $16::text[], $17::text[],
    $18::text[])
  ON CONFLICT (id) DO UPDATE SET event_id = excluded.event_id, status = excluded.status, seq = excluded.seq,
    wake_at = excluded.wake_at, updated_at = excluded.updated_at, ended_at = excluded.ended_at, label = excluded.label,
    output = excluded.output, error = excluded.error
  WHERE excluded.seq > r.seq AND r.app = excluded.app`;

export async function projectedAsOf(session: Session, app: string): Promise<number | undefined> {
  const sql = "SELECT begun_at AS at FROM backstitch.moves WHERE id = $1 AND way = 'out'";
  return (await session.all<{ at: number }>(sql, projectionMove(app)))[0]?.at || undefined;
}
