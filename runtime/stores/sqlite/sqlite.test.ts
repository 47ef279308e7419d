import { join } from "node:path";
import { describe, it } from "vitest";
import type { Store } from "../../store.ts";
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
  const part = <Name extends "moves" | "projection">(name: Name) =>
    new Proxy({} as Store[Name], {
      get(_part, method: string) {
        return (...args: unknown[]) =>
          call((store) => {
            const methods = store[name] as unknown as Record<string, () => Promise<unknown>>;
            return Reflect.apply(methods[method] as () => Promise<unknown>, methods, args);
          });
      },
    });
  return new Proxy({} as Store, {
    get(_store, method: keyof Store | "then") {
      // The store itself is awaited where it is handed on.
      if (method === "then") return undefined;
      if (method === "open" || method === "close") return stays;
      if (method === "onWork" || method === "sealOutputs" || method === "writesElsewhere") return undefined;
      if (method === "moves" || method === "projection") return part(method);
      return (...args: unknown[]) => call((store) => Reflect.apply(store[method], store, args) as Promise<unknown>);
    },
  });
}
