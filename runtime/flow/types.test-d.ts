/** What the types of flow options and schedules promise. `tsc -p .` checks this file; nothing runs it. */
import { Backstitch } from "../client.ts";
import type { ScheduledEvent } from "./types.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const typed = new Backstitch<{ "order/placed": { data: { total: number } } }>({ id: "typed" });

typed.createFunction({ id: "a", triggers: { cron: "0 9 * * *", jitter: "30s" } }, async ({ event }) => {
  same<typeof event, ScheduledEvent>(true);
});
typed.createFunction({ id: "b" }, [{ cron: "0 9 * * *" }, { cron: "0 10 * * *" }], async ({ event }) => {
  same<typeof event.data, { cron: string }>(true);
});
typed.createFunction({ id: "c", triggers: [{ cron: "0 9 * * *" }, { event: "order/placed" }] }, async ({ event }) => {
  same<typeof event.name, "backstitch/scheduled.timer" | "order/placed">(true);
  if (event.name === "order/placed") same<typeof event.data, { total: number }>(true);
});
// @ts-expect-error no such event
typed.createFunction({ id: "d", triggers: [{ cron: "0 9 * * *" }, { event: "order/unknown" }] }, async () => {});

typed.createFunction(
  { id: "f", concurrency: [5, 1].map((limit) => ({ limit, key: ({ event }) => event.data.total })) },
  { event: "order/placed" },
  async ({ event }) => event.data.total,
);
// @ts-expect-error no such scope
typed.createFunction({ id: "g", concurrency: { limit: 1, scope: "world" } }, { event: "order/placed" }, async () => {});
