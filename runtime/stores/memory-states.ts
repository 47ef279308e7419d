/** The states of a store in memory. */
import type { JoinedRun, MovedState, StateChange, StateKey, StoredState } from "../store.ts";

export class MemoryStates {
  readonly #states = new Map<string, StateChange>();

  get(key: StateKey, runOf: (id: string) => JoinedRun): StoredState {
    const { app, functionId, kind, key: name } = key;
    const found = this.#states.get(keyOf(key));
    return {
      ...{ app, functionId, kind, key: name },
      ...(found && { value: found.after, ...(found.run !== undefined && { run: runOf(found.run) }) }),
    };
  }

  /** Whether all states are what the changes were decided upon. */
  allHold(changes: readonly StateChange[]): boolean {
    return changes.every((change) => this.#states.get(keyOf(change))?.after === change.before);
  }

  put(changes: readonly StateChange[], now: number): void {
    for (const change of changes) this.#states.set(keyOf(change), change);
    if (changes.length === 0) return;
    for (const [key, { expiresAt = Number.POSITIVE_INFINITY }] of this.#states) {
      if (expiresAt < now) this.#states.delete(key);
    }
  }

  of(app: string): MovedState[] {
    return [...this.#states.values()]
      .filter((state) => state.app === app)
      .map(({ functionId, kind, key, after: value, expiresAt, run }) => ({
        ...{ functionId, kind, key, value },
        ...(expiresAt !== undefined && { expiresAt }),
        ...(run !== undefined && { run }),
      }));
  }

  /** One that is there stays. */
  add({ value: after, ...state }: MovedState & Pick<StateKey, "app">): void {
    const key = keyOf(state);
    if (!this.#states.has(key)) this.#states.set(key, { ...state, before: undefined, after });
  }

  removeOf(app: string): void {
    for (const [key, state] of this.#states) if (state.app === app) this.#states.delete(key);
  }

  forgetRun(run: string): void {
    for (const [key, state] of this.#states) if (state.run === run) this.#states.delete(key);
  }
}

function keyOf({ app, functionId, kind, key }: StateKey): string {
  return JSON.stringify([app, functionId, kind, key]);
}
