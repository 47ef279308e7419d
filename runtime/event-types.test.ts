import { type } from "arktype";
import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { Backstitch } from "./client.ts";
import { decode, encode } from "./codec/index.ts";
import { BackstitchError, InvalidEventError } from "./errors.ts";
import { eventType, isEventType, staticSchema } from "./event-types.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";
import { memoryStore } from "./stores/memory.ts";

const clients: Backstitch[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

function setUp() {
  const store = memoryStore();
  const client = new Backstitch({ id: "app", store });
  clients.push(client);
  return { client, stored: () => store.unroutedEvents("app", 10) };
}

const schemas = {
  zod: z.object({ user: z.object({ id: z.number() }), tags: z.array(z.string()) }),
  "zod, async": z.object({
    user: z.object({ id: z.number().refine(async (id) => id > 0) }),
    tags: z.array(z.string()),
  }),
  valibot: v.object({ user: v.object({ id: v.number() }), tags: v.array(v.string()) }),
  "valibot, async": v.objectAsync({
    user: v.objectAsync({
      id: v.pipeAsync(
        v.number(),
        v.checkAsync(async (id) => id > 0),
      ),
    }),
    tags: v.array(v.string()),
  }),
  arktype: type({ user: { id: "number" }, tags: "string[]" }),
} satisfies Readonly<Record<string, StandardSchemaV1>>;

test.each(Object.entries<StandardSchemaV1>(schemas))(
  "%s: events are validated when they are sent",
  async (_, schema) => {
    const { client, stored } = setUp();
    const signedUp = eventType("user/signed.up", { schema });
    const good = { user: { id: 1 }, tags: ["x"] };
    const { ids } = await client.send(signedUp.create(good, { id: "one", ts: 5 }));
    expect(ids).toEqual(["one"]);
    expect(await stored()).toMatchObject([{ name: "user/signed.up", data: encode(good), receivedAt: 5 }]);
    const sending = client.send([signedUp.create(good), signedUp.create({ user: { id: "7" }, tags: ["x", 5] })]);
    const error = await sending.catch((caught: unknown) => caught as InvalidEventError);
    expect(error).toBeInstanceOf(InvalidEventError);
    expect(error).toMatchObject({ name: "InvalidEventError", code: "BS2016" });
    expect((error as InvalidEventError).issues.map(({ path }) => path).sort()).toEqual([
      "data.tags[1]",
      "data.user.id",
    ]);
    expect((error as InvalidEventError).message).toMatch(
      /^An event does not fit its schema: event "user\/signed.up" at data\.\S+: .*; at data\..*Correct the data, or the schema of the event\. \(BS2016\)$/,
    );
    expect(await stored()).toHaveLength(1);
  },
);

test("an async check that does not hold refuses the event", async () => {
  const { client, stored } = setUp();
  for (const schema of [schemas["zod, async"], schemas["valibot, async"]]) {
    const sending = client.send(eventType("a", { schema }).create({ user: { id: -1 }, tags: [] }));
    await expect(sending).rejects.toThrow(/event "a" at data\.user\.id: .*BS2016/);
  }
  expect(await stored()).toEqual([]);
});

test("what was given is stored, and not what the schema makes of it", async () => {
  const { client, stored } = setUp();
  const schema = z.object({ at: z.string().transform((text) => new Date(text)), count: z.number().default(1) });
  await client.send(eventType("a", { schema }).create({ at: "2030-01-01" }));
  expect(await stored()).toMatchObject([{ data: encode({ at: "2030-01-01" }) }]);
});

test("a changed copy of an event is validated as it is sent", async () => {
  const { client, stored } = setUp();
  const created = eventType("a", { schema: z.object({ n: z.number() }) }).create({ n: 1 });
  const wrong: object = { ...created, data: { n: "x" } };
  await expect(client.send(wrong as never)).rejects.toThrow("at data.n");
  await client.send({ ...created, id: "copy" });
  expect(await stored()).toMatchObject([{ id: "copy" }]);
});

test("without a schema, and with a static one, anything may be sent", async () => {
  const { client, stored } = setUp();
  const wrong: object = { n: "x" };
  await client.send([
    eventType("a").create(),
    eventType("b").create(new Map([[1n, 2]])),
    eventType("c", { schema: staticSchema<{ n: number }>() }).create(wrong as { n: number }),
  ]);
  expect((await stored()).map(({ data }) => decode(data))).toEqual([{}, new Map([[1n, 2]]), { n: "x" }]);
});

test("a schema that throws lets nothing pass, and its error is the cause", async () => {
  const { client, stored } = setUp();
  const down = new Error("the directory is down");
  const validate = () => Promise.reject(down);
  const schema: StandardSchemaV1<object> = { "~standard": { version: 1, vendor: "test", validate } };
  const sending = client.send(eventType("a", { schema }).create({}));
  await expect(sending).rejects.toThrow(/event "a" at data: the schema threw Error: the directory is down\..*BS2016/);
  await expect(sending).rejects.toMatchObject({ cause: down });
  expect(await stored()).toEqual([]);
});

test("paths are written as JavaScript, and a long list of issues is cut", async () => {
  const path = ["a", 0, "b c", Symbol("s"), { key: "d" }];
  const issues = [{ message: "no." }, { message: "bad", path }, ...Array.from({ length: 5 }, () => ({ message: "x" }))];
  const schema: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: () => ({ issues }) } };
  const error = await eventType("e", { schema })
    .create(1)
    .validate()
    .catch((caught: unknown) => caught as InvalidEventError);
  expect((error as InvalidEventError).message).toContain(
    'event "e" at data: no; at data.a[0]["b c"][Symbol(s)].d: bad; at data: x; at data: x; at data: x; and 2 more. Correct',
  );
  expect((error as InvalidEventError).issues).toHaveLength(7);
});

test("the error comes back from its stored text as it was", async () => {
  const created = eventType("a", { schema: z.object({ n: z.number() }) }).create({ n: Number.NaN });
  const error = await created.validate().catch((caught: unknown) => caught as InvalidEventError);
  const back = decode(encode(error)) as InvalidEventError;
  expect(back).toBeInstanceOf(InvalidEventError);
  expect(back).toBeInstanceOf(BackstitchError);
  expect(back).toEqual(error);
  expect(back.issues[0]?.path).toBe("data.n");
});

test.each<[unknown[], RegExp]>([
  [[], /`name` of eventType\(\) is missing.*BS2018/],
  [[" "], /`name` of eventType\(\) is not a text.*BS2018/],
  [["a", { shema: 1 }], /eventType\("a"\) has no option `shema`.*`schema`.*BS2018/],
  [["a", z.object({})], /eventType\("a"\) has no option .*BS2018/],
  [["a", { schema: { parse() {} } }], /`schema` of eventType\("a"\) has no `~standard` of version 1.*BS2018/],
  [["a", { schema: null }], /`schema` of eventType\("a"\) has no.*BS2018/],
])("a wrong event type is refused: %#", (args, message) => {
  expect(() => Reflect.apply(eventType, undefined, args)).toThrow(message);
});

test("a wrong option of an event is refused", () => {
  const create = eventType("a").create as (data: unknown, options: unknown) => unknown;
  expect(() => Reflect.apply(create, eventType("a"), [{}, { when: 1 }])).toThrow(
    /create\(\) of event type "a" has no option `when`.*BS2006/,
  );
});

test("two copies of the package agree on what an event type is", async () => {
  const copy: { eventType: typeof eventType } = await import(`./event-types.ts?${"copy"}`);
  expect(copy.eventType).not.toBe(eventType);
  expect(isEventType(copy.eventType("a"))).toBe(true);
  expect([isEventType("a"), isEventType({ name: "a" }), isEventType(null)]).toEqual([false, false, false]);
});
