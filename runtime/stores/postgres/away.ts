/**
 * Whether an app is away: it leaves for another store, or has left.
 *
 * Whatever is refused then reads the table `moves` in its transaction. Whoever begins a move locks that table against reading
 * for a moment: so all that began before has ended, and all that begins later finds the move.
 */
import type { Move } from "../../store.ts";
import { isAway, isProjected, isSettled, projectionMove } from "../moved-rows.ts";
import type { Session } from "./database.ts";

/** Put into statements that give nothing of an app that leaves, or has left. @param app its parameter */
export const isHome = (app: string) =>
  `NOT EXISTS (SELECT FROM backstitch.moves AS away WHERE away.app = ${app} AND away.way = 'out')`;

/** The move by which the app leaves, or has left. @param app its parameter */
export const moveAway = (app: string) =>
  `SELECT away.id FROM backstitch.moves AS away WHERE away.app = ${app} AND away.way = 'out' LIMIT 1`;

/** @throws StoreError when the app leaves, or has left. In the transaction of what is refused then */
export async function refuseAway(session: Session, location: string, app: string, operation: string): Promise<void> {
  const [move] = await session.all<{ id: string }>(moveAway("$1"), app);
  if (move) throw isAway(app, move.id, { location, operation });
}

/** As `refuseAway`, once nobody holds a run any more: those who do may still change what decides on them. */
export async function refuseGone(session: Session, location: string, app: string, operation: string): Promise<void> {
  const [move] = await session.all<DepartureRow>(departing, app);
  if (move?.state !== "begun") await refuseAway(session, location, app, operation);
}

/** @throws StoreError when an engine executes the runs of the app */
export async function refuseProjected(session: Session, location: string, app: string, operation: string) {
  if (await isProjection(session, app)) throw isProjected(app, { location, operation });
}

async function isProjection(session: Session, app: string): Promise<boolean> {
  const sql = "SELECT FROM backstitch.moves WHERE id = $1 AND way = 'out'";
  return (await session.all(sql, projectionMove(app))).length > 0;
}

/** The move by which the app comes, while it is not over. */
export async function arrivingBy(session: Session, app: string): Promise<string | undefined> {
  const sql = "SELECT id FROM backstitch.moves WHERE app = $1 AND way = 'into' AND state = 'begun'";
  return (await session.all<{ id: string }>(sql, app))[0]?.id;
}

/** @throws StoreError when an engine executes the run */
export async function refuseProjectedRun(session: Session, location: string, run: string, operation: string) {
  const [row] = await session.all<{ app: string }>("SELECT app FROM backstitch.runs WHERE id = $1", run);
  if (row) await refuseProjected(session, location, row.app, operation);
}

const departing = "SELECT id, state FROM backstitch.moves WHERE app = $1 AND way = 'out' AND state <> 'over'";

export interface DepartureRow {
  readonly id: string;
  readonly state: "begun" | "frozen";
}

/** Behind what was read of a move: until then nobody has changed it. @throws StoreError when it was confirmed or undone */
export async function refuseSettled(session: Session, location: string, move: Move): Promise<void> {
  const [departure] = await session.all<DepartureRow>(departing, move.app);
  if (departure?.id !== move.id || departure.state !== "frozen") throw isSettled(move, location);
}

/** The move away that is not over. */
export async function departureOf(session: Session, app: string): Promise<DepartureRow | undefined> {
  return (await session.all<DepartureRow>(`${departing} FOR UPDATE`, app))[0];
}
