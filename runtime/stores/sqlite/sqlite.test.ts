import { join } from "node:path";
import { describe, it } from "vitest";
import type { Store, StoreMoves } from "../../store.ts";
import { testStore } from "../../testing/store-suite.ts";
import { temporaryFolder } from "../testing-support.ts";
import { sqlite } from "./index.ts";

testStore("SQLite in memory", { create: () => sqlite({ path: ":memory:" }), describe, it });

testStore("SQLite on disk", { create: () => sqlite({ path: newFile() }), describe, it });

testStore("SQLite on disk, opened again before every call", { create: () => reopening(newFile()), describe, it });

const folder = temporaryFolder();
let files = 0;

function newFile(): string {
  files += 1;
  return join(folder(), `${files}.db`);
}

/** A store that forgets all that it has in memory: another object opens the file for each call, and closes it again. */
function reopening(path: string): Store {
  const call = async <T>(perform: (store: Store) => Promise<T>): Promise<T> => {
    const store = sqlite({ path });
    await store.open();
    try {
      return await perform(store);
    } finally {
      await store.close();
    }
  };
  const stays = async () => {};
  const moves = new Proxy({} as StoreMoves, {
    get(_moves, method: keyof StoreMoves) {
      return (...args: unknown[]) =>
        call((store) => Reflect.apply(store.moves[method], store.moves, args) as Promise<unknown>);
    },
  });
  return new Proxy({} as Store, {
    get(_store, method: keyof Store | "then") {
      // The store itself is awaited where it is handed on.
      if (method === "then") return undefined;
      if (method === "open" || method === "close") return stays;
      if (method === "onWork" || method === "sealOutputs") return undefined;
      if (method === "moves") return moves;
      return (...args: unknown[]) => call((store) => Reflect.apply(store[method], store, args) as Promise<unknown>);
    },
  });
}
