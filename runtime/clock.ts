/** Time is injected everywhere, so that tests can skip it. All times are milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /**
   * Resolves when `now()` has reached `at`, when as much time has passed as was left at the call, or when the signal
   * aborts. Never rejects. When the clock was set back meanwhile, `now()` is still before `at`: whoever must not be early
   * looks again, and whoever only pauses is not held up.
   */
  until(at: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay that `setTimeout` takes; longer waits are cut into pieces. */
const longestTimeout = 2 ** 31 - 1;

export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  async until(at: number, signal?: AbortSignal): Promise<void> {
    // A millisecond more, because both clocks are read in fractions of one.
    const end = performance.now() + at - Date.now() + 1;
    while (!signal?.aborted) {
      const left = Math.min(at - Date.now(), end - performance.now());
      if (left <= 0) return;
      await pause(Math.min(left, longestTimeout), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}
