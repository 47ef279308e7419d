/** Events as they are shown to people. Read only. */
import type { EventQuery, EventView } from "../../store.ts";
import { type EventViewRow, eventColumns, toEventView } from "../rows.ts";
import type { Connection } from "./connection.ts";
import type { Value } from "./driver.ts";

/** Each filter but the time is in the index that is named, in front of the time: a page is one walk of it. */
export function listEvents(db: Connection, query: EventQuery): EventView[] {
  const { app, id, name, fate, from, until, before, limit } = query;
  const cursor = before === undefined ? undefined : placeOf(db, app, before);
  if (before !== undefined && cursor === undefined) return [];
  const filters: (readonly [condition: string, ...params: Value[]])[] = [["e.app = ?", app]];
  if (id !== undefined) filters.push(["e.id = ?", id]);
  if (fate !== undefined) filters.push(["e.fate = ?", fate]);
  if (name !== undefined) filters.push(["e.name = ?", name]);
  if (from !== undefined) filters.push(["e.received_at >= ?", from]);
  if (until !== undefined) filters.push(["e.received_at < ?", until]);
  if (cursor) filters.push(["(e.received_at, e.n) < (?, ?)", cursor.receivedAt, cursor.n]);
  return db
    .all<EventViewRow>(
      `SELECT ${eventColumns}, e.routed = 0 AS "isQueued", e.fate, e.problem FROM events AS e${indexOf(query)}
       WHERE ${filters.map(([condition]) => condition).join(" AND ")} ORDER BY e.received_at DESC, e.n DESC LIMIT ?`,
      ...filters.flatMap(([, ...params]) => params),
      limit,
    )
    .map(toEventView);
}

/** An id is found by the key of the table. */
function indexOf({ id, name, fate }: EventQuery): string {
  if (id !== undefined) return "";
  if (fate !== undefined) return ` INDEXED BY ${name === undefined ? "events_by_fate" : "events_by_fate_and_name"}`;
  return ` INDEXED BY ${name === undefined ? "events_by_time" : "events_by_name"}`;
}

function placeOf(db: Connection, app: string, id: string): { receivedAt: number; n: number } | undefined {
  return db.first<{ receivedAt: number; n: number }>(
    `SELECT received_at AS "receivedAt", n FROM events WHERE app = ? AND id = ?`,
    app,
    id,
  );
}
