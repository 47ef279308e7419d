/** A clock that jumps: waiting costs nothing, and `now()` moves only when somebody waits. */
import type { Clock } from "../clock.ts";

export class VirtualClock implements Clock {
  #now: number;

  /** @param start milliseconds since the epoch */
  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  async until(at: number): Promise<void> {
    this.#now = Math.max(this.#now, at);
  }
}
