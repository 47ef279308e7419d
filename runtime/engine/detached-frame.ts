/**
 * A call of an async function of the run by the callback of a step: `step.run("a", () => load(order))`.
 *
 * It belongs to the attempt, which is executed again as a whole after a crash. So its code runs as the author wrote it, in
 * the promises of the language, and nothing of where it stands is ever stored. What it writes to variables of the run is
 * kept like what the callback itself writes.
 */
import type { LiveSlots } from "../manifest.ts";
import type { Untyped } from "../types.ts";
import type { Unwrap } from "./awaited-cursors.ts";
import { FrameFunctions } from "./frame-functions.ts";

export class DetachedFrame extends FrameFunctions {
  // ---- what emitted code uses ----

  at(label: string, thunk: () => unknown): Promise<Untyped> {
    return this.wait(label, thunk());
  }

  wait(_label: string, value: unknown): Promise<Untyped> {
    return Promise.resolve(value);
  }

  out(value: unknown): unknown {
    return value;
  }

  override all(iterable: Iterable<unknown>): Untyped {
    return Promise.all(iterable);
  }

  override allSettled(iterable: Iterable<unknown>): Untyped {
    return Promise.allSettled(iterable);
  }

  override any(iterable: Iterable<unknown>): Untyped {
    return Promise.any(iterable);
  }

  override race(iterable: Iterable<unknown>): Untyped {
    return Promise.race(iterable);
  }

  override resolve(value?: unknown): Untyped {
    return Promise.resolve(value);
  }

  override reject(error?: unknown): Untyped {
    return Promise.reject(error);
  }

  override promise(executor: (...settlers: never[]) => unknown): Untyped {
    return new Promise(executor as (resolve: (value: unknown) => void) => void);
  }

  // ---- what the engine uses ----

  liveSlots(): LiveSlots | undefined {
    return undefined;
  }

  storesRecord(): boolean {
    return false;
  }

  protected waitUnwrapping(label: string, value: unknown, unwrap: Unwrap): Promise<Untyped> {
    return unwrap(this.wait(label, value));
  }

  protected strayed(met: string): never {
    throw new Error(`a call in a step's callback is not entered again, and met ${met}`);
  }
}
