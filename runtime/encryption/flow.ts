/** What limits are counted by: keys of states and names of pools hold values of events, and are only compared. */
import type { Commit, StateKey, Store, StoredEvent } from "../store.ts";
import type { NamedKey } from "./keys.ts";
import { hidden } from "./seal.ts";

/** Another key begins to count anew. Schedules are the author's own words, and are counted on. */
export function withHiddenKey<State extends StateKey>(state: State, key: NamedKey): State {
  return state.kind === "cron" ? state : { ...state, key: hidden(state.key, ["state", state.kind], key) };
}

/** The methods of a store for states. */
export function stateMethods(
  store: Store,
  hiding: NamedKey,
  sealed: (event: StoredEvent) => StoredEvent,
): Pick<Store, "states" | "changeStates"> {
  return {
    states: async (asked) => {
      const found = await store.states(asked.map((state) => withHiddenKey(state, hiding)));
      return found.map((state, index) => ({ ...state, key: (asked[index] as StateKey).key }));
    },
    changeStates: (changes, events, now) =>
      store.changeStates(
        changes.map((state) => withHiddenKey(state, hiding)),
        events.map(sealed),
        now,
      ),
  };
}

export function withHiddenPools(commit: Commit, key: NamedKey): Commit {
  if (commit.acquire === undefined) return commit;
  const acquire = commit.acquire.map((request) => ({
    ...request,
    pools: request.pools.map(({ name, limit }) => ({ name: hidden(name, ["pool"], key), limit })),
  }));
  return { ...commit, acquire };
}
