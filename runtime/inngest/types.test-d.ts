/** What files that were written for Inngest need not write: each line is checked by the compiler. Nothing here runs. */
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { cron, EventSchemas, Inngest, invoke, type ScheduledTimer } from "./index.ts";

const typed = new Inngest({
  id: "typed",
  schemas: new EventSchemas().fromRecord<{ "order/placed": { data: { total: number } } }>(),
});

typed.createFunction({ id: "a" }, { cron: "TZ=Europe/Paris 0 9 * * 1-5" }, async ({ event }) => {
  expectTypeOf(event).toEqualTypeOf<ScheduledTimer>();
});
typed.createFunction({ id: "b", triggers: [cron("0 9 * * *"), cron("0 10 * * *")] }, async ({ event }) => {
  expectTypeOf(event.data.cron).toEqualTypeOf<string>();
});
typed.createFunction({ id: "c", triggers: [cron("0 9 * * *"), { event: "order/placed" }] }, async ({ event }) => {
  expectTypeOf(event.name).toEqualTypeOf<"inngest/scheduled.timer" | "order/placed">();
  if (event.name === "order/placed") expectTypeOf(event.data).toEqualTypeOf<{ total: number }>();
});
typed.createFunction({ id: "d", triggers: [invoke(z.object({ n: z.number() }))] }, async ({ event }) => {
  expectTypeOf(event.name).toEqualTypeOf<"inngest/function.invoked">();
  expectTypeOf(event.data).toEqualTypeOf<{ n: number }>();
});
typed.createFunction(
  {
    id: "e",
    concurrency: [
      { limit: 1, key: "event.data.total" },
      { limit: 5, key: '"all"', scope: "account" },
    ],
    throttle: { limit: 1, period: "1m" },
    batchEvents: { maxSize: 10, timeout: "5s" },
  },
  { event: "order/placed" },
  async ({ event, events }) => {
    expectTypeOf(events[0]).toEqualTypeOf(event);
  },
);
// @ts-expect-error no such mode
typed.createFunction({ id: "f", singleton: { mode: "wait" } }, { event: "order/placed" }, async () => {});
// @ts-expect-error no such event
typed.createFunction({ id: "g" }, [{ cron: "0 9 * * *" }, { event: "order/unknown" }], async () => {});
