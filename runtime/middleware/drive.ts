/**
 * Drives a run through the middleware of its function, and gives it a logger that names it.
 *
 * The engine knows three things of it: properties of the handler's context, a layer around step attempts, and a failure
 * that is to count as one of the run's code. The rest is around the drive of a claim.
 */
import { decode } from "../codec/index.ts";
import type { DriveEnd, DriveRun, DriverHost, RunnableFunction } from "../engine/contract.ts";
import { driveRun as driveInEngine } from "../engine/driver.ts";
import { makeAttempt as makeInEngine, type ToldAttempt } from "../engine/lone-attempt.ts";
import { toStoredEvent } from "../events.ts";
import { boundLogger } from "../logger.ts";
import type { Claim, Commit, CommitResult } from "../store.ts";
import type { ActivationEnd, Middleware, MiddlewareRun, RunEnd } from "./middleware.ts";
import { sendLayer } from "./send.ts";
import { stepLayer } from "./steps.ts";

export const driveRun: DriveRun = (claim, fn, host) => {
  const bound = boundHost(claim, fn, host);
  const { middleware = [] } = fn;
  return middleware.length === 0 ? driveInEngine(claim, fn, bound) : new Activity(claim, fn, bound, middleware).drive();
};

/** One attempt of a step of a run that another process drives, within the hooks that are around steps. */
export function makeAttempt(claim: Claim, fn: RunnableFunction, host: DriverHost, op: number): Promise<ToldAttempt> {
  const bound = boundHost(claim, fn, host);
  const { middleware = [] } = fn;
  if (middleware.length === 0) return makeInEngine(claim, fn, bound, op);
  return new Activity(claim, fn, bound, middleware).attempt(op);
}

function boundHost(claim: Claim, { id, backoff }: RunnableFunction, host: DriverHost): DriverHost {
  const logger = boundLogger(host.logger, { runId: claim.run, functionId: id });
  const retryDelay: DriverHost["retryDelay"] = (attempt, own) => host.retryDelay(attempt, own ?? backoff);
  return { ...host, logger, ...(backoff && { retryDelay }) };
}

/** What a handler's context has without any middleware. */
const ownProperties: ReadonlySet<string> = new Set(["event", "events", "runId", "step", "group", "attempt", "logger"]);

/** One claim of a run, from when a worker takes it until it lets it go. */
class Activity {
  readonly #claim: Claim;
  readonly #fn: RunnableFunction;
  readonly #host: DriverHost;
  readonly #middleware: readonly Middleware[];
  readonly #run: MiddlewareRun;
  /** Set when the innermost `next` is called: the run is driven once, whatever the hooks do. */
  #begun: Promise<DriveEnd> | undefined;
  /** How the run ended, in the texts that were stored. */
  #end: (Pick<RunEnd, "status"> & { readonly texts: Pick<Commit, "output" | "error"> }) | undefined;

  constructor(claim: Claim, fn: RunnableFunction, host: DriverHost, middleware: readonly Middleware[]) {
    this.#claim = claim;
    this.#fn = fn;
    this.#host = host;
    this.#middleware = middleware;
    this.#run = runOf(claim);
  }

  /** What the engine rejects with is its own condition: it is the caller's, and never taken for a failure of a hook. */
  async drive(): Promise<DriveEnd> {
    try {
      await this.#enter(0);
    } catch (error) {
      if (this.#begun === undefined) return this.#fail(error);
      const end = await this.#begun;
      this.#report("a `wrapFunction`", error);
      return end;
    }
    return this.#begun ?? this.#fail(new TypeError("a `wrapFunction` of its middleware did not call `next`"));
  }

  async attempt(op: number): Promise<ToldAttempt> {
    const extension = await this.#extension();
    return makeInEngine(this.#claim, this.#fn, { ...this.#host, ...this.#layers(), extension }, op);
  }

  async #enter(depth: number): Promise<ActivationEnd> {
    const layer = this.#middleware[depth];
    if (layer === undefined) return this.#begin();
    const resumed = this.#claim.frame !== null;
    const next = () => this.#enter(depth + 1);
    if (layer.wrapFunction === undefined) return next();
    await layer.wrapFunction({ run: this.#run, resumed }, next);
    // What it gives is not looked at: how the activation ended is stored already.
    return this.#begun ?? "released";
  }

  #begin(): Promise<DriveEnd> {
    this.#begun ??= this.#extension().then(
      (extension) => this.#driveWith({ extension }),
      (error: unknown) => this.#fail(error),
    );
    return this.#begun;
  }

  async #extension(): Promise<Readonly<Record<string, unknown>>> {
    const extension: Record<string, unknown> = {};
    for (const layer of this.#middleware) {
      const added = (await layer.transformContext?.({ run: this.#run })) ?? {};
      const taken = Object.keys(added).find((key) => ownProperties.has(key) || key in extension);
      if (taken !== undefined) {
        throw new TypeError(
          `transformContext of the middleware "${layer.name}" gave \`${taken}\`, which the context has already`,
        );
      }
      Object.assign(extension, added);
    }
    return extension;
  }

  /** A hook threw before any code of the run: that counts as an attempt of the code, and the run is let go. */
  #fail(error: unknown): Promise<DriveEnd> {
    return this.#driveWith({ failure: { error }, holdMs: -1 });
  }

  async #driveWith(changes: Partial<DriverHost>): Promise<DriveEnd> {
    const end = await driveInEngine(this.#claim, this.#fn, {
      ...this.#host,
      ...this.#layers(),
      onStart: () => this.#tellStart(),
      ...changes,
      commit: (commit) => this.#commit(commit),
    });
    await this.#tellEnd();
    return end;
  }

  #layers(): Pick<DriverHost, "aroundStep" | "aroundSend"> {
    const aroundStep = stepLayer(this.#middleware, this.#run);
    const { clock } = this.#host;
    const { app } = this.#claim.event;
    const aroundSend = sendLayer(this.#middleware, this.#run, (event) => toStoredEvent(event, app, clock.now()));
    return { ...(aroundStep && { aroundStep }), ...(aroundSend && { aroundSend }) };
  }

  async #tellStart(): Promise<void> {
    for (const layer of this.#middleware) await layer.onRunStart?.({ run: this.#run });
  }

  async #commit(commit: Commit): Promise<CommitResult> {
    const result = await this.#host.commit(commit);
    const { status } = commit;
    if (result === "ok" && status !== "running" && status !== "blocked") this.#end = { status, texts: commit };
    return result;
  }

  /** Innermost first, as everything that ends. */
  async #tellEnd(): Promise<void> {
    if (this.#end === undefined) return;
    const { status, texts } = this.#end;
    for (const layer of this.#middleware.filter(({ onRunEnd }) => onRunEnd).reverse()) {
      try {
        const end = { status, output: decodedText(texts.output), error: decodedText(texts.error) };
        await layer.onRunEnd?.({ run: this.#run, end });
      } catch (thrown) {
        this.#report(`onRunEnd of the middleware "${layer.name}"`, thrown);
      }
    }
  }

  #report(hook: string, error: unknown): void {
    this.#host.logger.error({ err: error }, `backstitch: ${hook} threw when it could change nothing any more`);
  }
}

function decodedText(text: string | undefined): unknown {
  return text === undefined ? undefined : decode(text);
}

/** The data of its event are decoded when a hook asks for them. */
function runOf({ run, functionId, event, origin }: Claim): MiddlewareRun {
  let read: { readonly data: unknown } | undefined;
  return {
    id: run,
    functionId,
    // Nobody waits for a rerun, though its event is the same.
    parent: origin ? undefined : event.parent?.run,
    origin: origin?.run,
    event: {
      id: event.id,
      name: event.name,
      ts: event.receivedAt,
      get data() {
        read ??= { data: decode(event.data) };
        return read.data;
      },
    },
  };
}
