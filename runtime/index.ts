/**
 * The public API of backstitch: durable functions in plain async TypeScript.
 *
 * @example
 * import { Backstitch } from "backstitch";
 * import { sqlite } from "backstitch/sqlite";
 *
 * const client = new Backstitch({ id: "shop", store: sqlite({ path: "runs.db" }) });
 *
 * client.createFunction({ id: "add-data" }, { event: "app/row.added" }, async ({ event, step }) => {
 *   await step
 *     .run("create-row", () => createRow(event.data.rowId))
 *     .catch(() => step.run("remove-row", () => removeRow(event.data.rowId)));
 * });
 *
 * await client.worker().start();
 * await client.send({ name: "app/row.added", data: { rowId: 7 } });
 */
export { durable, local } from "./authoring.ts";
export type { BulkOptions, BulkResult } from "./bulk-runs.ts";
export { Backstitch, type ClientOptions } from "./client.ts";
export type { Clock } from "./clock.ts";
export { type ClassOptions, DecodeError, NotEncodableError, registerClass, type StorableClass } from "./codec/index.ts";
export type { ForkOptions, RerunOptions, StepReference } from "./derive-runs.ts";
export type { Duration, DurationLike, InstantLike, Moment, ZonedDateTimeLike } from "./duration.ts";
export type { Logger, RunLogger } from "./engine/contract.ts";
export type { Engine } from "./engines/engine.ts";
export {
  BackstitchError,
  type BackstitchErrorCode,
  CancelledError,
  type EventIssue,
  type FaultDetails,
  InvalidEventError,
  NonRetriableError,
  RetryAfterError,
  RollbackError,
  StepError,
} from "./errors.ts";
export type { EventFilter, EventListOptions, EventLog, EventsPage, LoggedEvent } from "./event-log.ts";
export {
  type AnyEventType,
  type CreatedEvent,
  type EventCreateArgs,
  type EventCreateOptions,
  EventType,
  eventType,
  staticSchema,
} from "./event-types.ts";
export type { EventScope, Expression, ExpressionOf, MatchScope } from "./expressions.ts";
export type {
  BatchOptions,
  ConcurrencyOptions,
  CronTrigger,
  DebounceOptions,
  FlowKey,
  FlowOptions,
  RateLimitOptions,
  ScheduledEvent,
  ThrottleOptions,
} from "./flow/types.ts";
export type * from "./middleware/context-extension.ts";
export type {
  ActivationEnd,
  Middleware,
  MiddlewareRun,
  MiddlewareStep,
  RunEnd,
} from "./middleware/middleware.ts";
export type { Migrate, StoredFrame, StoredFunction, StoredStepCall } from "./migration.ts";
export type { ExportOptions, Imported, Moved, MovedCounts, Moves } from "./moves.ts";
export type { Kept, KeptThings, Removed } from "./pruning.ts";
export { type ReferenceSchemas, referenceFunction } from "./reference-function.ts";
export type { Backoff } from "./retry.ts";
export type { ListOptions, RunFilter } from "./run-filter.ts";
export type { HistoryStep, RunHistory } from "./run-history.ts";
export type { ParkedFrame, ParkedSlot, PendingStep, RunState, SlotEdit } from "./run-state.ts";
export type { CancelOptions, Runs, RunsPage, StepsOptions, WaitOptions } from "./runs.ts";
export type { SchemaInput, SchemaIssue, SchemaOutput, SchemaResult, StandardSchemaV1 } from "./standard-schema.ts";
export type { EventFate, RunStatus, Store } from "./store.ts";
export type { RegisteredTrigger } from "./triggers.ts";
export type {
  BackstitchEvent,
  BackstitchFunction,
  Context,
  EventFamily,
  EventInput,
  EventMap,
  EventName,
  EventOf,
  EventReference,
  EventTrigger,
  EventTriggers,
  FetchedResponse,
  FetchInit,
  FunctionOptions,
  FunctionReference,
  GroupTools,
  Handle,
  Handler,
  InvokeOptions,
  OneOrMore,
  ReceivedEvent,
  RegisteredFunction,
  Run,
  RunId,
  SentEvent,
  Step,
  StepAttempt,
  StepContext,
  StepId,
  Storable,
  TriggeredFunctionOptions,
  Untyped,
  UntypedEvents,
  WaitForEventOptions,
} from "./types.ts";
export type { StopOptions, Worker, WorkerOptions } from "./worker.ts";
