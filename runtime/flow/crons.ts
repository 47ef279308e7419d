/** Starts runs by the clock: one for each slot of a schedule, over all workers. */
import { encode } from "../codec/index.ts";
import type { StateChange, StateKey, StoredEvent, StoredState } from "../store.ts";
import type { RegisteredFunction } from "../types.ts";
import type { Schedule } from "./schedule.ts";

/** Name of the events of cron triggers. */
export const scheduledEvent = "backstitch/scheduled.timer";
/** Clocks of workers may differ by so much; one that is set back by more is followed. */
const skewMs = 60_000;

/** Where it is kept what was done. */
export interface CronStates {
  states(keys: readonly StateKey[]): Promise<readonly Pick<StoredState, "value">[]>;
  changeStates(
    changes: readonly StateChange[],
    events: readonly StoredEvent[],
    now: number,
  ): Promise<"ok" | "conflict">;
}

/**
 * What was done is in the store: of each schedule the latest slot that has its event. The event's id is made of the slot,
 * so that a slot has one run, also when that state is set back with the clock.
 *
 * A slot that nobody saw is made up for when a worker looks next, but only the latest one. A schedule begins when a
 * worker sees it for the first time.
 */
export class Crons {
  readonly #store: CronStates;
  readonly #app: string;
  /** When to look next, by function and schedule. */
  readonly #next = new Map<string, number>();
  #lastLook = 0;

  constructor(store: CronStates, app: string) {
    this.#store = store;
    this.#app = app;
  }

  /** Starts what is due. Gives the time of the next slot; Infinity when there is none. */
  async look(functions: readonly RegisteredFunction[], now: number): Promise<number> {
    if (now < this.#lastLook) this.#next.clear();
    this.#lastLook = now;
    let earliest = Number.POSITIVE_INFINITY;
    for (const { id, triggers } of functions) {
      for (const { schedule } of triggers) {
        if (schedule === undefined) continue;
        const name = JSON.stringify([id, schedule.text]);
        let next = this.#next.get(name);
        if (next === undefined || next <= now) {
          next = await this.#start(id, schedule, now);
          this.#next.set(name, next);
        }
        earliest = Math.min(earliest, next);
      }
    }
    return earliest;
  }

  async #start(functionId: string, schedule: Schedule, now: number): Promise<number> {
    const key: StateKey = { app: this.#app, functionId, kind: "cron", key: schedule.text };
    const before = (await this.#store.states([key]))[0]?.value;
    const salt = JSON.stringify([this.#app, functionId]);
    const slot = schedule.latest(now, salt);
    const done = before === undefined ? undefined : Number(before);
    const isNew = slot !== undefined && done !== undefined && slot > done;
    if (isNew || done === undefined || done > now + skewMs) {
      const after = String(isNew ? slot : now);
      const events = isNew ? [this.#eventOf(functionId, schedule, slot)] : [];
      const answer = await this.#store.changeStates([{ ...key, before, after }], events, now);
      // Another worker was faster.
      if (answer === "conflict") return now;
    }
    const following = schedule.next(slot ?? now);
    return following === undefined ? Number.POSITIVE_INFINITY : schedule.startOf(following, salt);
  }

  #eventOf(functionId: string, { text }: Schedule, slot: number): StoredEvent {
    return {
      id: `${scheduledEvent} ${functionId} ${text} ${new Date(slot).toISOString()}`,
      app: this.#app,
      name: scheduledEvent,
      data: encode({ cron: text }),
      receivedAt: slot,
      target: functionId,
    };
  }
}
