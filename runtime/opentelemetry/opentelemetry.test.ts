import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Backstitch } from "../client.ts";
import { NonRetriableError } from "../errors.ts";
import type { Middleware } from "../middleware/middleware.ts";
import { watched } from "../middleware/watched.emitted.ts";
import { memoryStore } from "../stores/memory.ts";
import { ShiftedClock } from "../testing/shifted-clock.ts";
import type { Handler, Run } from "../types.ts";
import { type TracingOptions, tracing } from "./index.ts";

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const clients: Backstitch[] = [];
let clock = new ShiftedClock();

beforeEach(() => {
  clock = new ShiftedClock();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  exporter.reset();
  context.disable();
});

/** The second attempt of the step "second" works. */
function database(failures = 1): Middleware {
  let left = failures;
  const double = (n: number) => {
    if (n === 2 && left-- > 0) throw new TypeError("busy");
    inStep.push(trace.getSpan(context.active())?.spanContext().spanId);
    return 2 * n;
  };
  return { name: "db", transformContext: () => ({ db: { double, isOpen: true }, tenant: "acme" }) };
}
let inStep: unknown[] = [];

async function runOnce(middleware: readonly Middleware[]): Promise<Run> {
  inStep = [];
  const client = new Backstitch({ id: "app", store: memoryStore(), middleware, logger, backoff: [1] }, { clock });
  clients.push(client);
  client.createFunction({ id: "f", retries: 1 }, { event: "go" }, watched as Handler);
  await client.worker({ pollMs: 5 }).start();
  await client.send({ name: "go", id: "e1", data: { n: 1 } });
  for (;;) {
    const [run] = await client.runs.list();
    if (run?.label === "pause" && run.status === "running") clock.setForward(2_000);
    if (run && run.status !== "running") {
      await client.close();
      return run;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const traced = (options: TracingOptions = {}) => tracing({ tracerProvider, ...options });
const named = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);

test.each([true, false])("one trace per run across resumes; a context manager is there: %s", async (isManaged) => {
  if (isManaged) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const run = await runOnce([traced(), database()]);
  expect(run.output).toMatchObject({ first: 2, second: 4 });
  const activations = named("run f");
  const steps = [...named("step first"), ...named("step second")];
  expect(activations).toHaveLength(2);
  expect(steps).toHaveLength(3);
  const [begun, resumed] = activations as [ReadableSpan, ReadableSpan];
  const traceId = run.id.replaceAll("-", "");
  expect([...activations, ...steps].map((span) => span.spanContext().traceId)).toEqual(Array(5).fill(traceId));
  expect(begun.parentSpanContext).toEqual(resumed.parentSpanContext);
  expect(begun.parentSpanContext).toMatchObject({ traceId, isRemote: true });
  expect(begun.kind).toBe(SpanKind.CONSUMER);
  expect(activations.map(({ attributes }) => attributes)).toMatchObject([
    { "backstitch.run.resumed": false, "backstitch.activation.end": "released", "backstitch.run.id": run.id },
    { "backstitch.run.resumed": true, "backstitch.activation.end": "ended", "backstitch.run.status": "completed" },
  ]);
  expect(steps.map((span) => span.parentSpanContext?.spanId)).toEqual(
    [begun, resumed, resumed].map((span) => span.spanContext().spanId),
  );
  expect(steps[2]?.attributes).toEqual({
    "backstitch.function.id": "f",
    "backstitch.run.id": run.id,
    "backstitch.event.id": "e1",
    "backstitch.event.name": "go",
    "backstitch.step.id": "second",
    "backstitch.step.op": 3,
    "backstitch.step.kind": "step",
    "backstitch.step.attempt": 1,
  });
  expect(steps[1]?.status).toEqual({ code: SpanStatusCode.ERROR, message: "busy" });
  expect(steps[1]?.events).toMatchObject([{ name: "exception", attributes: { "exception.type": "TypeError" } }]);
  const working = [steps[0], steps[2]].map((span) => span?.spanContext().spanId);
  expect(inStep).toEqual(isManaged ? working : [undefined, undefined]);
});

test("a run that fails marks its last activation, whoever threw", async () => {
  const refused: Middleware = {
    name: "refused",
    wrapStep: () => Promise.reject(new NonRetriableError("refused")),
  };
  const run = await runOnce([traced(), database(), refused]);
  const [activation] = named("run f");
  expect([run.status, activation?.attributes["backstitch.run.status"]]).toEqual(["failed", "failed"]);
  expect(activation?.status).toEqual({ code: SpanStatusCode.ERROR, message: "refused" });
  expect(named("step first")[0]?.status.code).toBe(SpanStatusCode.ERROR);
  exporter.reset();
  const failing: Middleware = { name: "failing", wrapFunction: () => Promise.reject(new Error("no database")) };
  expect((await runOnce([traced(), failing])).status).toBe("failed");
  expect(named("run f").at(-1)?.status).toEqual({ code: SpanStatusCode.ERROR, message: "no database" });
});

test("sent events are spans where they were sent", async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const client = new Backstitch({ id: "app", store: memoryStore(), middleware: [traced()] });
  clients.push(client);
  await tracerProvider.getTracer("test").startActiveSpan("request", async (span) => {
    await client.send([{ name: "go", id: "a" }, { name: "stop" }, { name: "go" }]);
    span.end();
  });
  await expect(client.send({ name: "" })).rejects.toThrow(/BS2006/);
  const [sent, refused] = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.PRODUCER);
  expect(sent?.name).toBe("send go, stop");
  expect(sent?.parentSpanContext?.spanId).toBe(named("request")[0]?.spanContext().spanId);
  expect(sent?.attributes["backstitch.event.ids"]).toEqual(["a", expect.any(String), expect.any(String)]);
  expect(refused?.status.code).toBe(SpanStatusCode.ERROR);
});

test("events that a step sends are a span of the activation, with and without a context manager", async () => {
  const { wrapFunction, wrapSend } = traced();
  const run = {
    id: "0192f3c4-8a51-7cc0-9d0e-1f2a3b4c5d6e",
    functionId: "f",
    event: { id: "e", name: "go", data: {}, ts: 0 },
  };
  await wrapFunction?.({ run, resumed: false }, async () => {
    await wrapSend?.({ events: [{ name: "tell" }], run }, async () => ({ ids: ["a"] }));
    return "ended";
  });
  const [activation] = named("run f");
  const [sent] = named("send tell");
  expect(sent?.parentSpanContext?.spanId).toBe(activation?.spanContext().spanId);
  expect(sent?.spanContext().traceId).toBe(run.id.replaceAll("-", ""));
});

test("runs that others called or that repeat others are linked to their traces", async () => {
  const { wrapFunction } = traced();
  const [parent, origin] = ["0192f3c4-8a51-7cc0-9d0e-1f2a3b4c5d6e", "0192f3c4-8a51-7cc0-9d0e-1f2a3b4c5d6f"];
  const run = { id: "r", functionId: "child", event: { id: "e", name: "go", data: {}, ts: 0 } };
  for (const more of [{}, { parent }, { origin }]) {
    await wrapFunction?.({ run: { ...run, ...more }, resumed: false }, async () => "ended");
  }
  const links = named("run child").map((span) =>
    span.links.map(({ context, attributes }) => [context.traceId, attributes]),
  );
  expect(links).toEqual([
    [],
    [[parent.replaceAll("-", ""), { "backstitch.link": "parent" }]],
    [[origin.replaceAll("-", ""), { "backstitch.link": "origin" }]],
  ]);
});

test("a run that is not sampled has no spans, and without a provider nothing happens", async () => {
  const run = await runOnce([traced({ sampled: ({ functionId }) => functionId !== "f" }), database(0)]);
  expect(run.status).toBe("completed");
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["send go"]);
  expect((await runOnce([tracing(), database(0)])).status).toBe("completed");
});
