/** The client: where functions are registered, events sent, workers made and runs looked at. */

import type { ClientStore } from "./client-store.ts";
import { type Clock, SystemClock } from "./clock.ts";
import { makeFunctions } from "./create-function.ts";
import type { DriveRun, Logger } from "./engine/contract.ts";
import type { AttachedEngine, Engine, EngineParts } from "./engines/engine.ts";
import { EventLog } from "./event-log.ts";
import type { CreatedEvent } from "./event-types.ts";
import { encodeData, toStoredEvent, validateCreated } from "./events.ts";
import { BackstitchError } from "./faults.ts";
import type { CronTrigger, ScheduledEvent } from "./flow/types.ts";
import { consoleLogger, shieldedLogger } from "./logger.ts";
import type { Middleware } from "./middleware/middleware.ts";
import { checkedMiddleware } from "./middleware/options.ts";
import { sendThrough } from "./middleware/send.ts";
import { Moves } from "./moves.ts";
import { checkKeys, checkName } from "./options.ts";
import { checkedKept, type Kept, type KeptRuns } from "./pruning.ts";
import { driveReceived } from "./receive.ts";
import { type Backoff, type RetrySchedule, retrySchedule } from "./retry.ts";
import { Runs } from "./runs.ts";
import type { Store } from "./store.ts";
import type {
  BackstitchEvent,
  BackstitchFunction,
  EventInput,
  EventMap,
  EventReference,
  EventTrigger,
  EventTriggers,
  FunctionOptions,
  Handler,
  OneOrMore,
  ReceivedEvent,
  RegisteredFunction,
  SentEvent,
  TriggeredFunctionOptions,
  UntypedEvents,
} from "./types.ts";
import { StoreWorker, type Worker, type WorkerOptions } from "./worker.ts";

/** Options of a client. */
export interface ClientOptions {
  /** Names the app in its store; several apps may share one. */
  readonly id: string;
  /** Where events and runs are kept, e.g. `sqlite({ path })`. Needed to send and to work, not to register functions. */
  readonly store?: Store | undefined;
  /** What runs the functions in the place of a store and our workers, e.g. `restate({ … })`. */
  readonly engine?: Engine | undefined;
  /** Default: 15 s, 30 s, 1 m, 2 m, 5 m, 10 m, 20 m, 40 m, 1 h, then 2 h, each with up to 30 s of jitter. */
  readonly backoff?: Backoff | undefined;
  /**
   * Default: the console, without `debug`. Handlers get it as `logger`; where it has `child`, as pino has, with the ids of
   * the run and the function.
   */
  readonly logger?: Logger | undefined;
  /**
   * Which ended runs are kept, and which records of steps of runs that go on; workers remove the others. Default: all. An
   * event that is sent again, with an id whose event was removed, starts its runs anew.
   */
  readonly keep?: Kept | undefined;
  /** Hooks around all functions, steps and sent events, the outermost first. */
  readonly middleware?: readonly Middleware[] | undefined;
}

/** What the client takes from its surroundings. */
export interface ClientParts {
  readonly clock: Clock;
  /** Gives numbers from 0 to 1, for jitter. */
  readonly random: () => number;
  readonly drive: DriveRun;
  /** Where to keep things when the client was given no store: asked at the first use. */
  readonly defaultStore: () => Store | undefined;
  /** Rewrites what `createFunction` is given. */
  readonly functionArguments: (args: readonly unknown[]) => readonly unknown[];
}

const optionKeys = ["id", "store", "engine", "backoff", "logger", "keep", "middleware"];

/**
 * @typeParam Events the events by name, each with the type of its data. Left out, any event may be sent and read.
 * @typeParam Scheduled the event of runs that a schedule starts
 * @example
 * const client = new Backstitch<{ "app/row.added": { data: { rowId: number } } }>({
 *   id: "shop",
 *   store: sqlite({ path: "runs.db" }),
 * });
 */
export class Backstitch<
  Events extends EventMap<Events> = UntypedEvents,
  Scheduled extends BackstitchEvent = ScheduledEvent,
> {
  readonly id: string;
  /** Runs of this client: get, list, wait, cancel, resume, steps. */
  readonly runs: Runs;
  /** Events of this client: get, list, and what became of them. */
  readonly events: EventLog;
  /** Moves of this client's app to another store, or from one: export, import, confirm, undo. */
  readonly moves: Moves;
  readonly #parts: ClientParts;
  readonly #logger: Logger;
  readonly #retryDelay: RetrySchedule;
  readonly #middleware: readonly Middleware[];
  readonly #functions = new Map<string, RegisteredFunction>();
  readonly #workers = new Set<Worker>();
  readonly #sendListeners = new Set<() => void>();
  readonly #givenStore: Store | undefined;
  readonly #engine: AttachedEngine | undefined;
  readonly #kept: KeptRuns | undefined;
  #openStore: Promise<ClientStore> | undefined;
  #closed = false;

  /**
   * @param parts for tests only
   * @throws BackstitchError BS2013 when an option is wrong
   */
  constructor(options: ClientOptions, parts: Partial<ClientParts> = {}) {
    checkKeys(options, optionKeys, "new Backstitch()");
    checkName(options.id, "id", "new Backstitch()");
    this.id = options.id;
    this.#parts = {
      clock: new SystemClock(),
      random: Math.random,
      drive: driveReceived,
      defaultStore: () => undefined,
      functionArguments: (args) => args,
      ...parts,
    };
    this.#logger = shieldedLogger(options.logger ?? consoleLogger);
    this.#middleware = checkedMiddleware(options.middleware, "new Backstitch()", "BS2013");
    this.#retryDelay = retrySchedule(options.backoff, this.#logger, this.#parts.random);
    this.#givenStore = checkedStore(options.store);
    this.events = new EventLog(this.id, () => this.#store("events"));
    this.#kept = options.keep && checkedKept(options.keep, "`keep` of new Backstitch()");
    this.#engine = checkedEngine(options)?.attach(this.#engineParts());
    this.moves = new Moves(this.id, this.#parts.clock, () => this.#store("moves"));
    this.runs = new Runs(
      this.id,
      this.#parts.clock,
      () => this.#store("runs"),
      (id) => this.#functions.get(id),
    );
  }

  /**
   * Registers a durable function: the handler runs once for each event that a trigger names, survives crashes, and
   * resumes where it was.
   *
   * @throws BackstitchError BS2001 when the handler is not compiled, BS2003 when an option is wrong, BS2004 when the
   * client has a function of that id, BS2017 when an `if` is wrong, BS2019 when two triggers are the same
   * @example
   * client.createFunction({ id: "add-data", triggers: { event: "app/row.added" } }, async ({ event, step }) => {
   *   await step.run("create-row", () => createRow(event.data.rowId));
   * });
   */
  createFunction<const Reference extends EventReference<Events>, Output>(
    options: TriggeredFunctionOptions<EventTrigger<Events, Reference>>,
    handler: Handler<ReceivedEvent<Events, Reference>, Output>,
  ): BackstitchFunction<ReceivedEvent<Events, Reference>, Output>;
  /** With several triggers: an event that fits more than one of them starts one run. */
  createFunction<const References extends readonly EventReference<Events>[], Output>(
    options: TriggeredFunctionOptions<EventTriggers<Events, References>>,
    handler: Handler<ReceivedEvent<Events, References[number]>, Output>,
  ): BackstitchFunction<ReceivedEvent<Events, References[number]>, Output>;
  /**
   * The form with the trigger as an argument of its own.
   *
   * @example
   * client.createFunction({ id: "add-data" }, { event: "app/row.added" }, async ({ event, step }) => {
   *   await step.run("create-row", () => createRow(event.data.rowId));
   * });
   */
  createFunction<const Reference extends EventReference<Events>, Output>(
    options: FunctionOptions,
    trigger: EventTrigger<Events, Reference>,
    handler: Handler<ReceivedEvent<Events, Reference>, Output>,
  ): BackstitchFunction<ReceivedEvent<Events, Reference>, Output>;
  /** With several triggers, as an argument of their own. */
  createFunction<const References extends readonly EventReference<Events>[], Output>(
    options: FunctionOptions,
    triggers: EventTriggers<Events, References>,
    handler: Handler<ReceivedEvent<Events, References[number]>, Output>,
  ): BackstitchFunction<ReceivedEvent<Events, References[number]>, Output>;
  /**
   * With schedules among the triggers.
   *
   * @example
   * client.createFunction({ id: "digest", triggers: { cron: "TZ=Europe/Paris 0 9 * * 1-5" } }, async ({ step }) => {
   *   await step.run("send-digest", () => sendDigest());
   * });
   */
  createFunction<const Reference extends EventReference<Events> = never, Output = unknown>(
    options: TriggeredFunctionOptions<OneOrMore<CronTrigger | EventTrigger<Events, Reference>>>,
    handler: Handler<Scheduled | ReceivedEvent<Events, Reference>, Output>,
  ): BackstitchFunction<Scheduled | ReceivedEvent<Events, Reference>, Output>;
  /** With schedules among the triggers, as an argument of their own. */
  createFunction<const Reference extends EventReference<Events> = never, Output = unknown>(
    options: FunctionOptions,
    triggers: OneOrMore<CronTrigger | EventTrigger<Events, Reference>>,
    handler: Handler<Scheduled | ReceivedEvent<Events, Reference>, Output>,
  ): BackstitchFunction<Scheduled | ReceivedEvent<Events, Reference>, Output>;
  createFunction(...args: unknown[]): RegisteredFunction {
    const made = makeFunctions(this.#parts.functionArguments(args), this.#middleware);
    const taken = made.find(({ id }) => this.#functions.has(id));
    if (taken) {
      throw new BackstitchError("BS2004", {
        where: `client "${this.id}" has a function "${taken.id}" already`,
        fix: "Give each function an id of its own. Those of `onFailure` and `onCancel` end with -failure and -cancel.",
      });
    }
    for (const fn of made) this.#engine?.accept(fn);
    for (const fn of made) this.#functions.set(fn.id, fn);
    return made[0];
  }

  /**
   * Stores events; each starts the runs that its name triggers. Resolves when the events are durable. Of a list, all
   * are stored or none.
   *
   * @returns the ids of the events, in their order
   * @throws BackstitchError BS2005 without a store, BS2006 to BS2008 when an event is wrong, too large or cannot be stored
   * @throws InvalidEventError when an event that an event type made does not fit its schema
   * @example const { ids } = await client.send({ name: "app/row.added", data: { rowId: 7 } });
   * @example await client.send(rowAdded.create({ rowId: 7 }));
   */
  async send(events: OneOrMore<EventInput<Events> | CreatedEvent>): Promise<{ ids: string[] }> {
    const list = (Array.isArray(events) ? events : [events]) as readonly SentEvent[];
    return sendThrough(this.#middleware, list, (sent) => this.#put(sent));
  }

  async #put(events: readonly unknown[]): Promise<{ ids: string[] }> {
    const now = this.#parts.clock.now();
    const stored = events.map((event) => toStoredEvent(event, this.id, now));
    await Promise.all(events.map(validateCreated));
    const store = await this.#store("client.send()");
    if (stored.length > 0) await store.putEvents(stored);
    this.#tellOfWork();
    return { ids: stored.map((event) => event.id) };
  }

  /**
   * Sends a signal to the step that waits for it, as `step.sendSignal` does from a run: an approval that comes in by HTTP. It
   * is not kept for a step that waits later.
   *
   * @returns the run that waited; `runId` is undefined when none did
   * @throws BackstitchError BS2005 without a store, BS2006 to BS2008 when the name or the data are wrong
   * @example const { runId } = await client.sendSignal({ signal: `approve-${order}`, data: { by: "Ann" } });
   */
  async sendSignal(options: {
    readonly signal: string;
    readonly data?: unknown;
  }): Promise<{ runId: string | undefined }> {
    const where = "client.sendSignal()";
    checkKeys(options, ["signal", "data"], where, "BS2006");
    const { signal, data } = options;
    checkName(signal, "signal", where, "BS2006");
    const text = encodeData(data, `\`data\` of ${where}`);
    const runId = await (await this.#store(where)).signal(this.id, signal, text, this.#parts.clock.now());
    this.#tellOfWork();
    return { runId };
  }

  /**
   * Makes a worker; `start()` lets it work.
   *
   * @throws BackstitchError BS2013 when an option is wrong
   * @example
   * const worker = client.worker();
   * await worker.start();
   */
  worker(options: WorkerOptions = {}): Worker {
    const worker = this.#engine?.worker(options) ?? this.#storeWorker(options);
    this.#workers.add(worker);
    return worker;
  }

  #storeWorker(options: WorkerOptions): Worker {
    return new StoreWorker(
      {
        ...this.#engineParts(),
        // Without an engine, what is opened is a store.
        store: () => this.#store("worker.start()") as Promise<Store>,
        onSend: (listener) => {
          this.#sendListeners.add(listener);
          return () => this.#sendListeners.delete(listener);
        },
      },
      options,
    );
  }

  #engineParts(): EngineParts {
    return {
      app: this.id,
      clock: this.#parts.clock,
      logger: this.#logger,
      drive: this.#parts.drive,
      retryDelay: this.#retryDelay,
      kept: this.#kept,
      functions: () => [...this.#functions.values()],
    };
  }

  /** Stops the workers of this client and closes the store. The client cannot be used afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#workers].map((worker) => worker.stop()));
    const store = await this.#openStore?.catch(() => undefined);
    this.#openStore = undefined;
    await store?.close();
  }

  #tellOfWork(): void {
    for (const listener of this.#sendListeners) listener();
  }

  /** Opens the store at the first use; an opening that failed is tried again at the next. */
  async #store(where: string): Promise<ClientStore> {
    if (this.#closed) {
      throw new BackstitchError("BS2015", {
        where: `${where} of client "${this.id}" was called after close()`,
        fix: "Call close() last, or make another client.",
      });
    }
    this.#openStore ??= this.#opening();
    if (this.#openStore === undefined) {
      throw new BackstitchError("BS2005", {
        where: `${where} of client "${this.id}" needs one`,
        fix: 'Give `store` to the client, e.g. `sqlite({ path: "runs.db" })` from "backstitch/sqlite"; clients of backstitch/inngest may have it from setDefaultStore().',
      });
    }
    const opening = this.#openStore;
    try {
      return await opening;
    } catch (error) {
      if (this.#openStore === opening) this.#openStore = undefined;
      throw error;
    }
  }

  #opening(): Promise<ClientStore> | undefined {
    const store = this.#engine ?? this.#givenStore ?? this.#parts.defaultStore();
    return store?.open().then(() => store);
  }
}

function checkedEngine({ engine, store }: ClientOptions): Engine | undefined {
  if (engine === undefined) return undefined;
  if (store !== undefined) {
    throw new BackstitchError("BS2013", {
      where: "new Backstitch() has both `store` and `engine`",
      fix: "Give one of them: an engine keeps the runs by itself.",
    });
  }
  if (typeof (engine as Partial<Engine> | null)?.attach === "function") return engine;
  throw new BackstitchError("BS2013", {
    where: "`engine` of new Backstitch() is no engine",
    fix: 'Give what `restate({ … })` of "backstitch/restate" gives.',
  });
}

function checkedStore(store: ClientOptions["store"]): Store | undefined {
  if (store === undefined || typeof (store as Partial<Store> | null)?.open === "function") return store;
  throw new BackstitchError("BS2013", {
    where: "`store` of new Backstitch() is no store",
    fix: 'Give what `sqlite({ path: "runs.db" })` of "backstitch/sqlite" or `postgres({ url })` of "backstitch/postgres" gives.',
  });
}
