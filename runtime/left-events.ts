/**
 * Events that this worker would have to read and cannot. While a new version is deployed, workers of both are at work, and an
 * event of one may be written as the other does not know: a newer format, a class, a key. It is left to be routed by others for
 * a while; only if nobody has done so until then is it noted as unfit.
 */

/** While so many are left, nothing is routed: others route what is behind them as well. */
const most = 1_000;

export class LeftEvents {
  readonly #leaveMs: number;
  /** Until when each is left, in milliseconds since the epoch. */
  readonly #left = new Map<string, number>();

  /** @param leaveMs 0 leaves none */
  constructor(leaveMs: number) {
    this.#leaveMs = leaveMs;
  }

  /** Those that stand in front of what is to be routed. */
  get count(): number {
    return this.#left.size;
  }

  get isFull(): boolean {
    return this.#left.size >= most;
  }

  /** Whether the event is still left to others. */
  has(id: string, now: number): boolean {
    return now < (this.#left.get(id) ?? 0);
  }

  /** Leaves an event to others. False once they had their time for it. */
  leave(id: string, now: number): boolean {
    if (this.#leaveMs === 0 || this.#left.has(id)) return false;
    this.#left.set(id, now + this.#leaveMs);
    return true;
  }

  /** Of the events that nobody has routed, those that are still here; others have been taken on. */
  keep(unrouted: readonly { readonly id: string }[]): void {
    const ids = new Set(unrouted.map(({ id }) => id));
    for (const id of this.#left.keys()) if (!ids.has(id)) this.#left.delete(id);
  }
}
