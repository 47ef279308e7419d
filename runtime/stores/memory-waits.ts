/** For what the runs of a store in memory wait from outside. */
import type { NewWait, OpKey, StoredWait, WaitMatch, WaitQuery } from "../store.ts";

interface Wait extends NewWait, OpKey {
  readonly id: number;
  readonly app: string;
}

export class MemoryWaits {
  /** By id, in their order. */
  readonly #waits = new Map<number, Wait>();
  #last = 0;

  add(app: string, run: string, wait: NewWait): void {
    const id = ++this.#last;
    this.#waits.set(id, { ...wait, id, app, run });
  }

  /** False when it is gone. */
  remove(id: number): boolean {
    return this.#waits.delete(id);
  }

  /** Of these ops of a run; of all when none are named. */
  removeOf(run: string, ops?: readonly number[]): void {
    for (const wait of this.#waits.values()) {
      if (wait.run === run && (ops === undefined || ops.includes(wait.op))) this.#waits.delete(wait.id);
    }
  }

  /** Of a run, as they were given, but for signals that others waited for. */
  of(run: string): NewWait[] {
    return [...this.#waits.values()]
      .filter((wait) => wait.run === run)
      .sort((a, b) => a.op - b.op)
      .map(({ run: _run, id: _id, app: _app, onConflict: _conflict, ...wait }) => wait);
  }

  signalHolder(app: string, name: string): Wait | undefined {
    return this.#of(app, name).find(({ kind }) => kind === "signal");
  }

  paths(app: string, name: string): string[] {
    const paths = this.#events(app, name).map(({ match }) => match?.path ?? "");
    return [...new Set(paths)].sort();
  }

  find({ app, name, match, after = 0, limit }: WaitQuery): StoredWait[] {
    return this.#events(app, name)
      .filter((wait) => wait.id > after && isSame(wait.match, match))
      .slice(0, limit)
      .map(({ id, run, op, kind, until, filter }) => ({
        id,
        run,
        op,
        kind: kind as StoredWait["kind"],
        ...(until !== undefined && { until }),
        ...(filter !== undefined && { filter }),
      }));
  }

  #of(app: string, name: string): Wait[] {
    return [...this.#waits.values()].filter((wait) => wait.app === app && wait.name === name);
  }

  #events(app: string, name: string): Wait[] {
    return this.#of(app, name).filter(({ kind }) => kind !== "signal");
  }
}

function isSame(a: WaitMatch | undefined, b: WaitMatch | undefined): boolean {
  return a?.path === b?.path && a?.value === b?.value;
}
