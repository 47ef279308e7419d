/**
 * Runs that this worker cannot continue. While a new version is deployed, workers of both are at work, and what one has stored
 * may not fit the code of the other, or it may not be able to read it: a newer format, a class, a key. Such a run is given back,
 * and this worker leaves it to others for a while. Only if nobody has taken it on until then is it blocked.
 */
import { createHash } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { Claim } from "./store.ts";

/** Of a function that has so many, nothing is claimed: the list of what to leave stays short. */
const mostPerFunction = 1_000;

interface LeftRun {
  readonly functionId: string;
  readonly until: number;
  /** Tells whether somebody has taken the run on. */
  readonly frame: string;
}

export class LeftRuns {
  readonly #clock: Clock;
  readonly #leaveMs: number;
  readonly #left = new Map<string, LeftRun>();

  constructor(clock: Clock, leaveMs: number) {
    this.#clock = clock;
    this.#leaveMs = leaveMs;
  }

  /** Whether a run that cannot go on here is left to others, from now on. False once they had their time. */
  leave({ run, functionId, frame: text }: Claim): boolean {
    const frame = createHash("sha256")
      .update(text ?? "")
      .digest("base64");
    const known = this.#left.get(run);
    this.#left.delete(run);
    if (this.#leaveMs === 0 || known?.frame === frame) return false;
    this.#left.set(run, { functionId, frame, until: this.#clock.now() + this.#leaveMs });
    return true;
  }

  /** What to claim of these functions, and what not. */
  among(functions: readonly string[]): { readonly functions: readonly string[]; readonly except: readonly string[] } {
    const now = this.#clock.now();
    const except: string[] = [];
    const counts = new Map<string, number>();
    for (const [run, { functionId, until }] of this.#left) {
      // Most are taken on by others, and never come back.
      if (until + this.#leaveMs <= now) this.#left.delete(run);
      if (until <= now) continue;
      except.push(run);
      counts.set(functionId, (counts.get(functionId) ?? 0) + 1);
    }
    return { functions: functions.filter((id) => (counts.get(id) ?? 0) < mostPerFunction), except };
  }
}
