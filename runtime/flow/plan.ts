/** What an event starts of the functions that want it, by their flow options. */
import type { Logger } from "../engine/contract.ts";
import { readable } from "../events.ts";
import type { Expression } from "../expressions.ts";
import type { Join, NewRun, StateChange, StateKey, Store, StoredEvent, StoredState } from "../store.ts";
import type { BackstitchEvent } from "../types.ts";
import { batched, type Change, debounced, type Joining, joinOf, rateAllows, waitingRun } from "./decide.ts";
import type { Flow } from "./options.ts";
import { priorityMs } from "./priority.ts";

/** A run that an event would start, of a function with flow options or one without. */
export interface Wanted {
  readonly run: NewRun;
  readonly flow: Flow | undefined;
}

/** Where the states are on which is decided. */
export type PlanStates = Pick<Store, "states">;

/** What is to be done for an event. */
export interface Plan {
  readonly runs: readonly NewRun[];
  readonly joins: readonly Join[];
  readonly states: readonly StateChange[];
  /** Runs that give way to those of the plan. */
  readonly cancelled: readonly string[];
}

/**
 * Runs that an op waits for are never skipped, and join no others. An event that cannot be read starts its runs as they
 * are: they are blocked, and so are seen.
 */
export async function planOf(
  store: PlanStates,
  stored: StoredEvent,
  wanted: readonly Wanted[],
  now: number,
  logger: Logger,
): Promise<Plan> {
  const event = wanted.some(({ flow }) => flow) ? readable(stored) : undefined;
  const plans: Plan[] = [];
  for (const { run, flow } of wanted) {
    if (flow === undefined || event === undefined) plans.push(alone(run));
    else plans.push(await new Decision(store, run, flow, event, now, logger).plan(stored.parent !== undefined));
  }
  return {
    runs: plans.flatMap(({ runs }) => runs),
    joins: plans.flatMap(({ joins }) => joins),
    states: plans.flatMap(({ states }) => states),
    cancelled: plans.flatMap(({ cancelled }) => cancelled),
  };
}

const nothing: Plan = { runs: [], joins: [], states: [], cancelled: [] };
const alone = (run: NewRun): Plan => ({ ...nothing, runs: [run] });

/** One function decides on one event. */
class Decision {
  readonly #store: PlanStates;
  readonly #run: NewRun;
  readonly #flow: Flow;
  readonly #event: BackstitchEvent;
  readonly #now: number;
  readonly #logger: Logger;
  readonly #changes: StateChange[] = [];

  constructor(store: PlanStates, run: NewRun, flow: Flow, event: BackstitchEvent, now: number, logger: Logger) {
    this.#store = store;
    this.#run = run;
    this.#flow = flow;
    this.#event = event;
    this.#now = now;
    this.#logger = logger;
  }

  async plan(isCalled: boolean): Promise<Plan> {
    const { idempotency, rateLimit, singleton } = this.#flow;
    if (isCalled) return alone(this.#prioritised());
    if (idempotency && !(await this.#isAllowed("idempotency", idempotency))) return nothing;
    const join = await this.#joining();
    if (join === "dropped") return nothing;
    if (join?.joins) return { ...nothing, joins: [join.joins], states: this.#changes };
    if (rateLimit && !idempotency && !(await this.#isAllowed("rateLimit", rateLimit))) return nothing;
    const cancelled = singleton ? await this.#others(singleton) : [];
    if (cancelled === undefined) return nothing;
    const run = join ? { ...this.#run, wakeAt: join.wakeAt } : this.#prioritised();
    return { ...nothing, runs: [run], states: this.#changes, cancelled };
  }

  #prioritised(): NewRun {
    const { wakeAt } = this.#run;
    // What is for later never begins before its time.
    if (wakeAt > this.#now) return this.#run;
    return { ...this.#run, wakeAt: wakeAt - priorityMs(this.#flow, this.#event, this.#logger) };
  }

  async #isAllowed(kind: string, rate: NonNullable<Flow["rateLimit"]>): Promise<boolean> {
    const state = await this.#state(kind, rate.key);
    const change = rateAllows(state.value, this.#event.ts, this.#now, rate);
    if (change) this.#change(state, change);
    return change !== undefined;
  }

  /** The run that the event joins, or when the new one is due that others may join; undefined when there is neither. */
  async #joining(): Promise<(Joining & { readonly joins: Join | undefined }) | "dropped" | undefined> {
    const { debounce, batch } = this.#flow;
    const { ts } = this.#event;
    const { id } = this.#run;
    if (debounce) {
      const state = await this.#state("debounce", debounce.key);
      const joining = debounced(state, ts, id, debounce);
      return joining ? this.#joined(state, "last", joining) : "dropped";
    }
    if (batch === undefined || batch.if?.holds({ event: this.#event }, this.#logger) === false) return undefined;
    const state = await this.#state("batch", batch.key);
    return this.#joined(state, "all", batched(state, ts, id, batch));
  }

  #joined(state: StoredState, keeps: Join["keeps"], joining: Joining) {
    const run = waitingRun(state);
    this.#change(state, joining.change);
    return { ...joining, joins: run === undefined ? undefined : joinOf(run, keeps, joining) };
  }

  /** Runs that give way to this one; undefined when this one does. */
  async #others({ mode, key }: NonNullable<Flow["singleton"]>): Promise<readonly string[] | undefined> {
    const state = await this.#state("singleton", key);
    const other = state.run?.is === "over" ? undefined : state.run?.id;
    if (other !== undefined && mode === "skip") return undefined;
    this.#change(state, { after: this.#run.id, run: this.#run.id });
    return other === undefined || other === this.#run.id ? [] : [other];
  }

  async #state(kind: string, key: Expression | undefined): Promise<StoredState> {
    const { app, functionId } = this.#run;
    const name: StateKey = { app, functionId, kind, key: key?.key({ event: this.#event }, this.#logger) ?? "" };
    return (await this.#store.states([name]))[0] as StoredState;
  }

  #change({ app, functionId, kind, key, value }: StoredState, change: Change): void {
    this.#changes.push({ app, functionId, kind, key, before: value, ...change });
  }
}
