/** What comes from a store with a move. Each thing waits in its object until all have come; then each is let go. */
import { setTimeout as pause } from "node:timers/promises";
import { isSealed } from "../../encryption/seal.ts";
import { BackstitchError } from "../../faults.ts";
import type { Move, MovedItem, StoreMoves } from "../../store.ts";
import { holdsNoTransactions, isDoubled, isNotWhole, isShort, isShortened, isThere } from "../../stores/moved-rows.ts";
import type { ArrivingEvent, ArrivingRun, ArrivingState, ArrivingSteps } from "./messages.ts";
import { type ServiceKind, serviceName } from "./names.ts";
import type { Arrived } from "./run-arrival.ts";
import { quoted, type RestateServer, type Target } from "./server.ts";

/** Key of what an object was told to keep for a move, and its name: what is looked for when it is let go. */
export const arrivingKey = "arriving";

/** Calls of the server at once. */
const atOnce = 16;
const pauseMs = 20;
/** At how many runs have come. */
const mostLooks = 250;
const location = "Restate";

/** `releasing` stores nothing more: what was let go may be over, and must not come again. */
export type ArrivalState = "none" | "begun" | "releasing" | "over";

export class Arrivals implements StoreMoves {
  readonly #app: string;
  readonly #server: RestateServer;

  constructor(app: string, server: RestateServer) {
    this.#app = app;
    this.#server = server;
  }

  async arrival(move: Move): Promise<"none" | "begun" | "over"> {
    const state = await this.#state(move);
    return state === "releasing" ? "begun" : state;
  }

  async arrive(move: Move, items: readonly MovedItem[], now: number): Promise<void> {
    const state = await this.#state(move);
    if (state === "releasing" || state === "over") return;
    for (const item of items) check(item);
    if (state === "none") await this.#server.call(this.#target("move", "become", move.id), "begun");
    // Events before the runs that they started, a run before its records.
    for (const kind of ["event", "run", "steps", "state"] as const) {
      await inParallel(
        items.filter((item) => kind in item),
        (item) => this.#put(move.id, item, now),
      );
    }
  }

  async #put(move: string, item: MovedItem, now: number): Promise<void> {
    if ("event" in item) {
      const message: ArrivingEvent = { move, event: item.event };
      await this.#server.call(this.#target("event", "arrive", item.event.id), message);
    } else if ("run" in item) {
      const { run } = item;
      const message: ArrivingRun = { move, run, app: this.#app, now };
      const answer = await this.#server.call<Arrived>(this.#target("run", "arrive", run.id), message);
      if (answer === "there") throw isThere(run, location);
      if (answer === "doubled") throw isDoubled(run, "one", location);
    } else if ("steps" in item) {
      const message: ArrivingSteps = { move, ...item.steps };
      await this.#server.call(this.#target("run", "recall", item.steps.run), message);
    } else {
      const { functionId, kind } = item.state;
      const message: ArrivingState = { state: item.state, now };
      await this.#server.call(this.#target(kind === "cron" ? "cron" : "flow", "arrive", functionId), message);
    }
  }

  async release(move: Move, runs: number, now: number): Promise<void> {
    const state = await this.#state(move);
    if (state === "over") return;
    if (state === "none" || (state === "begun" && !(await this.#hasCome(move.id, runs)))) {
      throw isNotWhole(move, location);
    }
    await this.#server.call(this.#target("move", "become", move.id), "releasing");
    await this.#tellAll(move, "release", { move: move.id, now });
    await this.#server.call(this.#target("move", "become", move.id), "over");
  }

  /** Once it has begun to let runs go, it is to be done again and not undone. */
  async drop(move: Move): Promise<boolean> {
    if ((await this.#state(move)) !== "begun") return false;
    await this.#tellAll(move, "drop", { move: move.id });
    await this.#server.call(this.#target("move", "forget", move.id), null);
    return true;
  }

  async #tellAll(move: Move, handler: "release" | "drop", message: object): Promise<void> {
    for (const kind of ["run", "event"] as const) {
      for (;;) {
        const keys = await this.#arriving(kind, move.id);
        if (keys.length === 0) break;
        await inParallel(keys, async (key) => {
          await this.#server.call(this.#target(kind, handler, key), message);
        });
        // What was just changed may be seen a moment later.
        await pause(pauseMs);
      }
    }
  }

  /** What was just stored may be seen a moment later: whatever is not seen would not be let go. */
  async #hasCome(move: string, runs: number): Promise<boolean> {
    for (let tries = 0; tries < mostLooks; tries++) {
      const [row] = await this.#server.query<{ readonly count: number }>(
        `SELECT count(*) AS count ${this.#ofMove("run", move)}`,
      );
      if ((row?.count ?? 0) >= runs) return true;
      await pause(pauseMs);
    }
    return false;
  }

  #ofMove(kind: "run" | "event", move: string): string {
    return `FROM state WHERE service_name = ${quoted(serviceName(this.#app, kind))}
       AND key = ${quoted(arrivingKey)} AND value_utf8 = ${quoted(JSON.stringify(move))}`;
  }

  async #arriving(kind: "run" | "event", move: string): Promise<string[]> {
    const rows = await this.#server.query<{ readonly id: string }>(
      `SELECT service_key AS id ${this.#ofMove(kind, move)} LIMIT 1000`,
    );
    return rows.map(({ id }) => id);
  }

  #state({ id }: Move): Promise<ArrivalState> {
    return this.#server.call<ArrivalState>(this.#target("move", "look", id), null);
  }

  #target(kind: ServiceKind, handler: string, key: string): Target {
    return { service: serviceName(this.#app, kind), handler, key };
  }

  leave = goesNoWhere;
  events = goesNoWhere;
  runs = goesNoWhere;
  records = goesNoWhere;
  states = goesNoWhere;
  settle = goesNoWhere;
}

async function goesNoWhere(): Promise<never> {
  throw new BackstitchError("BS2130", {
    where: "runs of backstitch/restate cannot be moved to a store",
    fix: "Start new runs in the new place, and let the old ones end here: docs/moving.md says how.",
  });
}

/** What could not go on here is refused before anything of it is stored. */
function check(item: MovedItem): void {
  const texts = "run" in item ? [item.run.frame, item.run.output] : "event" in item ? [item.event.data] : [];
  if (texts.some((text) => text !== null && isSealed(text))) {
    throw new BackstitchError("BS2130", {
      where: "what comes is encrypted, and the engine of backstitch/restate reads what is not",
      fix: "Move it to a store that `encrypted()` wraps.",
    });
  }
  if ("run" in item && item.run.transactions?.length) throw holdsNoTransactions(item.run, location);
  if ("state" in item && isShortened(item.state)) throw isShort(item.state, location);
}

async function inParallel<Item>(items: readonly Item[], perform: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await perform(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
