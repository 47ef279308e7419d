/** The tools of a handler and what they give, as authors see them. Nothing here exists at run time. */
import type { Duration, Moment } from "./duration.ts";
import type { EventType } from "./event-types.ts";
import type { Backoff } from "./retry.ts";
import type {
  BackstitchEvent,
  BackstitchFunction,
  EventInput,
  ReceivedEvent,
  Untyped,
  UntypedEvents,
} from "./types.ts";

/** Id of a step: it names the step's records. `name` is what people see; default: the id. */
export type StepId = string | { readonly id: string; readonly name?: string | undefined };

/** Id of a step that runs code, with how it is tried. */
export type RunId =
  | string
  | {
      readonly id: string;
      readonly name?: string | undefined;
      /** Retries after the first attempt, 0 to 100. Default: those of the function. */
      readonly retries?: number | undefined;
      /** How long an attempt may take; then its signal aborts and it counts as failed. Default: without limit. */
      readonly timeout?: Duration | undefined;
      /** Delays between attempts. Default: those of the client. */
      readonly backoff?: Backoff | undefined;
    };

/** What a step's callback gets behind its inputs, when it declares a parameter for it. */
export interface StepContext {
  /** Aborts when the attempt takes too long, and when the run is cancelled or given up by its worker. */
  readonly signal: AbortSignal;
  /** From 0. */
  readonly attempt: number;
  /** The same for all attempts of this step, and no other: for services that take idempotency keys. */
  readonly idempotencyKey: string;
}

/** How an event is waited for. */
export interface WaitForEventOptions<Reference extends string | EventType = string | EventType> {
  /** Its name, or its event type: then only an event that fits the schema ends the wait. */
  readonly event: Reference;
  /** How long to wait; then the await gives null. */
  readonly timeout: Duration;
  /** Path of a value, e.g. `data.orderId`, that must be the same in the event of this run. */
  readonly match?: string | undefined;
  /** Condition in CEL: `event` is the event of this run, `async` the one that came. */
  readonly if?: string | undefined;
}

/** A function that a run of another app, or of a module that is not imported, executes. */
export interface FunctionReference<Data = Untyped, Output = Untyped> {
  readonly functionId: string;
  readonly appId?: string | undefined;
  /** For types only. */
  readonly types?: { readonly data: Data; readonly output: Output };
}

/** How `step.fetch` makes a request: as for `fetch`, but for what cannot be stored. */
export interface FetchInit {
  readonly method?: string | undefined;
  readonly headers?: Headers | Readonly<Record<string, string>> | readonly (readonly [string, string])[] | undefined;
  readonly body?: string | URLSearchParams | ArrayBuffer | ArrayBufferView | null | undefined;
  readonly redirect?: "error" | "follow" | "manual" | undefined;
  readonly credentials?: "include" | "omit" | "same-origin" | undefined;
  readonly cache?: "default" | "force-cache" | "no-cache" | "no-store" | "only-if-cached" | "reload" | undefined;
  readonly mode?: "cors" | "navigate" | "no-cors" | "same-origin" | undefined;
  readonly referrer?: string | undefined;
  readonly integrity?: string | undefined;
  readonly keepalive?: boolean | undefined;
}

/**
 * A `Response` that may live across an await and be the output of a step. Its body was read when the step ended: it is
 * never used up, so `bodyUsed` is false, `text()`, `json()` and their like may be called again and again, and `body` is
 * another stream each time. All else is as the server sent it, after a restart too; changes of `headers` are kept.
 */
export interface FetchedResponse extends Response {
  clone(): FetchedResponse;
}

/** What `step.invoke` calls. */
export interface InvokeOptions<Data, Output> {
  readonly function: BackstitchFunction<BackstitchEvent<Untyped, Data>, Output> | FunctionReference<Data, Output>;
  readonly data?: NoInfer<Data> | undefined;
  /** How long to wait; then the await fails, and the other run goes on. Default: without end. */
  readonly timeout?: Duration | undefined;
}

/** The tools of a handler. Each call makes a durable unit with a record of its own. */
export interface Step {
  /**
   * Runs `fn` once it is certain that the run can be resumed here, and records its output. It is retried when it throws;
   * when its retries are used up, the await throws a `StepError`. A recorded output is never computed again.
   *
   * @param id names the step; ids may repeat
   * @param fn the step's code; it may be async. A parameter behind the inputs gets the `StepContext` of the attempt
   * @param input arguments for `fn`, recorded with the step
   * @example const row = await step.run("create-row", () => db.insert(event.data));
   * @example await step.run({ id: "charge", retries: 2, timeout: "30s" }, ({ signal, idempotencyKey }) =>
   *   stripe.charge(order, { signal, idempotencyKey }));
   */
  run<Output>(id: RunId, fn: (context: StepContext) => Output): Handle<Awaited<Output>>;
  run<Input extends unknown[], Output>(
    id: RunId,
    fn: (...input: [...Input, StepContext]) => Output,
    ...input: Input
  ): Handle<Awaited<Output>>;
  run<Input extends unknown[], Output>(
    id: RunId,
    fn: (...input: Input) => Output,
    ...input: Input
  ): Handle<Awaited<Output>>;

  /**
   * Waits. Costs nothing but a row while it does.
   *
   * @param duration milliseconds, exact below a second too, text such as `"30s"`, `"2 days"`, or a `Temporal.Duration`
   * @example await step.sleep("cool-down", "10m");
   */
  sleep(id: StepId, duration: Duration): Handle<void>;

  /**
   * Waits until a point in time; a past one is over at once.
   *
   * @param moment a Date, ISO 8601 text, milliseconds since the epoch, or a `Temporal.Instant` or `ZonedDateTime`
   * @example await step.sleepUntil("office-hours", "2030-01-02T09:00:00Z");
   */
  sleepUntil(id: StepId, moment: Moment): Handle<void>;

  /**
   * Calls `fn` for each item, and gives the results in the order of the items. `fn` may run steps of its own. The first
   * failure rejects; calls in flight go on, and no new ones begin.
   *
   * @param options `concurrency`: how many calls may be in flight at a time, at least 1. Default: all
   * @example const sizes = await step.map(files, { concurrency: 4 }, async (file) => {
   *   return await step.run(`resize-${file.name}`, () => resize(file));
   * });
   */
  map<Item, Output>(items: Iterable<Item>, fn: (item: Item, index: number) => Output): Handle<Awaited<Output>[]>;
  map<Item, Output>(
    items: Iterable<Item>,
    options: { readonly concurrency?: number | undefined },
    fn: (item: Item, index: number) => Output,
  ): Handle<Awaited<Output>[]>;

  /**
   * Waits for an event that is sent after the wait has begun.
   *
   * @returns the event, of an event type with what the schema makes of its data; null when none came in time
   * @example const approval = await step.waitForEvent("approval", { event: "order/approved", match: "data.orderId", timeout: "3d" });
   */
  waitForEvent<const Reference extends string | EventType>(
    id: StepId,
    options: WaitForEventOptions<Reference>,
  ): Handle<ReceivedEvent<UntypedEvents, Reference> | null>;

  /**
   * Waits for a signal, of which one step of an app waits at a time.
   *
   * @param options `onConflict`: whether this step fails when another waits for the signal already (default), or takes its
   *   place, so that the other gets null
   * @returns null when none came in time
   * @example const paid = await step.waitForSignal("paid", { signal: `paid-${order}`, timeout: "1h" });
   */
  waitForSignal<Data = Untyped>(
    id: StepId,
    options: {
      readonly signal: string;
      readonly timeout: Duration;
      readonly onConflict?: "fail" | "replace" | undefined;
    },
  ): Handle<{ readonly signal: string; readonly data: Data } | null>;

  /**
   * Starts a run of a function and waits for its output. When that run fails or is cancelled, the await throws a
   * `StepError`.
   *
   * @example const label = await step.invoke("print-label", { function: printLabel, data: { order } });
   */
  invoke<Data, Output>(id: StepId, options: InvokeOptions<Data, Output>): Handle<Awaited<Output>>;

  /**
   * Sends events. They are stored in one commit with the state of this run: exactly when it comes this far.
   *
   * @example await step.sendEvent("announce", { name: "order/paid", data: { order } });
   */
  sendEvent(id: StepId, events: SentEvent | readonly SentEvent[]): Handle<{ ids: string[] }>;

  /**
   * Sends a signal to the step that waits for it. It is sent in one commit with the state of this run: exactly when it comes
   * this far. It is not kept for a step that waits later.
   *
   * @returns the run that waited; `runId` is undefined when none did
   * @example await step.sendSignal("release", { signal: "warehouse-free" });
   */
  sendSignal(
    id: StepId,
    options: { readonly signal: string; readonly data?: unknown },
  ): Handle<{ readonly runId: string | undefined }>;

  /**
   * Makes a request as the global `fetch` does, as a step: tried again, by the function's `retries`, when no response
   * comes. Any response is one, whatever its status: look at `ok`. The id of the step is `step.fetch: <host>`.
   *
   * @param init as for `fetch`, but for `signal`; its `body` is text, bytes or URLSearchParams
   * @returns the response with its body, which may live across an await and can be read again and again
   * @example const response = await step.fetch("https://api.example.com/rates", { method: "POST", body: JSON.stringify(query) });
   * if (!response.ok) throw new RetryAfterError(`the service says ${response.status}`, "1m");
   * const rates = (await response.json()) as Rates;
   */
  fetch(input: string | URL | Request, init?: FetchInit): Handle<FetchedResponse>;

  readonly ai: {
    /** As `run`, for calls of models: the inputs are recorded. */
    wrap<Input extends unknown[], Output>(
      id: RunId,
      fn: (...input: Input) => Output,
      ...input: Input
    ): Handle<Awaited<Output>>;
  };
}

/** Tools for several steps. */
export interface GroupTools {
  /**
   * Calls `callback` and gives what it gives. It is here for files that were written for Inngest, where `Promise.race` is
   * decided by the first step only inside of it: here that holds everywhere. Steps that lose a race go on.
   *
   * @param options `mode` may be `"race"`, which is also the default
   * @example const first = await group.parallel(async () => Promise.race([step.run("a", a), step.run("b", b)]));
   */
  parallel<Output>(callback: () => Output): Handle<Awaited<Output>>;
  parallel<Output>(options: { readonly mode?: "race" | undefined }, callback: () => Output): Handle<Awaited<Output>>;
}

/** An event of any name, to send. */
export type SentEvent = EventInput<UntypedEvents>;

/**
 * What a tool returns: a promise that can be kept in a variable, awaited later and combined, and that survives a crash.
 * Its rejections may be left unobserved. Reasons are typed as in `Promise`; of a step, they are a `StepError`.
 */
export interface Handle<T> extends Promise<T> {
  then<Kept = T, Caught = never>(
    onFulfilled?: ((value: T) => Kept | PromiseLike<Kept>) | null | undefined,
    onRejected?: ((reason: Untyped) => Caught | PromiseLike<Caught>) | null | undefined,
  ): Handle<Kept | Caught>;

  /**
   * Ignores the failure: the await gives undefined in its place. Cancellation is not ignored.
   *
   * @example await step.run("non-critical", () => updateMetric()).catch();
   */
  catch(onRejected?: null | undefined): Handle<T | undefined>;
  /**
   * A durable rollback edge: `onRejected` may run steps of its own.
   *
   * @example await step.run("create", create).catch(() => step.run("remove", remove));
   */
  catch<Caught>(onRejected: (reason: Untyped) => Caught | PromiseLike<Caught>): Handle<T | Caught>;

  finally(onFinally?: (() => void) | null | undefined): Handle<T>;

  /**
   * Registers how the step is undone. When the function fails or is cancelled later, what was registered runs, the last
   * first, as durable code: `fn` may run steps of its own.
   *
   * @param fn gets the step's output
   * @example const room = await step.run("book", () => hotel.book(dates)).rollback(async (booking) => {
   *   await step.run("cancel", () => hotel.cancel(booking.id));
   * });
   */
  rollback(fn: (output: T) => unknown): Handle<T>;
}
