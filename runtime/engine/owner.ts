/** What an activation sees of its driver, and how the driver waits for it. */
import type { Clock } from "../clock.ts";
import type { Claim } from "../store.ts";
import type { BackstitchEvent } from "../types.ts";
import type { Activation, ActivationOwner } from "./activation.ts";
import { Bell } from "./bell.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import { encodeAnew } from "./image.ts";
import { eventOf } from "./load.ts";
import { invokedEvent } from "./message-tools.ts";
import { RunPieces } from "./run-pieces.ts";
import type { Tools } from "./tools.ts";

export class RunOwner implements ActivationOwner {
  readonly run: string;
  readonly app: string;
  readonly handler: object;
  readonly logger: ActivationOwner["logger"];
  readonly extension: DriverHost["extension"];
  readonly wrapsSend: boolean;
  readonly ownsArguments: boolean;
  readonly pieces: RunPieces;
  protected readonly claim: Claim;
  protected readonly fn: RunnableFunction;
  protected readonly host: DriverHost;
  readonly #bell = new Bell();

  constructor(claim: Claim, fn: RunnableFunction, host: DriverHost) {
    this.run = claim.run;
    this.app = claim.event.app;
    this.handler = fn.handler;
    this.logger = host.logger;
    this.extension = host.extension;
    this.wrapsSend = host.aroundSend !== undefined;
    this.ownsArguments = host.extension === undefined && host.shown === undefined && !host.changedEvents;
    this.pieces = new RunPieces(claim, host.pieceLength);
    this.claim = claim;
    this.fn = fn;
    this.host = host;
  }

  now(): number {
    return this.host.clock.now();
  }

  readonly ring = (): void => this.#bell.ring();

  events(): [BackstitchEvent, ...BackstitchEvent[]] {
    return this.#events(this.host.shown);
  }

  context({ step, group, logger }: Tools, isNew: boolean): object {
    const { extension, shown }: Pick<DriverHost, "extension" | "shown"> = isNew ? this.host : {};
    const events = this.#events(shown);
    const [event] = events;
    const { run: runId, claim } = this;
    return { ...extension, event, events, runId, step, group, attempt: 0, logger, ...whyItRuns(claim, event) };
  }

  #events(shown: DriverHost["shown"] = (one) => one): [BackstitchEvent, ...BackstitchEvent[]] {
    const { event, events = [event], run } = this.claim;
    return events.map((one) => shown(eventOf({ event: one, run }))) as [BackstitchEvent];
  }

  /** A text of an activation with its pieces in their places. */
  protected whole(activation: Activation, text: string): () => string {
    const whole = () => this.pieces.whole(text);
    this.host.onFrame?.(whole, () => encodeAnew(activation));
    return whole;
  }

  /** Until the bell rings, or that time by that clock. */
  protected async wait(until?: number, clock: Clock = this.host.clock): Promise<undefined> {
    const rung = this.#bell.wait();
    if (until === undefined) await rung;
    else {
      const stop = new AbortController();
      await Promise.race([rung, clock.until(until, stop.signal)]);
      // Without a reason one is made, with a stack, which costs more than all the rest.
      stop.abort("rung");
    }
  }
}

/** The handler of another function's failures is told the error. */
function whyItRuns({ event: { target, name } }: Claim, { data }: BackstitchEvent): object {
  const isEndHandler = target !== undefined && name.startsWith("backstitch/function.") && name !== invokedEvent;
  return isEndHandler ? { error: data?.error } : {};
}
