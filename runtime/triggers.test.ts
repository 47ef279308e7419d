import { expect, test } from "vitest";
import { z } from "zod";
import { InvalidEventError } from "./errors.ts";
import { eventType } from "./event-types.ts";
import { isTriggered, receive, registerTriggers } from "./triggers.ts";
import type { BackstitchEvent } from "./types.ts";

const where = 'function "f"';
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const placed = eventType("order/placed", {
  schema: z.object({ total: z.coerce.number(), at: z.string().transform((text) => new Date(text)) }),
});
const second = eventType("order/placed", { schema: z.object({ version: z.literal(2), sum: z.number() }) });

const eventOf = (name: string, data: unknown): BackstitchEvent => ({ id: "e", name, data, ts: 1 });
const started = (given: unknown, event: BackstitchEvent) => isTriggered(registerTriggers(given, where), event, logger);
const received = (given: unknown, event: BackstitchEvent) => receive(registerTriggers(given, where), event, logger);

test("names, event types and triggers that hold them are registered", () => {
  const [name, bare, held, conditional] = registerTriggers(
    [{ event: "a" }, placed, { event: eventType("b") }, { event: placed, if: "event.data.total > 1" }],
    where,
  );
  expect(name).toEqual({ event: "a" });
  expect(bare).toEqual({ event: "order/placed", schema: placed.schema });
  expect(held).toEqual({ event: "b" });
  expect(conditional).toMatchObject({ event: "order/placed", if: { text: "event.data.total > 1" } });
  expect(registerTriggers(placed, where)).toEqual([bare]);
});

const same = ({ event }: { event: BackstitchEvent }) => event.data.total > 1;
test.each<[unknown, RegExp]>([
  [[{ event: "a" }, { event: "b" }, { event: "a" }], /function "f" is triggered by "a" twice\. Remove one.*BS2019/],
  [[placed, { event: placed }], /triggered by "order\/placed" twice.*BS2019/],
  [
    [
      { event: "a", if: "event.ts > 1" },
      { event: "a", if: "event.ts > 1" },
    ],
    /triggered by "a" if "event.ts > 1" twice.*BS2019/,
  ],
  [
    [
      { event: "a", if: same },
      { event: "a", if: same },
    ],
    /triggered by "a" if .*twice.*BS2019/,
  ],
  [
    { event: "a", if: "event.data." },
    /`if` of a trigger of function "f", "event.data\.", is wrong at position 11.*BS2017/,
  ],
  [{ event: "a", if: null }, /`if` of a trigger of function "f" is null.*BS2017/],
  [{ event: "a", iff: "true" }, /a trigger of function "f" has no option `iff`.*`event`, `if`.*BS2003/],
  [{ event: "*" }, /`event` of a trigger of function "f" is "\*"\. A `\*` may stand at the end.*BS2003/],
  [{ event: "a/*/b" }, /is "a\/\*\/b".*BS2003/],
  [eventType("order*"), /is "order\*".*BS2003/],
  ["a", /a trigger of function "f" needs an object.*BS2003/],
  [[[placed]], /a trigger of function "f" needs an object.*BS2003/],
])("wrong triggers are named: %#", (given, message) => {
  expect(() => registerTriggers(given, where)).toThrow(message);
});

test("two triggers of one event with different conditions, or schemas, are fine", () => {
  const conditions = [{ event: "a", if: "event.ts > 1" }, { event: "a", if: "event.ts < 1" }, { event: "a" }];
  expect(registerTriggers(conditions, where)).toHaveLength(3);
  expect(registerTriggers([placed, second], where)).toHaveLength(2);
  const above = (least: number) => ({ event: "a", if: ({ event }: { event: BackstitchEvent }) => event.ts > least });
  expect(registerTriggers([above(1), above(2)], where)).toHaveLength(2);
});

test("a family is for all events whose names begin so", async () => {
  const family = [{ event: "order/item.*" }, { event: "shop/*", if: "event.data.n == 1" }];
  expect(await started(family, eventOf("order/item.added", {}))).toBe(true);
  expect(await started(family, eventOf("order/item.", {}))).toBe(true);
  expect(await started(family, eventOf("order/items", {}))).toBe(false);
  expect(await started(family, eventOf("shop/a/b", { n: 1 }))).toBe(true);
  expect(await started(family, eventOf("shop/a/b", { n: 2 }))).toBe(false);
  const typed = eventType("order/*", { schema: z.object({ n: z.coerce.number() }) });
  expect(await received(typed, eventOf("order/placed", { n: "1" }))).toEqual({ data: { n: 1 } });
});

test("a condition decides whether an event starts a run, and sees what the schema makes of the data", async () => {
  const good = eventOf("order/placed", { total: "120", at: "2030-01-01" });
  expect(await started({ event: "order/placed", if: 'event.data.total == "120"' }, good)).toBe(true);
  expect(await started({ event: placed, if: "event.data.total > 100" }, good)).toBe(true);
  expect(await started({ event: placed, if: "event.data.total > 200" }, good)).toBe(false);
  expect(await started({ event: placed, if: "event.data.at.getFullYear() == 2030" }, good)).toBe(true);
  expect(await started([{ event: placed, if: "event.data.total > 200" }, { event: "order/placed" }], good)).toBe(true);
  expect(await started({ event: "order/placed", if: "event.data.gone.deeper > 1" }, good)).toBe(false);
  expect(
    await started({ event: "order/placed", if: ({ event }: { event: BackstitchEvent }) => event.data.gone.x }, good),
  ).toBe(false);
  expect(await started({ event: "other", if: "true" }, good)).toBe(false);
});

test("an event that does not fit starts a run, unless the condition can tell that it is for others", async () => {
  const wrong = eventOf("order/placed", { total: "many", kind: "gift" });
  expect(await started(placed, wrong)).toBe(true);
  expect(await started({ event: placed, if: "event.data.at > timestamp('2030-01-01T00:00:00Z')" }, wrong)).toBe(false);
  expect(await started({ event: placed, if: "event.data.at.getFullYear() == 2030" }, wrong)).toBe(true);
  expect(await started({ event: placed, if: 'event.data.kind == "gift"' }, wrong)).toBe(true);
  expect(await started({ event: placed, if: 'event.data.kind == "sale"' }, wrong)).toBe(false);
});

test("a run receives what the schema gives, or the reason why it gives nothing", async () => {
  const good = eventOf("order/placed", { total: "120", at: "2030-01-01", more: 1 });
  expect(await received(placed, good)).toEqual({ data: { total: 120, at: new Date("2030-01-01") } });
  expect(await received({ event: "order/placed" }, good)).toEqual({ data: good.data });
  const failed = await received(placed, eventOf("order/placed", { total: "many" }));
  expect(failed).toEqual({ error: expect.any(InvalidEventError) });
  expect("error" in failed && failed.error.issues.map(({ path }) => path)).toEqual(["data.total", "data.at"]);
});

test("of several schemas, the first that fits and whose condition holds counts", async () => {
  const both = [{ event: placed }, { event: second }];
  expect(await received(both, eventOf("order/placed", { version: 2, sum: 5 }))).toEqual({
    data: { version: 2, sum: 5 },
  });
  const conditional = [
    { event: placed, if: "event.data.total > 200" },
    { event: "order/placed", if: 'event.data.total == "120"' },
  ];
  const event = eventOf("order/placed", { total: "120", at: "2030-01-01" });
  expect(await received(conditional, event)).toEqual({ data: event.data });
  const none = [conditional[0], { event: "order/placed", if: "false" }];
  expect(await received(none, event)).toEqual({ data: { total: 120, at: new Date("2030-01-01") } });
  expect(await received(both, eventOf("order/placed", 5))).toEqual({ error: expect.any(InvalidEventError) });
});

test("a run that no trigger started is held to the schemas that there are", async () => {
  expect(await received([placed, second], eventOf("called", { version: 2, sum: 5 }))).toMatchObject({
    data: { sum: 5 },
  });
  expect(await received([placed, second], eventOf("called", {}))).toMatchObject({ error: { code: "BS2016" } });
  expect(await received({ event: "a" }, eventOf("called", { x: 1 }))).toEqual({ data: { x: 1 } });
});
