/** Checked by the compiler: each line is a promise about what authors need not write. Nothing here runs. */
import { expectTypeOf } from "vitest";
import {
  Backstitch,
  type BackstitchEvent,
  type Context,
  durable,
  type FetchedResponse,
  type Handle,
  local,
  type Run,
  referenceFunction,
  registerClass,
  type Step,
  StepError,
} from "./index.ts";

declare const services: {
  dalle(prompt: string): Promise<string>;
  createRow(id: number): Promise<{ id: number; at: Date }>;
  updateMetric(): void;
};

const untyped = new Backstitch({ id: "untyped" });

// The two programs: event data of an untyped client are used freely, outputs need no cast.
untyped.createFunction({ id: "generate" }, { event: "prompt.created" }, async ({ event, step }) => {
  let imageURL: string | null = null;
  let via: "dall-e" | "midjourney";
  try {
    imageURL = await step.run("dall-e", () => services.dalle(event.data.prompt));
    via = "dall-e";
  } catch (err) {
    expectTypeOf(err).toBeUnknown();
    if (err instanceof StepError) expectTypeOf(err.stepId).toBeString();
    imageURL = await step.run("midjourney", () => services.dalle(event.data.prompt));
    via = "midjourney";
  }
  await step.run("notify", () => ({ imageURL, via }));
});

untyped.createFunction({ id: "add" }, { event: "app/row.added" }, async ({ event, step }) => {
  expectTypeOf(await step.run("metric", () => services.createRow(1)).catch()).toEqualTypeOf<
    { id: number; at: Date } | undefined
  >();
  await step.run("metric", () => services.updateMetric()).catch();
  await step
    .run("create", async () => {
      const row = await services.createRow(event.data.rowId);
      expectTypeOf(row.at).toEqualTypeOf<Date>();
    })
    .catch((err) => step.run("rollback", async () => err.message.length));
});

interface ShopEvents {
  "order/placed": { data: { items: readonly { sku: string; count: number }[]; placedAt: Date } };
  "order/cancelled": { data: { reason?: string } };
  "shop/opened": { data?: undefined };
}
const shop = new Backstitch<ShopEvents>({ id: "shop" });

// Both forms infer the event's data from the trigger, and the output from the handler.
const placed = shop.createFunction({ id: "placed", triggers: [{ event: "order/placed" }] }, async ({ event }) => {
  expectTypeOf(event.name).toEqualTypeOf<"order/placed">();
  expectTypeOf(event.data.placedAt).toEqualTypeOf<Date>();
  return event.data.items.length;
});
expectTypeOf(placed.handler).returns.toEqualTypeOf<number | PromiseLike<number>>();

shop.createFunction({ id: "cancelled", retries: 2 }, { event: "order/cancelled" }, async ({ event, events }) => {
  expectTypeOf(event.data.reason).toEqualTypeOf<string | undefined>();
  expectTypeOf(events[0]).toEqualTypeOf(event);
});

shop.createFunction(
  { id: "either", triggers: [{ event: "order/placed" }, { event: "order/cancelled" }] },
  async ({ event }) => {
    if (event.name === "order/placed") expectTypeOf(event.data.items.length).toBeNumber();
    else expectTypeOf(event.data.reason).toEqualTypeOf<string | undefined>();
  },
);

// @ts-expect-error an event that the client does not declare
shop.createFunction({ id: "unknown" }, { event: "order/lost" }, async () => {});
// @ts-expect-error a function without a trigger
shop.createFunction({ id: "untriggered" }, async () => {});

// Sending.
void shop.send({ name: "order/placed", data: { items: [], placedAt: new Date() }, id: "o-1", ts: 0 });
void shop.send([{ name: "shop/opened" }, { name: "order/cancelled", data: {} }]);
void untyped.send({ name: "anything" });
void untyped.send({ name: "anything", data: { deep: [1n] } });
// @ts-expect-error data of another event
void shop.send({ name: "order/placed", data: { reason: "late" } });
// @ts-expect-error data that the event must have
void shop.send({ name: "order/placed" });
// @ts-expect-error no such option
void shop.send({ name: "shop/opened", when: 3 });

// Steps: values keep their types, promises are unwrapped, inputs are checked.
async function tools(step: Step): Promise<void> {
  expectTypeOf(step.run("a", async () => new Map([["k", 1n]]))).toEqualTypeOf<Handle<Map<string, bigint>>>();
  expectTypeOf(await step.run("b", (n: number, text: string) => text.repeat(n), 2, "x")).toBeString();
  expectTypeOf(await step.run({ id: "c", name: "See" }, () => {})).toBeVoid();
  expectTypeOf(await step.run("context", ({ attempt, signal }) => (signal.aborted ? 0 : attempt))).toBeNumber();
  expectTypeOf(await step.run("both", (n, { idempotencyKey }) => idempotencyKey.repeat(n), 2)).toBeString();
  expectTypeOf(await step.run("untyped", (n) => n.toFixed(), 2)).toBeString();
  expectTypeOf(await step.run("optional", (n?: number) => n ?? 0)).toBeNumber();
  expectTypeOf(await step.sleep("d", 5)).toBeVoid();
  expectTypeOf(await step.sleep("e", "5 minutes")).toBeVoid();
  expectTypeOf(await step.sleepUntil("f", new Date())).toBeVoid();
  expectTypeOf(await step.map(new Set([1]), { concurrency: 2 }, async (n, index) => `${n + index}`)).toEqualTypeOf<
    string[]
  >();
  const response = await step.fetch(new URL("https://a.b"), { method: "POST", body: new URLSearchParams({ a: "b" }) });
  expectTypeOf(response).toEqualTypeOf<FetchedResponse>();
  expectTypeOf(response).toExtend<Response>();
  expectTypeOf(response.clone()).toEqualTypeOf<FetchedResponse>();
  // @ts-expect-error a body that cannot be stored
  void step.fetch("https://a.b", { method: "POST", body: new FormData() });
  // @ts-expect-error a signal
  void step.fetch("https://a.b", { signal: AbortSignal.timeout(1) });
  expectTypeOf(step.map(["a"], (text) => text.length)).toEqualTypeOf<Handle<number[]>>();
  // What undoes a step is given what the step gave, and the step still gives it.
  const booked = step.run("book", async () => ({ room: 7 })).rollback(({ room }) => room.toFixed());
  expectTypeOf(booked).toEqualTypeOf<Handle<{ room: number }>>();
  // @ts-expect-error the step gives no text
  void step.run("book", () => 7).rollback((room: string) => room);
  expectTypeOf(await step.ai.wrap("ask", async (n: number) => [n], 1)).toEqualTypeOf<number[]>();
  const sum = untyped.createFunction({ id: "sum" }, { event: "sum" }, async () => 7n);
  expectTypeOf(await step.invoke("by-function", { function: sum, timeout: "1h" })).toEqualTypeOf<bigint>();
  const named = referenceFunction<typeof sum>({ functionId: "sum" });
  expectTypeOf(await step.invoke("by-reference", { function: named })).toEqualTypeOf<bigint>();
  expectTypeOf(await step.sendSignal("tell", { signal: "s" })).toEqualTypeOf<{ readonly runId: string | undefined }>();
  // @ts-expect-error no function
  void step.map([1], { concurrency: 2 });
  // @ts-expect-error an input of another type
  void step.run("g", (n: number) => n, "text");
  // @ts-expect-error an input is missing
  void step.run("h", (n: number) => n);
  // @ts-expect-error no id
  void step.run(() => 1);
}
void tools;

// A group gives what its callback gives.
async function groups({ group, step }: Context): Promise<void> {
  expectTypeOf(group.parallel(async () => step.run("a", () => 1))).toEqualTypeOf<Handle<number>>();
  expectTypeOf(
    await group.parallel({ mode: "race" }, () => Promise.race([step.run("a", () => 1), step.run("b", () => "b")])),
  ).toEqualTypeOf<number | string>();
  // @ts-expect-error no such mode
  void group.parallel({ mode: "all" }, async () => 1);
}
void groups;

// Handles are promises, and what is made from one is a handle.
async function handles(handle: Handle<number>): Promise<void> {
  expectTypeOf(handle).toMatchTypeOf<Promise<number>>();
  expectTypeOf(handle.catch()).toEqualTypeOf<Handle<number | undefined>>();
  expectTypeOf(handle.catch(() => "none")).toEqualTypeOf<Handle<number | string>>();
  expectTypeOf(handle.catch(async () => "none")).toEqualTypeOf<Handle<number | string>>();
  expectTypeOf(handle.catch((error: Error) => error.message)).toEqualTypeOf<Handle<number | string>>();
  expectTypeOf(handle.then((n) => [n])).toEqualTypeOf<Handle<number[]>>();
  expectTypeOf(
    handle.then(
      (n) => n > 1,
      () => null,
    ),
  ).toEqualTypeOf<Handle<boolean | null>>();
  expectTypeOf(handle.finally(() => {})).toEqualTypeOf<Handle<number>>();
  expectTypeOf(await Promise.all([handle, handle.catch(), "plain"])).toEqualTypeOf<
    [number, number | undefined, string]
  >();
  expectTypeOf(await Promise.race([handle, handle.then(String)])).toEqualTypeOf<number | string>();
}
void handles;

// Helpers take the parts they need; a context of a typed event fits a helper for any event.
async function notify({ step, runId, logger, attempt }: Context): Promise<void> {
  logger.info(runId, attempt);
  await step.run("notify", () => {});
}
shop.createFunction({ id: "helped" }, { event: "shop/opened" }, (context) => notify(context));
async function narrow({ event }: Context<BackstitchEvent<"order/placed", { items: readonly unknown[] }>>) {
  return event.data.items;
}
shop.createFunction({ id: "narrow" }, { event: "order/placed" }, narrow);

expectTypeOf(durable(async (step: Step, sum: number) => step.run("pay", () => sum))).parameters.toEqualTypeOf<
  [Step, number]
>();
expectTypeOf(local(() => new URL("https://a.b"))).toEqualTypeOf<URL>();
expectTypeOf(shop.runs.get("id")).resolves.toEqualTypeOf<Run | undefined>();
expectTypeOf<Run["output"]>().toBeUnknown();

// A worker takes functions of any event and output.
shop.worker({ functions: [placed] });

/** A value that only its own factory makes. */
class Money {
  readonly #cents: bigint;
  private constructor(cents: bigint) {
    this.#cents = cents;
  }
  static of(cents: bigint) {
    return new Money(cents);
  }
  toString() {
    return `${this.#cents} cents`;
  }
}
registerClass(Money, { encode: (money) => money.toString(), decode: (text: string) => Money.of(BigInt(text.length)) });
