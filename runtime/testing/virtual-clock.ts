/** A clock that jumps: waiting costs nothing, and `now()` moves only when somebody waits. */
import type { Clock } from "../clock.ts";

/** Of real time, whatever a test makes of the timers of its process later. */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;
const realNow = performance.now.bind(performance);

export class VirtualClock implements Clock {
  #now: number;
  readonly #standsMs: number;
  /** Callbacks that run, by what began them, with the real time until which nothing is jumped over for them. */
  readonly #running = new Map<string, number>();
  /** Told when a callback has ended. */
  #rung = new AbortController();

  /**
   * @param start milliseconds since the epoch
   * @param standsMs for how long the clock stands while a callback runs, in milliseconds of real time. Default 0
   */
  constructor(start: number, standsMs = 0) {
    this.#now = start;
    this.#standsMs = standsMs;
  }

  now(): number {
    return this.#now;
  }

  async until(at: number, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted && this.#now < at) {
      const left = this.#standsUntil() - realNow();
      if (left <= 0) break;
      await pause(left, signal ? AbortSignal.any([signal, this.#rung.signal]) : this.#rung.signal);
    }
    if (!signal?.aborted) this.#now = Math.max(this.#now, at);
  }

  began(callback: string): void {
    if (this.#standsMs > 0) this.#running.set(callback, realNow() + this.#standsMs);
  }

  ended(callback: string): void {
    if (!this.#running.delete(callback)) return;
    const rung = this.#rung;
    this.#rung = new AbortController();
    rung.abort();
  }

  /** Their process is gone. */
  forget(): void {
    for (const callback of this.#running.keys()) this.ended(callback);
  }

  #standsUntil(): number {
    return Math.max(0, ...this.#running.values());
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stopTimer(timer);
      resolve();
    };
    const timer = startTimer(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
