/** The engine as a client uses it: what is sent goes through the ingress, what is looked at comes from Restate's tables. */
import { BackstitchError } from "../../faults.ts";
import { outcomesBefore } from "../../recorded.ts";
import type {
  Cancellation,
  DerivedRun,
  EventQuery,
  EventView,
  ParkedState,
  Pruned,
  PrunedSteps,
  RecordedOutcome,
  RunPage,
  RunQuery,
  RunView,
  StepPage,
  StoredEvent,
  StoredStep,
} from "../../store.ts";
import { parkedRun, versionOf } from "../../stores/memory-runs.ts";
import type { RegisteredFunction } from "../../types.ts";
import type { Worker, WorkerOptions } from "../../worker.ts";
import type { AttachedEngine, EngineParts } from "../engine.ts";
import { Arrivals } from "./arrivals.ts";
import type { StartMessage } from "./messages.ts";
import { type ServiceKind, serviceName } from "./names.ts";
import { Projection, type ProjectionSettings } from "./projection.ts";
import { type HostSettings, RestateWorker } from "./restate-worker.ts";
import type { RestateServer, Target } from "./server.ts";
import { refuse } from "./support.ts";
import { Tables } from "./tables.ts";

export class RestateEngine implements AttachedEngine {
  readonly moves: Arrivals;
  readonly #parts: EngineParts;
  readonly #server: RestateServer;
  readonly #settings: HostSettings;
  readonly #tables: Tables;
  readonly #projection: Projection | undefined;

  constructor(
    parts: EngineParts,
    server: RestateServer,
    settings: HostSettings,
    projection: ProjectionSettings | undefined,
  ) {
    if (parts.kept) throw nothingRemoved("`keep` of the client");
    this.#parts = parts;
    this.#server = server;
    this.#settings = settings;
    this.#tables = new Tables(parts.app, server);
    this.moves = new Arrivals(parts.app, server);
    this.#projection = projection && new Projection(parts.app, projection, parts.clock, parts.logger);
  }

  accept(fn: RegisteredFunction): void {
    refuse(fn);
  }

  worker(options: WorkerOptions): Worker {
    const recorded = (origin: Parameters<typeof outcomesBefore>[1], ops: readonly number[]) =>
      outcomesBefore(this, origin, ops);
    const shown = this.#projection && { projection: this.#projection, tables: this.#tables };
    return new RestateWorker(this.#parts, recorded, this.#server, this.#settings, options, shown);
  }

  open(): Promise<void> {
    return this.#server.check();
  }

  async close(): Promise<void> {
    await this.#projection?.close();
  }

  async putEvents(events: readonly StoredEvent[]): Promise<void> {
    const [event] = events;
    if (event === undefined) return;
    if (events.length === 1) await this.#server.send(this.#target("event", "put", event.id), event);
    else await this.#server.send(this.#target("events", "put"), events);
  }

  async signal(_app: string, name: string, text: string, now: number): Promise<string | undefined> {
    const run = await this.#server.call<string | null>(this.#target("signal", "send", name), { text, now });
    return run ?? undefined;
  }

  async cancel(run: string, now: number, how: Cancellation): Promise<boolean> {
    const view = await this.getRun(run);
    if (view === undefined || view.endedAt !== null || view.status === "moving") return false;
    // Neither waits for the step that it may be in. The second finds the run if it is executing; the first does otherwise.
    await this.#server.send(this.#target("run", "cancel", run), { now, how });
    await this.#server.send(this.#target("run", "ring", run), { now, how });
    return true;
  }

  async resume(run: string, now: number): Promise<boolean> {
    if ((await this.getRun(run)) === undefined) return false;
    return this.#server.call(this.#target("run", "resume", run), { now });
  }

  async getRun(run: string): Promise<RunView | undefined> {
    return this.#tables.run(run);
  }

  async listRuns(query: RunQuery): Promise<RunPage> {
    return (await this.#projection?.runs(query)) ?? this.#tables.runs(query);
  }

  async listEvents(query: EventQuery): Promise<EventView[]> {
    return this.#tables.events(query);
  }

  async getParked(run: string): Promise<ParkedState | undefined> {
    const record = await this.#tables.record(run);
    if (record === undefined || record.endedAt !== null) return undefined;
    return { ...parkedRun(record), version: versionOf(record), waits: record.waits, mail: record.mail };
  }

  async derive({ id, origin, state }: DerivedRun, now: number): Promise<boolean> {
    const of = await this.#tables.record(origin.run);
    if (of === undefined || (state && (of.endedAt !== null || versionOf(of) !== state.version))) return false;
    const { app, functionId, event, joined } = of;
    const run = { id, app, functionId, eventId: event.id, wakeAt: now };
    const message: StartMessage = { run, event, now, derived: { origin, joined, ...(state && { state }) } };
    await this.#server.call(this.#target("run", "derive", id), message);
    return true;
  }

  async listOutcomes(run: string, ops: readonly number[]): Promise<RecordedOutcome[]> {
    const wanted = new Set(ops);
    const outcomes = new Map<number, RecordedOutcome>();
    for (const record of await this.#tables.history(run)) {
      if (wanted.has(record.op) && record.status !== "retrying") outcomes.set(record.op, record as RecordedOutcome);
    }
    return [...outcomes.values()];
  }

  async listSteps(run: string, page: StepPage = {}): Promise<StoredStep[]> {
    return this.#tables.steps(run, page);
  }

  async prune(): Promise<Pruned> {
    throw nothingRemoved("runs.prune()");
  }

  async pruneSteps(): Promise<PrunedSteps> {
    throw nothingRemoved("runs.prune()");
  }

  #target(kind: ServiceKind, handler: string, key?: string): Target {
    return { service: serviceName(this.#parts.app, kind), handler, ...(key !== undefined && { key }) };
  }
}

function nothingRemoved(what: string): BackstitchError {
  return new BackstitchError("BS2130", {
    where: `${what} would remove ended runs, which the engine of backstitch/restate does not`,
    fix: "Leave it out: ended runs stay in the state of their objects.",
  });
}
