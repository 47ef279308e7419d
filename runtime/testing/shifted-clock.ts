/** The system's clock, set forward by hand: sleeps of a test are over when it says so, however busy the machine is. */
import { SystemClock } from "../clock.ts";

export class ShiftedClock extends SystemClock {
  #aheadMs = 0;

  setForward(ms: number): void {
    this.#aheadMs += ms;
  }

  override now(): number {
    return super.now() + this.#aheadMs;
  }

  override async until(at: number, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted && this.now() < at) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
