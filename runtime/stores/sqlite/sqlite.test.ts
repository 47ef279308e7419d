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
  return {
    open: async () => {},
    close: async () => {},
    putEvents: (events) => call((store) => store.putEvents(events)),
    unroutedEvents: (app, limit) => call((store) => store.unroutedEvents(app, limit)),
    route: (event, runs) => call((store) => store.route(event, runs)),
    claim: (request) => call((store) => store.claim(request)),
    commit: (batch) => call((store) => store.commit(batch)),
    renew: (held, now, leaseMs) => call((store) => store.renew(held, now, leaseMs)),
    cancel: (run, now) => call((store) => store.cancel(run, now)),
    resume: (run, now) => call((store) => store.resume(run, now)),
    nextWake: (app, functions) => call((store) => store.nextWake(app, functions)),
    getRun: (run) => call((store) => store.getRun(run)),
    listRuns: (query) => call((store) => store.listRuns(query)),
    listParked: (page) => call((store) => store.listParked(page)),
    listSteps: (run, page) => call((store) => store.listSteps(run, page)),
  };
}
