/** Types under the names that they have in Inngest. */
import type { BackstitchEvent, BackstitchFunction, Context, EventName, EventOf, Step, Untyped } from "../types.ts";
import type { Inngest } from "./inngest.ts";
import type { RunEvents } from "./run-events.ts";

type AnyClient = Inngest<Untyped>;
type EventsOf<Client extends AnyClient> = NonNullable<Client["eventMap"]>;

/** The events of a client as handlers receive them, by name. */
export type GetEvents<Client extends AnyClient> = {
  [Name in Exclude<EventName<EventsOf<Client>>, keyof RunEvents>]: EventOf<EventsOf<Client>, Name>;
};

/** The tools of a handler. A helper whose parameter is annotated with it is durable. */
export type GetStepTools<_Client extends AnyClient = AnyClient, _Trigger = unknown> = Step;

/** The argument of a handler that an event of this name starts. A helper whose parameter is annotated with it is durable. */
export type GetFunctionInput<
  Client extends AnyClient,
  Name extends EventName<EventsOf<Client>> = EventName<EventsOf<Client>>,
> = Context<EventOf<EventsOf<Client>, Name>>;

/** What a function gives back. */
export type GetFunctionOutput<Fn extends BackstitchFunction<Untyped, Untyped>> =
  Fn extends BackstitchFunction<Untyped, infer Output> ? Awaited<Output> : never;

/** An event. */
export type EventPayload<Data = Untyped> = Partial<BackstitchEvent<string, Data>> & { name: string };

/** A function of any client. */
export type InngestFunction = BackstitchFunction<Untyped, Untyped>;

/** The event that `onFailure` of a function is told of. */
export type FailureEventPayload<Payload extends EventPayload = EventPayload> = BackstitchEvent<
  string,
  {
    readonly function_id: string;
    readonly run_id: string;
    readonly error: Untyped;
    /** What started the run that failed. */
    readonly event: Payload;
  }
>;

/** What `onFailure` of a function is given beside the context of a handler: write `Context & FailureEventArgs`. */
export interface FailureEventArgs<Payload extends EventPayload = EventPayload> {
  readonly event: FailureEventPayload<Payload>;
  readonly error: Error;
}
