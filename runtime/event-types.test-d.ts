/** What authors need not write about events: each line is checked by the compiler. Nothing here runs. */
import { type } from "arktype";
import * as v from "valibot";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  Backstitch,
  type BackstitchEvent,
  type CreatedEvent,
  type EventTrigger,
  EventType,
  eventType,
  type SchemaOutput,
  type StandardSchemaV1,
  type Step,
  staticSchema,
} from "./index.ts";

const zodRow = eventType("row/zod", {
  schema: z.object({ at: z.iso.datetime().transform((text) => new Date(text)), count: z.number().default(1) }),
});
const valibotRow = eventType("row/valibot", { schema: v.object({ tags: v.array(v.string()) }) });
const arkRow = eventType("row/ark", { schema: type({ email: "string.email", "age?": "number" }) });
const staticRow = eventType("row/static", { schema: staticSchema<{ rowId: number }>() });
const bareRow = eventType("row/bare");

type ZodOutput = { at: Date; count: number };
const untyped = new Backstitch({ id: "untyped" });

// Receiving: what the schema gives, for an event type as the trigger or in it, in both forms of createFunction.
untyped.createFunction({ id: "a", triggers: zodRow }, async ({ event, events }) => {
  expectTypeOf(event.name).toEqualTypeOf<"row/zod">();
  expectTypeOf(event.data).toEqualTypeOf<ZodOutput>();
  expectTypeOf(events[0]).toEqualTypeOf(event);
});
untyped.createFunction({ id: "b", triggers: [zodRow] }, async ({ event }) => {
  expectTypeOf(event.data).toEqualTypeOf<ZodOutput>();
});
untyped.createFunction({ id: "c", triggers: { event: valibotRow } }, async ({ event }) => {
  expectTypeOf(event.data).toEqualTypeOf<{ tags: string[] }>();
});
untyped.createFunction({ id: "d" }, { event: arkRow, if: "has(event.data.age)" }, async ({ event }) => {
  expectTypeOf(event.data).toEqualTypeOf<{ email: string; age?: number }>();
});
untyped.createFunction({ id: "e" }, [staticRow, { event: bareRow }], async ({ event }) => {
  if (event.name === "row/static") expectTypeOf(event.data).toEqualTypeOf<{ rowId: number }>();
  else expectTypeOf(event.data).toBeAny();
});

// Names and types mixed: `event.name` tells them apart.
untyped.createFunction(
  { id: "f", triggers: [{ event: zodRow }, { event: "by/name", if: "event.data.x == 1" }, staticRow] },
  async ({ event }) => {
    expectTypeOf(event.name).toEqualTypeOf<"row/zod" | "by/name" | "row/static">();
    if (event.name === "row/zod") expectTypeOf(event.data).toEqualTypeOf<ZodOutput>();
    else if (event.name === "row/static") expectTypeOf(event.data).toEqualTypeOf<{ rowId: number }>();
    else expectTypeOf(event.data).toBeAny();
  },
);
const list = [{ event: "a" }, { event: zodRow }] as const;
untyped.createFunction({ id: "g", triggers: list }, async ({ event }) => {
  expectTypeOf(event.name).toEqualTypeOf<"a" | "row/zod">();
});

// The functions given as `if` are typed by the event of their trigger.
untyped.createFunction(
  {
    id: "h",
    triggers: {
      event: zodRow,
      if: ({ event }) => {
        expectTypeOf(event.data).toEqualTypeOf<ZodOutput>();
        return event.data.count > 1;
      },
    },
  },
  async ({ event }) => {
    expectTypeOf(event.data).toEqualTypeOf<ZodOutput>();
  },
);
untyped.createFunction(
  { id: "i" },
  [
    { event: zodRow, if: ({ event }) => event.data.at.getTime() > 0 },
    { event: "by/name", if: "event.data.x == 1" },
    { event: staticRow, if: ({ event }) => event.data.rowId > 0 },
  ],
  async ({ event }) => {
    expectTypeOf(event.name).toEqualTypeOf<"row/zod" | "by/name" | "row/static">();
    if (event.name === "row/zod") expectTypeOf(event.data).toEqualTypeOf<ZodOutput>();
  },
);
// @ts-expect-error the schema has no such field
untyped.createFunction({ id: "j", triggers: { event: zodRow, if: ({ event }) => event.data.nope } }, async () => {});
// @ts-expect-error a condition that is no truth value
untyped.createFunction({ id: "k", triggers: { event: zodRow, if: ({ event }) => event.data.count } }, async () => {});
// @ts-expect-error neither text nor function
untyped.createFunction({ id: "l", triggers: { event: zodRow, if: 5 } }, async () => {});
// @ts-expect-error a handler of another event
untyped.createFunction({ id: "m", triggers: zodRow }, async (_: { event: BackstitchEvent<"row/ark"> }) => {});

// A client with a map of its events: its names as before, and event types beside them.
interface ShopEvents {
  "order/placed": { data: { sku: string } };
  "order/cancelled": { data: { reason?: string } };
}
const shop = new Backstitch<ShopEvents>({ id: "shop" });
shop.createFunction(
  { id: "a", triggers: [{ event: "order/placed" }, { event: "order/cancelled" }, zodRow] },
  async ({ event }) => {
    if (event.name === "order/placed") expectTypeOf(event.data).toEqualTypeOf<{ sku: string }>();
    else if (event.name === "order/cancelled") expectTypeOf(event.data).toEqualTypeOf<{ reason?: string }>();
    else expectTypeOf(event.data).toEqualTypeOf<ZodOutput>();
  },
);
shop.createFunction(
  { id: "b" },
  { event: "order/placed", if: ({ event }) => event.data.sku.startsWith("x") },
  async ({ event }) => {
    expectTypeOf(event.data).toEqualTypeOf<{ sku: string }>();
  },
);
shop.createFunction({ id: "c", triggers: eventType("order/placed") }, async ({ event }) => {
  expectTypeOf(event.data).toEqualTypeOf<{ sku: string }>();
});
// @ts-expect-error an event that the client does not declare
shop.createFunction({ id: "d", triggers: [zodRow, { event: "order/lost" }] }, async () => {});

// Families: the events of the client whose names begin so.
shop.createFunction({ id: "e", triggers: [{ event: "order/*" }] }, async ({ event }) => {
  expectTypeOf(event.name).toEqualTypeOf<"order/placed" | "order/cancelled">();
  if (event.name === "order/placed") expectTypeOf(event.data).toEqualTypeOf<{ sku: string }>();
});
untyped.createFunction({ id: "q", triggers: { event: "order/*" } }, async ({ event }) => {
  expectTypeOf(event.name).toEqualTypeOf<`order/${string}`>();
  expectTypeOf(event.data).toBeAny();
});
untyped.createFunction({ id: "r", triggers: eventType("row/*", { schema: valibotRow.schema }) }, async ({ event }) => {
  expectTypeOf(event.name).toEqualTypeOf<`row/${string}`>();
  expectTypeOf(event.data).toEqualTypeOf<{ tags: string[] }>();
});

// Sending: what the schema takes.
expectTypeOf(zodRow.create({ at: "2030-01-01T00:00:00Z" }).data).toEqualTypeOf<{
  at: string;
  count?: number | undefined;
}>();
void untyped.send(zodRow.create({ at: "2030-01-01T00:00:00Z", count: 2 }, { id: "one", ts: 5 }));
void untyped.send([bareRow.create(), bareRow.create({ any: [1n] }), { name: "by/name", data: 1 }]);
void shop.send([arkRow.create({ email: "a@b.c" }), { name: "order/placed", data: { sku: "x" } }]);
void shop.send({ ...staticRow.create({ rowId: 1 }), id: "row-1" });
// @ts-expect-error data are missing
staticRow.create();
// @ts-expect-error a Date is what the schema gives, not what it takes
zodRow.create({ at: new Date() });
// @ts-expect-error no such option
staticRow.create({ rowId: 1 }, { when: 5 });
// @ts-expect-error data of another event
void shop.send({ name: "order/placed", data: { reason: "late" } });
const optional = eventType("optional", { schema: z.object({ note: z.string() }).optional() });
optional.create();
optional.create({ note: "x" });

// Event types are values of types that can be named.
expectTypeOf(staticRow).toEqualTypeOf<EventType<"row/static", StandardSchemaV1<{ rowId: number }>>>();
expectTypeOf(staticRow.event).toEqualTypeOf(staticRow);
const types: readonly EventType[] = [zodRow, valibotRow, arkRow, staticRow, bareRow];
expectTypeOf(types[0]?.name).toEqualTypeOf<string | undefined>();
expectTypeOf<SchemaOutput<typeof zodRow.schema>>().toEqualTypeOf<ZodOutput>();
expectTypeOf(staticRow.create({ rowId: 1 })).toExtend<CreatedEvent<"row/static", { rowId: number }>>();
const trigger: EventTrigger = { event: zodRow };
untyped.createFunction({ id: "n", triggers: trigger }, async ({ event }) => expectTypeOf(event.data).toBeAny());
const loose = [{ event: "a" }, { event: "b" }];
untyped.createFunction({ id: "o", triggers: loose }, async ({ event }) => expectTypeOf(event.name).toBeString());
// @ts-expect-error no such option of a trigger
untyped.createFunction({ id: "p", triggers: [{ event: zodRow, iff: "true" }] }, async () => {});
void EventType;
// @ts-expect-error no schema
eventType("none", { schema: { parse: () => 1 } });

// Waiting: what the schema gives; a name says nothing of the data.
async function waits(step: Step): Promise<void> {
  const byType = await step.waitForEvent("zod", { event: zodRow, timeout: "1h" });
  expectTypeOf(byType).toEqualTypeOf<BackstitchEvent<"row/zod", ZodOutput> | null>();
  const byStatic = await step.waitForEvent("static", { event: staticRow, timeout: "1h", match: "data.rowId" });
  expectTypeOf(byStatic?.data.rowId).toEqualTypeOf<number | undefined>();
  const byName = await step.waitForEvent("name", { event: "by/name", timeout: "1h" });
  expectTypeOf(byName?.name).toEqualTypeOf<"by/name" | undefined>();
  expectTypeOf(byName?.data).toBeAny();
}
void waits;
