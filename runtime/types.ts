/** The types that authors write against. Nothing here exists at run time. */
import type { Duration } from "./duration.ts";
import type { RunLogger, RunnableFunction } from "./engine/contract.ts";
import type { ContextExtension } from "./middleware/context-extension.ts";
import type { Middleware } from "./middleware/middleware.ts";
import type { Migrate } from "./migration.ts";
import type { RunStatus } from "./store.ts";

/**
 * A value whose type nobody declared and that may be used freely: the data of an event of a client without event types,
 * and the reason of a rejected promise, as in TypeScript's own `Promise`. This is the only `any` of the public API.
 */
// biome-ignore lint/suspicious/noExplicitAny: handlers written for an untyped client read event data without casts
export type Untyped = any;

/** The events of a client: by name, the type of their data. An interface may be given too. */
export type EventMap<Events> = { readonly [Name in keyof Events]: { readonly data?: unknown } };

/** The events of a client that declares none: any name, any data. */
export type UntypedEvents = Record<string, { data: Untyped }>;

/** Names of a client's events. */
export type EventName<Events> = Extract<keyof Events, string>;

/** An event as a handler receives it. */
export interface BackstitchEvent<Name extends string = string, Data = Untyped> {
  readonly id: string;
  readonly name: Name;
  /** Values are kept by the codec: a Date that was sent is a Date here. */
  data: Data;
  /** When it happened, in milliseconds since the epoch. */
  readonly ts: number;
}

/** The event of that name as a handler receives it; for several names, a union that `event.name` tells apart. */
export type EventOf<Events, Name extends EventName<Events>> = Name extends unknown
  ? BackstitchEvent<Name, DataOf<Events[Name]>>
  : never;

type DataOf<Declared> = Declared extends { readonly data: infer Data } ? Data : undefined;

type DataField<Declared> = Declared extends { readonly data: infer Data }
  ? undefined extends Data
    ? { readonly data?: Data }
    : { readonly data: Data }
  : { readonly data?: undefined };

/** An event to send. */
export type EventInput<Events> = {
  [Name in EventName<Events>]: {
    readonly name: Name;
    /** An event whose id was sent before is ignored. Default: a new UUID. */
    readonly id?: string | undefined;
    /** When it happened, in milliseconds since the epoch; its runs do not start before. Default: now. */
    readonly ts?: number | undefined;
  } & DataField<Events[Name]>;
}[EventName<Events>];

/** Starts a run for each event of this name. */
export interface EventTrigger<Name extends string = string> {
  readonly event: Name;
}

/** Options of a function. */
export interface FunctionOptions {
  /** Names the function for ever: runs are found by it. Unique in its client. */
  readonly id: string;
  /** Shown to people in place of the id. */
  readonly name?: string | undefined;
  /** Retries of a step, and of the code between steps, after the first attempt: 0 to 100. Default 4. */
  readonly retries?: number | undefined;
  /** Brings the runs of an earlier version of the code to this one, where their frames do not fit it as they are. */
  readonly migrate?: Migrate | undefined;
  /** Hooks around this function and its steps, inside those of the client. */
  readonly middleware?: readonly Middleware[] | undefined;
}

/** Options of a function in the form with two arguments. */
export interface TriggeredFunctionOptions<Name extends string> extends FunctionOptions {
  readonly triggers: EventTrigger<Name> | readonly EventTrigger<Name>[];
}

/** An async function whose runs survive crashes. */
export type Handler<Event extends BackstitchEvent = BackstitchEvent, Output = unknown> = (
  context: Context<Event>,
) => Output | PromiseLike<Output>;

/** A function as a worker knows it. */
export interface RegisteredFunction extends RunnableFunction {
  readonly name: string;
  readonly triggers: readonly EventTrigger[];
}

/** What `createFunction` gives back. */
export interface BackstitchFunction<Event extends BackstitchEvent = BackstitchEvent, Output = unknown>
  extends RegisteredFunction {
  readonly handler: Handler<Event, Output>;
}

/** The argument of a handler. Helpers that take it, or `Step`, are compiled too: name the type in the parameter. */
export interface Context<Event extends BackstitchEvent = BackstitchEvent> extends ContextExtension {
  readonly event: Event;
  /** The events that started the run; one, for now. */
  readonly events: readonly [Event, ...Event[]];
  readonly runId: string;
  readonly step: Step;
  /** Attempt of the code that is running now, from 0. */
  readonly attempt: number;
  readonly logger: RunLogger;
}

/** Id of a step: it names the step's records. `name` is what people see; default: the id. */
export type StepId = string | { readonly id: string; readonly name?: string | undefined };

/** The tools of a handler. Each call makes a durable unit with a record of its own. */
export interface Step {
  /**
   * Runs `fn` once it is certain that the run can be resumed here, and records its output. It is retried when it throws;
   * when its retries are used up, the await throws a `StepError`. A recorded output is never computed again.
   *
   * @param id names the step; ids may repeat
   * @param fn the step's code; it may be async
   * @param input arguments for `fn`, recorded with the step
   * @example const row = await step.run("create-row", () => db.insert(event.data));
   */
  run<Input extends unknown[], Output>(
    id: StepId,
    fn: (...input: Input) => Output,
    ...input: Input
  ): Handle<Awaited<Output>>;

  /**
   * Waits. Costs nothing but a row while it does.
   *
   * @param duration milliseconds, exact below a second too, or text such as `"30s"`, `"2 days"`
   * @example await step.sleep("cool-down", "10m");
   */
  sleep(id: StepId, duration: Duration): Handle<void>;

  /**
   * Waits until a point in time; a past one is over at once.
   *
   * @param moment a Date, ISO 8601 text, or milliseconds since the epoch
   * @example await step.sleepUntil("office-hours", "2030-01-02T09:00:00Z");
   */
  sleepUntil(id: StepId, moment: Date | string | number): Handle<void>;

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
}

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
   * Ignores the failure: the await gives undefined in its place.
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
}

/** A run as it stands. Times are milliseconds since the epoch. */
export interface Run {
  readonly id: string;
  readonly functionId: string;
  /** `running` covers queued, executing and sleeping runs; the others but `blocked` are final. */
  readonly status: RunStatus;
  /** Where it is parked: the labels from the outermost function inwards; null before its first suspension. */
  readonly label: string | null;
  readonly event: BackstitchEvent;
  /** What the handler returned; undefined unless the run is completed. */
  readonly output: unknown;
  /** What failed or blocked the run, of its own class when that is built-in or registered; else undefined. */
  readonly error: unknown;
  /** When a timer wakes it next; null when only an input can. */
  readonly wakeAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | null;
}

/** One attempt of a step or a sleep. Times are milliseconds since the epoch. */
export interface StepAttempt {
  /** Number of the op in its run, from 1. */
  readonly op: number;
  /** From 0. */
  readonly attempt: number;
  readonly id: string;
  /** Earlier ops of the run with the same id. */
  readonly index: number;
  readonly kind: string;
  readonly status: "completed" | "failed" | "retrying";
  readonly input: unknown;
  readonly output: unknown;
  readonly error: unknown;
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Marks a class whose instances may live across an await and be the output of a step. It says so to the compiler;
 * `registerClass` says so at run time.
 *
 * @example
 * class Money implements Storable {
 *   constructor(readonly amount: bigint, readonly currency: string) {}
 * }
 * registerClass(Money);
 */
// biome-ignore lint/suspicious/noEmptyInterface: nothing is asked of the class
export interface Storable {}
