/** Triggers under the names that they have in Inngest v4. */
import { invokedEvent } from "../engine/message-tools.ts";
import { type EventType, eventType } from "../event-types.ts";
import type { StandardSchemaV1 } from "../standard-schema.ts";

/**
 * A trigger for a function that others start with `step.invoke` only, and the schema of what they give.
 *
 * @example
 * inngest.createFunction({ id: "add", triggers: [invoke(z.object({ a: z.number() }))] }, async ({ event }) => event.data.a);
 */
export function invoke<Schema extends StandardSchemaV1>(schema: Schema): EventType<"inngest/function.invoked", Schema> {
  // What handlers see is called so; the runtime has a name of its own for it.
  return eventType(invokedEvent as string, { schema }) as EventType<"inngest/function.invoked", Schema>;
}

/**
 * A trigger by the clock.
 *
 * @example
 * inngest.createFunction({ id: "digest", triggers: [cron("TZ=Europe/Paris 0 9 * * 1-5")] }, async ({ step }) => { … });
 */
export function cron<const Schedule extends string>(schedule: Schedule): { readonly cron: Schedule } {
  return { cron: schedule };
}
