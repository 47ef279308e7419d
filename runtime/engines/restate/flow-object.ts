/**
 * The object of a function with options of flow control: decides what becomes of each event, one after the other, on states
 * that it keeps. Runs that wait for more events are begun from here, so that none is joined when it has begun.
 */
import type { ObjectContext } from "@restatedev/restate-sdk";
import { readable } from "../../events.ts";
import { throttledStart } from "../../flow/decide.ts";
import { type Plan, planOf } from "../../flow/plan.ts";
import type { NewRun, StateChange, StateKey, StoredEvent, StoredState } from "../../store.ts";
import type { HostParts } from "./host-parts.ts";
import { json, Links } from "./links.ts";
import type { ArrivingState, BeginMessage, DecideMessage, HoldMessage, JoinMessage, StartMessage } from "./messages.ts";

/** A state as it is kept, with the run that it names. */
interface Kept {
  readonly value: string;
  readonly run?: string;
}

/** A run that waits for more events, with the token of its timer. */
interface Waiting {
  readonly token: number;
  readonly event: StoredEvent;
}

/** A plan, or the state that must be read before there is one. */
type Planned = { readonly plan: Plan } | { readonly lacks: StateKey };

const stateKey = ({ kind, key }: Pick<StateKey, "kind" | "key">) => `state/${kind}/${key}`;
const namingKey = (run: string) => `of/${run}`;
/** Of the marks of runs that wait, what they begin with. */
export const waitingPrefix = "waiting/";

/** Handlers of the object, by their names. */
export function flowHandlers(host: HostParts) {
  return {
    decide: (context: ObjectContext, message: DecideMessage) => new Flow(context, host).decide(message),

    /** A run that waited is due. A timer that another has replaced carries an old token. */
    begin: (context: ObjectContext, message: BeginMessage) => new Flow(context, host).begin(message),

    /** A run that came from another store waits, as one that an event started here. */
    hold: (context: ObjectContext, { run, event, delayMs }: HoldMessage) =>
      new Flow(context, host).wait(run, event, delayMs),

    /** A state that came from another store. One that is there was decided upon here. */
    arrive: async (context: ObjectContext, { state, now }: ArrivingState): Promise<void> => {
      const { value: after, ...rest } = state;
      if ((await context.get(stateKey(rest))) === null) await new Flow(context, host).change({ ...rest, after }, now);
    },

    /** A run began by itself, because something came for it. */
    begun: async (context: ObjectContext, { run }: { readonly run: string }): Promise<void> => {
      context.clear(waitingPrefix + run);
    },

    /** States go with the run that they name. */
    over: async (context: ObjectContext, { run }: { readonly run: string }): Promise<void> => {
      context.clear(waitingPrefix + run);
      for (const key of (await context.get<string[]>(namingKey(run))) ?? []) {
        if ((await context.get<Kept>(key))?.run === run) context.clear(key);
      }
      context.clear(namingKey(run));
    },

    /** A state that has not changed since then decides nothing any more. */
    expire: async (context: ObjectContext, { key, value }: { readonly key: string; readonly value: string }) => {
      if ((await context.get<Kept>(key))?.value === value) context.clear(key);
    },
  };
}

class Flow {
  readonly #context: ObjectContext;
  readonly #host: HostParts;
  readonly #links: Links;

  constructor(context: ObjectContext, host: HostParts) {
    this.#context = context;
    this.#host = host;
    this.#links = new Links(host.app, context);
  }

  async decide({ run, event, now }: DecideMessage): Promise<void> {
    const { runs, joins, states, cancelled } = await this.#plan(run, event, now);
    for (const change of states) await this.change(change, now);
    for (const other of cancelled) {
      const message = { now, how: { unwind: true }, tells: true };
      this.#links.send({ service: "run", key: other, handler: "cancel" }, message);
    }
    for (const { run: joined, keeps, wakeAt } of joins) {
      const message: JoinMessage = { event, keeps, wakeAt, now, fresh: run };
      this.#links.send({ service: "run", key: joined, handler: "join" }, message);
      await this.wait(joined, event, wakeAt - now);
    }
    const isJoinable = (id: string) => states.some((change) => change.run === id && change.kind !== "singleton");
    for (const started of runs) {
      const waits = isJoinable(started.id);
      const wakeAt = waits ? started.wakeAt : await this.#throttled(event, started.wakeAt, now);
      const message: StartMessage = { run: { ...started, wakeAt }, event, now, inFlow: true, waits };
      this.#links.send({ service: "run", key: started.id, handler: "start" }, message);
      if (waits) await this.wait(started.id, event, wakeAt - now);
    }
  }

  async begin({ run, token }: BeginMessage): Promise<void> {
    const waiting = await this.#context.get<Waiting>(waitingPrefix + run);
    if (waiting?.token !== token) return;
    this.#context.clear(waitingPrefix + run);
    const now = await this.#context.run("now", () => this.#host.clock.now());
    const wakeAt = await this.#throttled(waiting.event, now, now);
    this.#links.send({ service: "run", key: run, handler: "begin" }, { wakeAt, now });
  }

  /** Plans again with each state that the plan turns out to need: which ones those are, expressions of the author's say. */
  async #plan(run: NewRun, event: StoredEvent, now: number): Promise<Plan> {
    const known = new Map<string, StoredState>();
    for (;;) {
      const action = () => this.#tryToPlan(run, event, now, known);
      const planned = (await this.#context.run("plan", action, { serde: json as never })) as Planned;
      if ("plan" in planned) return planned.plan;
      known.set(stateKey(planned.lacks), await this.#read(planned.lacks));
    }
  }

  async #tryToPlan(
    run: NewRun,
    event: StoredEvent,
    now: number,
    known: ReadonlyMap<string, StoredState>,
  ): Promise<Planned> {
    let lacks: StateKey | undefined;
    const states = async (keys: readonly StateKey[]) =>
      keys.map((key) => {
        const state = known.get(stateKey(key));
        if (state === undefined) lacks ??= key;
        return state ?? key;
      });
    const flow = this.#host.functionOf(run.functionId)?.flow;
    const plan = await planOf({ states }, event, [{ run, flow }], now, this.#host.logger);
    return lacks === undefined ? { plan } : { lacks };
  }

  async #read(key: StateKey): Promise<StoredState> {
    const kept = await this.#context.get<Kept>(stateKey(key));
    if (kept === null) return key;
    const { value, run: id } = kept;
    if (id === undefined) return { ...key, value };
    const waiting = await this.#context.get<Waiting>(waitingPrefix + id);
    return { ...key, value, run: { id, is: waiting === null ? "begun" : "waiting" } };
  }

  async change(change: Pick<StateChange, "kind" | "key" | "after" | "expiresAt" | "run">, now: number): Promise<void> {
    const { after: value, run, expiresAt } = change;
    const key = stateKey(change);
    const kept: Kept = { value, ...(run !== undefined && { run }) };
    this.#context.set(key, kept);
    if (run !== undefined) {
      const naming = (await this.#context.get<string[]>(namingKey(run))) ?? [];
      if (!naming.includes(key)) this.#context.set(namingKey(run), [...naming, key]);
    }
    if (typeof expiresAt !== "number") return;
    this.#links.send({ service: "flow", key: this.#context.key, handler: "expire" }, { key, value }, expiresAt - now);
  }

  async wait(run: string, event: StoredEvent, delayMs: number): Promise<void> {
    const before = await this.#context.get<Waiting>(waitingPrefix + run);
    const token = (before?.token ?? 0) + 1;
    this.#context.set<Waiting>(waitingPrefix + run, { token, event });
    const message: BeginMessage = { run, token };
    this.#links.send({ service: "flow", key: this.#context.key, handler: "begin" }, message, delayMs);
  }

  /** When a run may begin that is due at `wakeAt`. */
  async #throttled(event: StoredEvent, wakeAt: number, now: number): Promise<number> {
    const action = () => throttleOf(this.#host, this.#context.key, event);
    const throttle = (await this.#context.run("throttle", action, { serde: json as never })) as Throttle | null;
    if (throttle === null) return wakeAt;
    const state = { kind: "throttle", key: throttle.key };
    const kept = await this.#context.get<Kept>(stateKey(state));
    const { start, change } = throttledStart(kept?.value, now, { ...throttle, key: undefined });
    await this.change({ ...state, ...change }, now);
    return Math.max(wakeAt, start);
  }
}

interface Throttle {
  readonly key: string;
  readonly limit: number;
  readonly burst: number;
  readonly periodMs: number;
}

/** As the function says, with what its key gives. A run whose event cannot be read is blocked as soon as it begins. */
function throttleOf({ functionOf, logger }: HostParts, functionId: string, stored: StoredEvent): Throttle | null {
  const throttle = functionOf(functionId)?.flow?.throttle;
  const event = throttle && readable(stored);
  if (event === undefined || throttle === undefined) return null;
  const { limit, burst, periodMs, key } = throttle;
  return { limit, burst, periodMs, key: key?.key({ event }, logger) ?? "" };
}
