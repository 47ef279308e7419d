/** Code of a run in an ordinary await: the run cannot be parked, so that what comes for it has to wait. */
import type { Clock } from "../clock.ts";
import type { Activation } from "./activation.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import { settles } from "./diagnose.ts";

export interface Until {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Default: that of the run. */
  readonly by?: Clock;
}

export class OutsideWait {
  readonly #timeoutMs: number | undefined;
  readonly #clock: Clock;
  /** Since when an input waits. */
  #since: number | undefined;
  /** Behind the end of the handler: a frame was to be written, and code that went on did not let it. */
  hinders = false;
  /** Where code was when it had come to rest. */
  #restsAt: string | undefined;

  constructor({ parkTimeoutMs }: RunnableFunction, host: DriverHost) {
    this.#timeoutMs = host.parkTimeoutMs === undefined ? undefined : (parkTimeoutMs ?? host.parkTimeoutMs);
    this.#clock = host.outsideClock ?? host.clock;
  }

  /**
   * Until when to wait, if nothing comes before; undefined for ever, "over" when an input has waited for too long. All is decided
   * at one moment: what comes due a moment later has not waited yet.
   *
   * @param anyInput whether there is mail, or an attempt that ended, that nobody has taken
   * @param deadline when the run is to be cancelled
   */
  until({ ops }: Activation, anyInput: boolean, deadline: number, now: number): Until | "over" | undefined {
    if (this.#timeoutMs === undefined) return undefined;
    let next = anyInput ? now : deadline;
    for (const op of ops.values()) {
      if (op.outcome) next = now;
      else if (!op.running) next = Math.min(next, op.dueAt);
    }
    if (next > now) return next === Number.POSITIVE_INFINITY ? undefined : { at: next };
    this.#since ??= this.#clock.now();
    const at = this.#since + this.#timeoutMs;
    return at > this.#clock.now() ? { at, by: this.#clock } : "over";
  }

  /**
   * A frame could not be written. What hindered it may be over by now, or last until code comes back that goes on behind the
   * end of the handler.
   */
  async hindrance(activation: Activation): Promise<"over" | "lasts" | undefined> {
    const lasts = activation.end !== undefined && activation.outside;
    if (await settles(activation)) return "over";
    this.hinders = lasts;
    return lasts ? "lasts" : undefined;
  }

  /**
   * Behind the end of the handler nobody waits for code that may never come back. What awaits nothing but settled promises goes on
   * until it rests: whether it is to be let.
   */
  goesOn({ outside, outsideAt }: Activation): boolean {
    const at = outside ? outsideAt.join("\n") : undefined;
    const isNew = at !== this.#restsAt;
    this.#restsAt = at;
    return outside && isNew;
  }

  /** The code came back. */
  over(): void {
    this.#since = undefined;
    this.hinders = false;
  }
}
