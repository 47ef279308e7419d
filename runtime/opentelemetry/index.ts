/** Traces of runs with OpenTelemetry: a middleware. */
import { createHash } from "node:crypto";
import {
  type Attributes,
  type Context,
  context,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import type { Middleware, MiddlewareRun, MiddlewareStep } from "../middleware/middleware.ts";

/** Options of `tracing()`. */
export interface TracingOptions {
  /** Default: the global one. */
  readonly tracerProvider?: TracerProvider | undefined;
  /**
   * Whether a run is traced; default: each is. Asked at each activation, perhaps in another process, so it must always say
   * the same of a run. A sampler of the provider sees the spans of a run as those of a remote parent.
   */
  readonly sampled?: ((run: MiddlewareRun) => boolean) | undefined;
}

/**
 * One trace per run, whatever number of times it is resumed and in whatever process: its id is the run's id without the
 * dashes. Each activation is a span of it, each attempt of a step a span below that, and so is `step.sendEvent`; each
 * `client.send()` is a span where it was called. Activations are linked to the trace of the run that called or was repeated. Needs the package `@opentelemetry/api`; without a provider it does nothing.
 *
 * @example
 * import { tracing } from "backstitch/opentelemetry";
 *
 * const client = new Backstitch({ id: "shop", store, middleware: [tracing()] });
 */
export function tracing({ tracerProvider, sampled }: TracingOptions = {}): Middleware {
  // Asked each time: a program may register its provider after this.
  const tracer = () => (tracerProvider ?? trace).getTracer("backstitch");
  const activations = new WeakMap<MiddlewareRun, Context>();
  return {
    name: "opentelemetry",
    wrapFunction({ run, resumed }, next) {
      const parent = trace.setSpanContext(context.active(), rootOf(run, sampled?.(run) ?? true));
      const attributes = { ...aboutRun(run), "backstitch.run.resumed": resumed };
      const options = { kind: SpanKind.CONSUMER, attributes, links: linksOf(run) };
      return within(tracer().startSpan(`run ${run.functionId}`, options, parent), parent, async (inner, span) => {
        activations.set(run, inner);
        const end = await next();
        span.setAttribute("backstitch.activation.end", end);
      });
    },
    onRunEnd({ run, end }) {
      const span = trace.getSpan(activations.get(run) ?? context.active());
      span?.setAttribute("backstitch.run.status", end.status);
      if (span && end.status === "failed") fail(span, end.error);
    },
    wrapStep({ run, step }, next) {
      const parent = activations.get(run) ?? context.active();
      const options = { attributes: { ...aboutRun(run), ...aboutStep(step) } };
      return within(tracer().startSpan(`step ${step.id}`, options, parent), parent, next);
    },
    wrapSend({ events, run }, next) {
      const parent = (run && activations.get(run)) ?? context.active();
      return within(startSend(tracer(), events, parent), parent, async (_, span) => {
        const sent = await next();
        span.setAttribute("backstitch.event.ids", sent.ids);
        return sent;
      });
    },
  };
}

/** The events are not checked yet. */
function startSend(tracer: Tracer, events: readonly unknown[], parent: Context): Span {
  const kinds = [...new Set(events.map((event) => String((event as { name?: unknown } | null)?.name)))];
  const attributes = { "backstitch.event.names": kinds };
  return tracer.startSpan(`send ${kinds.join(", ")}`, { kind: SpanKind.PRODUCER, attributes }, parent);
}

/** Runs work as that of a span, and ends it. */
async function within<Result>(
  span: Span,
  parent: Context,
  work: (inner: Context, span: Span) => Promise<Result>,
): Promise<Result> {
  const inner = trace.setSpan(parent, span);
  try {
    return await context.with(inner, () => work(inner, span));
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

function fail(span: Span, error: unknown): void {
  const thrown = error instanceof Error ? error : new Error(String(error));
  span.recordException(thrown);
  span.setStatus({ code: SpanStatusCode.ERROR, message: thrown.message });
}

/** To the traces of the run that called this one, and of the run of which it is a rerun or a fork. */
function linksOf({ parent, origin }: MiddlewareRun): Link[] {
  const linked = (id: string | undefined, kind: string) =>
    id === undefined ? [] : [{ context: rootOf({ id }, true), attributes: { "backstitch.link": kind } }];
  return [...linked(parent, "parent"), ...linked(origin, "origin")];
}

/** The parent of all spans of a run: no span of its own is exported for it, since a run is in no process all the time. */
function rootOf({ id }: Pick<MiddlewareRun, "id">, isSampled: boolean): SpanContext {
  const hash = createHash("sha256").update(id).digest("hex");
  const own = id.replaceAll("-", "");
  return {
    traceId: /^[0-9a-f]{32}$/.test(own) ? own : hash.slice(0, 32),
    spanId: hash.slice(-16),
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
}

function aboutRun({ id, functionId, event }: MiddlewareRun): Attributes {
  return {
    "backstitch.function.id": functionId,
    "backstitch.run.id": id,
    "backstitch.event.id": event.id,
    "backstitch.event.name": event.name,
  };
}

function aboutStep({ id, op, kind, attempt }: MiddlewareStep): Attributes {
  return {
    "backstitch.step.id": id,
    "backstitch.step.op": op,
    "backstitch.step.kind": kind,
    "backstitch.step.attempt": attempt,
  };
}
