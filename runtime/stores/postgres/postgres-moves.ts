/** Moves as the store over one pool has them. */
import type { StoreMoves } from "../../store.ts";
import { arrival, arrive, drop, release } from "./arrivals.ts";
import type { Database } from "./database.ts";
import { leave, movedEvents, movedRecords, movedRuns, movedStates, settle } from "./moves.ts";

/** @param perform executes on the open database, and names the operation that failed */
export function postgresMoves(
  perform: <T>(operation: string, work: (db: Database) => Promise<T>) => Promise<T>,
): StoreMoves {
  return {
    leave: (move, now) => perform("leave", (db) => leave(db, move, now)),
    events: (move, page) => perform("events", (db) => movedEvents(db, move, page)),
    runs: (move, page) =>
      perform("runs", (db) => db.snapshot((session) => movedRuns(session, db.location, move, page))),
    records: (run, page) => perform("records", (db) => movedRecords(db, run, page)),
    states: (move, page) => perform("states", (db) => movedStates(db, move, page)),
    settle: (move, how, now) => perform("settle", (db) => db.transaction((session) => settle(session, move, how, now))),
    arrival: (move) => perform("arrival", (db) => arrival(db, move)),
    arrive: (move, items, now) => perform("arrive", (db) => arrive(db, move, items, now)),
    drop: (move) => perform("drop", (db) => db.transaction((session) => drop(session, move))),
    release: (move, runs, now) => perform("release", (db) => release(db, move, runs, now)),
  };
}
