/** All that an app has, from one store to another: `client.moves`. */
import { v7 as uuidv7 } from "uuid";
import type { ClientStore } from "./client-store.ts";
import type { Clock } from "./clock.ts";
import { BackstitchError } from "./faults.ts";
import { type MovedCounts, MoveReader, MoveWriter } from "./move-stream.ts";
import { checkInteger, checkKeys } from "./options.ts";
import type { Departure, HeldRun, Move, MovedItem, MovedRun, StoreMoves } from "./store.ts";

export type { MovedCounts } from "./move-stream.ts";

/** How `moves.export()` exports. */
export interface ExportOptions {
  /** Whether runs that have ended go along. Default false: only those whose records a run that goes on takes over. */
  readonly history?: boolean | undefined;
  /** Milliseconds to wait at most until workers have let go of the runs that they hold. Default 0. */
  readonly waitMs?: number | undefined;
}

/** What has been exported, or imported. */
export interface Moved extends MovedCounts {
  /** Names the move: what `moves.confirm()` and `moves.undo()` take. */
  readonly move: string;
}

/** What has been imported. */
export interface Imported extends Moved {
  /** It was there already, all of it: nothing has changed. */
  readonly again: boolean;
}

/** Read, and stored, at once. */
const pageSize = 200;
/** Runs may be large. */
const runsPage = 20;
const recordsPage = 500;
const batchItems = 100;
const batchLength = 1024 * 1024;
const pollMs = 50;

/**
 * Moves of one client's app. Both ends may be killed at any moment, and no run is lost or goes on twice: in the old store runs
 * are `moving`, so that nobody takes them, until the move is confirmed; in the new one until all of them are there.
 */
export class Moves {
  readonly #app: string;
  readonly #clock: Clock;
  readonly #store: () => Promise<ClientStore>;

  /** @internal Made by the client. */
  constructor(app: string, clock: Clock, store: () => Promise<ClientStore>) {
    this.#app = app;
    this.#clock = clock;
    this.#store = store;
  }

  /**
   * Everything that the app has in its store, as lines of JSON, each with its line break. From the first one on, its runs do not
   * go on there. Stop all workers before. As long as the move is neither confirmed nor undone, an export gives the same again.
   *
   * @returns behind the last line, how much it was
   * @throws BackstitchError BS2013 when an option is wrong, BS2140 when workers still hold runs
   * @example
   * await pipeline(old.moves.export(), createWriteStream("shop.jsonl"));
   */
  async *export(options: ExportOptions = {}): AsyncGenerator<string, Moved, undefined> {
    checkKeys(options, ["history", "waitMs"], "moves.export()");
    const { history = false, waitMs = 0 } = options;
    checkInteger(waitMs, "waitMs", { least: 0, most: 2 ** 40 }, "moves.export()");
    const { moves } = await this.#store();
    const move = await this.#leave(moves, waitMs);
    const writer = new MoveWriter();
    yield writer.first(move);
    for await (const item of itemsOf(moves, move, history)) yield writer.item(item);
    const { line, counts } = writer.last();
    yield line;
    return { move: move.id, ...counts };
  }

  /**
   * Takes in what `export` gave. Runs go on, and events are routed, once all of it is there. It may be given again when it was
   * broken off, and changes nothing when it was not.
   *
   * @param lines with or without their line breaks
   * @throws BackstitchError BS2141 when the stream is damaged, not whole, or of another app, and when what it brings cannot be
   *   here; StoreError when the store refuses it
   * @example await fresh.moves.import(createInterface({ input: createReadStream("shop.jsonl") }));
   */
  async import(lines: Iterable<string> | AsyncIterable<string>): Promise<Imported> {
    const { moves } = await this.#store();
    const reader = new MoveReader();
    let batch: MovedItem[] = [];
    let length = 0;
    let again = false;
    const flush = async () => {
      if (reader.move && batch.length > 0) await moves.arrive(reader.move, batch, this.#clock.now());
      batch = [];
      length = 0;
    };
    for await (const text of lines) {
      const line = text.replace(/\r?\n$/, "");
      if (line === "") continue;
      const isFirst = reader.move === undefined;
      const item = reader.read(line);
      if (isFirst) again = (await this.#arrivalOf(moves, reader.move)) === "over";
      if (item === undefined || again) continue;
      batch.push(item);
      length += line.length;
      if (batch.length >= batchItems || length >= batchLength) await flush();
    }
    await flush();
    const { move, counts } = reader.end();
    // An empty move leaves a trace as well, so that it is known to be over.
    if (!again) await moves.arrive(move, [], this.#clock.now());
    if (!again) await moves.release(move, counts.runs, this.#clock.now());
    return { move: move.id, ...counts, again };
  }

  /**
   * Says that a move was imported: in this store, which it left, its runs have ended as `moved`, and their frames are removed.
   *
   * @throws BackstitchError BS2009 when no such move is under way
   * @example await old.moves.confirm(imported.move);
   */
  confirm(move: string): Promise<void> {
    return this.#settle(move, "confirm");
  }

  /**
   * Lets the runs of a move go on here, in the store which they were to leave. Nothing must have imported them: they would
   * go on twice.
   *
   * @throws BackstitchError BS2009 when no such move is under way
   * @example await old.moves.undo(move);
   */
  undo(move: string): Promise<void> {
    return this.#settle(move, "undo");
  }

  /**
   * Removes what an import has left that was broken off and is not to be done again, for example because the move was undone.
   * Events that came for its runs meanwhile are lost with them.
   *
   * @throws BackstitchError BS2009 when no such move is under way into this store
   * @example await fresh.moves.drop(move);
   */
  async drop(move: string): Promise<void> {
    const { moves } = await this.#store();
    if (await moves.drop({ id: move, app: this.#app })) return;
    throw new BackstitchError("BS2009", {
      where: `nothing of app "${this.#app}" is coming by a move "${move}"`,
      fix: "Take the id that the export gave. An import that has come to its end is over.",
    });
  }

  async #settle(id: string, how: "confirm" | "undo"): Promise<void> {
    const { moves } = await this.#store();
    if (await moves.settle({ id, app: this.#app }, how, this.#clock.now())) return;
    throw new BackstitchError("BS2009", {
      where: `no run of app "${this.#app}" leaves by a move "${id}"`,
      fix: "Take the id that the export gave. A move that was confirmed or undone is over.",
    });
  }

  /** One that was begun and cannot be done now is given up, so that workers go on; so is one that a killed export has begun. */
  async #leave(moves: StoreMoves, waitMs: number): Promise<Move> {
    const own: Move = { id: uuidv7({ msecs: this.#clock.now() }), app: this.#app };
    const deadline = this.#clock.now() + waitMs;
    for (;;) {
      const now = this.#clock.now();
      const departure = await moves.leave(own, now);
      if (departure.held.length === 0) return departure;
      if (now >= deadline) {
        await moves.settle(departure, "abandon", now);
        throw stillHeld(departure);
      }
      await this.#clock.until(Math.min(now + pollMs, deadline), undefined);
    }
  }

  async #arrivalOf(moves: StoreMoves, move: Move | undefined): Promise<"none" | "begun" | "over"> {
    if (move === undefined) return "none";
    if (move.app === this.#app) return moves.arrival(move);
    throw new BackstitchError("BS2141", {
      where: `the stream is of app "${move.app}", and this client is of "${this.#app}"`,
      fix: "Import it with a client of that app.",
    });
  }
}

/** Events come before the runs that they started, a run before its records. */
async function* itemsOf(moves: StoreMoves, move: Move, history: boolean): AsyncGenerator<MovedItem> {
  for await (const event of paged((page) => moves.events(move, page))) yield { event };
  /** Runs whose records others take over, and that have not been given. */
  const origins = new Set<string>();
  const given = new Set<string>();
  const withRecords = async function* (run: MovedRun): AsyncGenerator<MovedItem> {
    given.add(run.id);
    origins.delete(run.id);
    if (run.origin?.op !== undefined && !given.has(run.origin.run)) origins.add(run.origin.run);
    yield { run };
    yield* recordsOf(moves, run.id);
  };
  for await (const run of runsOf(moves, move, "going")) yield* withRecords(run);
  if (history) for await (const run of runsOf(moves, move, "ended")) yield* withRecords(run);
  while (origins.size > 0) {
    const wanted = [...origins].slice(0, runsPage);
    for (const run of wanted) origins.delete(run);
    for await (const run of runsOf(moves, move, wanted)) yield* withRecords(run);
  }
  for await (const state of paged((page) => moves.states(move, page))) yield { state };
}

async function* paged<Item>(
  read: (page: { after?: number; limit: number }) => Promise<{ items: readonly Item[]; next?: number }>,
): AsyncGenerator<Item> {
  let after: number | undefined;
  do {
    const page = await read({ limit: pageSize, ...(after !== undefined && { after }) });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

async function* runsOf(
  moves: StoreMoves,
  move: Move,
  which: "going" | "ended" | readonly string[],
): AsyncGenerator<MovedRun> {
  for (let after = ""; ; ) {
    const runs = await moves.runs(move, { which, after, limit: runsPage });
    yield* runs;
    const last = runs.at(-1);
    if (last === undefined || runs.length < runsPage) return;
    after = last.id;
  }
}

async function* recordsOf(moves: StoreMoves, run: string): AsyncGenerator<MovedItem> {
  let after: { op: number; attempt: number } | undefined;
  for (let part = 1; ; part++) {
    const records = await moves.records(run, { limit: recordsPage, ...(after && { after }) });
    const last = records.at(-1);
    if (last === undefined) return;
    yield { steps: { run, part, records } };
    if (records.length < recordsPage) return;
    after = { op: last.op, attempt: last.attempt };
  }
}

function stillHeld({ app, held }: Departure): BackstitchError {
  const workers = [...new Set(held.map(({ worker }: HeldRun) => worker))];
  const runs = `${held.length} ${held.length === 1 ? "run" : "runs"}`;
  return new BackstitchError("BS2140", {
    where: `${runs} of app "${app}" are held by ${workers.slice(0, 3).join(", ")}${workers.length > 3 ? ` and ${workers.length - 3} others` : ""}`,
    fix: "Stop the workers of the app, or wait longer: leases of workers that are gone end by themselves. Nothing was exported, and the runs go on.",
  });
}
