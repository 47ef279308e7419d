/** Time is injected everywhere, so that tests can skip it. All times are milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Resolves when `now()` has reached `at`, or when the signal aborts. Never rejects. */
  until(at: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay that `setTimeout` takes; longer waits are cut into pieces. */
const longestTimeout = 2 ** 31 - 1;

export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  async until(at: number, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted) {
      const left = at - Date.now();
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
