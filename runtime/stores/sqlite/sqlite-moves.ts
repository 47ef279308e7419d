/** Moves as the store over one connection has them. */
import type { StoreMoves } from "../../store.ts";
import { arrival, arrive, drop, release } from "./arrivals.ts";
import type { Connection } from "./connection.ts";
import { leave, movedEvents, movedRecords, movedRuns, movedStates, settle } from "./moves.ts";

/** @param perform executes on the open connection, and names the operation that failed */
export function sqliteMoves(perform: <T>(operation: string, work: (db: Connection) => T) => T): StoreMoves {
  return {
    leave: async (move, now) => perform("leave", (db) => leave(db, move, now)),
    events: async (move, page) => perform("events", (db) => movedEvents(db, move, page)),
    runs: async (move, page) => perform("runs", (db) => movedRuns(db, move, page)),
    records: async (run, page) => perform("records", (db) => movedRecords(db, run, page)),
    states: async (move, page) => perform("states", (db) => movedStates(db, move, page)),
    settle: async (move, how, now) => perform("settle", (db) => settle(db, move, how, now)),
    arrival: async (move) => perform("arrival", (db) => arrival(db, move)),
    arrive: async (move, items, now) => perform("arrive", (db) => arrive(db, move, items, now)),
    drop: async (move) => perform("drop", (db) => drop(db, move)),
    release: async (move, runs, now) => perform("release", (db) => release(db, move, runs, now)),
  };
}
