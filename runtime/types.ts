/** The types that authors write against. Nothing here exists at run time. */
import type { CancelOn, RegisteredCancel } from "./cancel-on.ts";
import type { Duration } from "./duration.ts";
import type { RunLogger, RunnableFunction } from "./engine/contract.ts";
import type { EventType } from "./event-types.ts";
import type { EventScope, ExpressionOf } from "./expressions.ts";
import type { FlowOptions } from "./flow/types.ts";
import type { ContextExtension } from "./middleware/context-extension.ts";
import type { Middleware } from "./middleware/middleware.ts";
import type { Migrate } from "./migration.ts";
import type { Backoff } from "./retry.ts";
import type { SchemaOutput, StandardSchemaV1 } from "./standard-schema.ts";
import type { GroupTools, Step } from "./step-types.ts";
import type { RunStatus } from "./store.ts";
import type { RegisteredTrigger } from "./triggers.ts";

export type * from "./step-types.ts";

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

/** Stands for all events whose names begin so, as `"order/*"` or `"order/item.*"`. */
export type EventFamily = `${string}/*` | `${string}.*`;

/** The event of a trigger: by name, by its type, or all of a family. */
export type EventReference<Events> = EventName<Events> | EventFamily | EventType;

/** Starts a run for each event of this name, type or family. An event type may stand in its place. */
export interface EventTrigger<Events = UntypedEvents, Reference = EventReference<Events>> {
  readonly event: Reference;
  /**
   * Starts runs only for the events for which it holds: CEL over `event`, or a function. It sees what the handler gets.
   *
   * @example { event: "order/placed", if: "event.data.total > 100" }
   * @example { event: orderPlaced, if: ({ event }) => event.data.total > 100 }
   */
  readonly if?: ExpressionOf<EventScope<ReceivedEvent<Events, Reference>>, boolean> | undefined;
}

/** Several triggers. */
export type EventTriggers<Events, References extends readonly unknown[]> = {
  readonly [Index in keyof References]: EventTrigger<Events, References[Index]>;
};

/**
 * The event of this name, type or family as a handler receives it; for several, a union that `event.name` tells apart. A
 * type without a schema has what the client declares under its name.
 */
export type ReceivedEvent<Events, Reference> =
  Reference extends EventType<infer Name, infer Schema>
    ? Schema extends StandardSchemaV1
      ? BackstitchEvent<Begins<Name>, SchemaOutput<Schema>>
      : Name extends EventName<Events>
        ? NamedEvent<Events, Name>
        : BackstitchEvent<Begins<Name>>
    : Reference extends string
      ? NamedEvent<Events, Reference>
      : never;

/** The client's own event of this name, or its events of this family. */
type NamedEvent<Events, Name extends string> =
  string extends EventName<Events>
    ? BackstitchEvent<Begins<Name>, DataOf<Events[EventName<Events>]>>
    : Name extends EventFamily
      ? EventOf<Events, Extract<EventName<Events>, Begins<Name>>>
      : EventOf<Events, Extract<Name, EventName<Events>>>;

type Begins<Name extends string> = Name extends `${infer Start}*` ? `${Start}${string}` : Name;

/** One, or a list. */
export type OneOrMore<Each> = Each | readonly Each[];

/** Options of a function. */
export interface FunctionOptions extends FlowOptions {
  /** Names the function for ever: runs are found by it. Unique in its client. */
  readonly id: string;
  /** Shown to people in place of the id. */
  readonly name?: string | undefined;
  /** Tells people what the function does. */
  readonly description?: string | undefined;
  /** Retries of a step, and of the code between steps, after the first attempt: 0 to 100. Default 4. */
  readonly retries?: number | undefined;
  /** When retries come. A step may say it for itself, in its id. Default: as the client says. */
  readonly backoff?: Backoff | undefined;
  /** How long a run may take: from its creation to its beginning, and from its beginning to its end. Then it is cancelled. */
  readonly timeouts?: { readonly start?: Duration | undefined; readonly finish?: Duration | undefined } | undefined;
  /**
   * How long what comes for a run (outcomes, events, timers, a cancellation) may wait while its code awaits an ordinary
   * promise, because until then it cannot be stored. Then the run is blocked, naming the await. Default 5 minutes.
   */
  readonly parkTimeout?: Duration | undefined;
  /** Brings the runs of an earlier version of the code to this one, where their frames do not fit it as they are. */
  readonly migrate?: Migrate | undefined;
  /** Events that cancel runs of the function. */
  readonly cancelOn?: readonly CancelOn[] | undefined;
  /** Runs, as durable code, when a run of the function has failed. */
  readonly onFailure?: EndHandler | undefined;
  /** Runs, as durable code, when a run of the function was cancelled. */
  readonly onCancel?: EndHandler | undefined;
  /** Hooks around this function and its steps, inside those of the client. */
  readonly middleware?: readonly Middleware[] | undefined;
}

/** What a function does about a run of its own that did not complete. */
export type EndHandler = (context: Context & { readonly error: Untyped }) => unknown;

/** Options of a function in the form with two arguments. */
export interface TriggeredFunctionOptions<Triggers = OneOrMore<EventTrigger>> extends FunctionOptions {
  readonly triggers: Triggers;
}

/** An async function whose runs survive crashes. */
export type Handler<Event extends BackstitchEvent = BackstitchEvent, Output = unknown> = (
  context: Context<Event>,
) => Output | PromiseLike<Output>;

/** A function as a worker knows it. */
export interface RegisteredFunction extends RunnableFunction {
  readonly name: string;
  readonly triggers: readonly RegisteredTrigger[];
  readonly cancelOn?: readonly RegisteredCancel[] | undefined;
}

/** What `createFunction` gives back. */
export interface BackstitchFunction<Event extends BackstitchEvent = BackstitchEvent, Output = unknown>
  extends RegisteredFunction {
  readonly handler: Handler<Event, Output>;
}

/** The argument of a handler. Helpers that take it, or `Step`, are compiled too: name the type in the parameter. */
export interface Context<Event extends BackstitchEvent = BackstitchEvent> extends ContextExtension {
  readonly event: Event;
  /** The events that started the run: one, unless the function takes them in batches. */
  readonly events: readonly [Event, ...Event[]];
  readonly runId: string;
  readonly step: Step;
  readonly group: GroupTools;
  /** Attempt of the code that is running now, from 0. */
  readonly attempt: number;
  readonly logger: RunLogger;
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
  /**
   * What failed or blocked the run, of its own class when that is built-in or registered; else undefined. In place of any
   * value of a run that cannot be read stands the `DecodeError` that says why.
   */
  readonly error: unknown;
  /**
   * What the run was rolling back for, or cleaning up behind, when that failed with `error`: the latest first. Empty when it
   * failed otherwise.
   */
  readonly handling: readonly unknown[];
  /** When a timer wakes it next; null when only an input can. */
  readonly wakeAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | null;
  /** The `step.invoke` that started it: the run, and the number of the op there. */
  readonly parent: { readonly run: string; readonly op: number } | undefined;
  /** Of which run it is a rerun or a fork, and from which op on; without one, it began anew. */
  readonly origin: { readonly run: string; readonly op: number | undefined } | undefined;
  /** Records of its steps up to the op of this number were removed (`keep.steps`). */
  readonly stepsRemoved: number | undefined;
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
  /** It ran in a `catch` or `finally`, or in the callback of one. */
  readonly rollback: boolean;
  /** When the attempt began; of a sleep or a wait, when the code came to it. */
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
