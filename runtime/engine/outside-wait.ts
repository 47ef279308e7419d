/** Code of a run in an ordinary await: the run cannot be parked, so that what comes for it has to wait. */
import type { Activation } from "./activation.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";

export class OutsideWait {
  readonly #timeoutMs: number | undefined;
  /** Since when an input waits. */
  #since: number | undefined;

  constructor({ parkTimeoutMs }: RunnableFunction, host: DriverHost) {
    this.#timeoutMs = host.parkTimeoutMs === undefined ? undefined : (parkTimeoutMs ?? host.parkTimeoutMs);
  }

  /**
   * Until when to wait, in milliseconds since the epoch, if nothing comes before; undefined for ever. A time that has
   * passed says that an input has waited for too long.
   *
   * @param anyMail whether there is mail that nobody has taken
   * @param deadline when the run is to be cancelled
   */
  until({ ops }: Activation, anyMail: boolean, deadline: number, now: number): number | undefined {
    if (this.#timeoutMs === undefined) return undefined;
    let next = anyMail ? now : deadline;
    for (const op of ops.values()) {
      if (op.outcome) next = now;
      else if (!op.running) next = Math.min(next, op.dueAt);
    }
    if (next > now) return next === Number.POSITIVE_INFINITY ? undefined : next;
    this.#since ??= now;
    return this.#since + this.#timeoutMs;
  }

  /** The code came back. */
  over(): void {
    this.#since = undefined;
  }
}
