/**
 * The names that a file written for Inngest v3 or v4 imports: such a file is moved over by changing `"inngest"` to
 * `"backstitch/inngest"`. `docs/inngest.md` says what differs.
 *
 * @example
 * import { EventSchemas, Inngest } from "backstitch/inngest";
 *
 * export const inngest = new Inngest({ id: "shop", schemas: new EventSchemas().fromRecord<Events>() });
 */
export { durable, local } from "../authoring.ts";
export type { Logger } from "../engine/contract.ts";
export { NonRetriableError, RetryAfterError, StepError } from "../errors.ts";
export { eventType, staticSchema } from "../event-types.ts";
export { type ReferenceSchemas, referenceFunction } from "../reference-function.ts";
export type { Context, FunctionOptions, Handler, Step } from "../types.ts";
export { EventSchemas } from "./event-schemas.ts";
export { Inngest, type InngestOptions as ClientOptions, type InngestOptions, setDefaultStore } from "./inngest.ts";
export type { RunEvents, ScheduledTimer } from "./run-events.ts";
export { slugify } from "./slugify.ts";
export { cron, invoke } from "./triggers.ts";
export type {
  EventPayload,
  FailureEventArgs,
  FailureEventPayload,
  GetEvents,
  GetFunctionInput,
  GetFunctionOutput,
  GetStepTools,
  InngestFunction,
} from "./types.ts";
