/**
 * A store whose texts are sealed. It keeps nothing: what it is given it seals and hands on, what it gets it opens.
 *
 * A text that cannot be opened never fails a call, which would stop the worker and not the run: the record holds a text in
 * its place that says why, and whoever decodes it is told. So a run is blocked, and a list of runs can be shown.
 */
import { unreadableText } from "../codec/index.ts";
import type { Store } from "../store.ts";
import { forms, rowOfRun, withTexts } from "./forms.ts";
import type { NamedKey } from "./keys.ts";
import { isSealed, open, type Place, seal } from "./seal.ts";

/** @param keys the first seals, all open */
export function encryptedStore(
  store: Store,
  keys: readonly [NamedKey, ...NamedKey[]],
  requireEncrypted: boolean,
): Store {
  const sealed = (text: string, place: Place) => seal(text, place, keys[0]);
  const opened = (text: string, place: Place) => {
    try {
      if (isSealed(text)) return open(text, place, keys);
      return requireEncrypted ? unreadable(place, "is not encrypted, and `requireEncrypted` is set") : text;
    } catch (error) {
      return unreadable(place, (error as Error).message);
    }
  };
  const { event, commit, claim, view, parked, step } = forms;
  return {
    open: () => store.open(),
    close: () => store.close(),
    putEvents: (events) => store.putEvents(events.map((each) => withTexts(event, each, sealed))),
    unroutedEvents: async (app, limit) =>
      (await store.unroutedEvents(app, limit)).map((each) => withTexts(event, each, opened)),
    route: (key, runs) => store.route(key, runs),
    claim: async (request) => (await store.claim(request)).map((each) => withTexts(claim, each, opened)),
    commit: (batch) => store.commit(batch.map((each) => withTexts(commit, each, sealed))),
    renew: (held, now, leaseMs) => store.renew(held, now, leaseMs),
    cancel: (run, now) => store.cancel(run, now),
    resume: (run, now) => store.resume(run, now),
    nextWake: (app, functions) => store.nextWake(app, functions),
    getRun: async (run) => {
      const found = await store.getRun(run);
      return found && withTexts(view, found, opened);
    },
    listRuns: async (query) => (await store.listRuns(query)).map((each) => withTexts(view, each, opened)),
    listParked: async (page) => (await store.listParked(page)).map((each) => withTexts(parked, each, opened)),
    listSteps: async (run, page) =>
      (await store.listSteps(run, page)).map((each) => withTexts(step, each, opened, rowOfRun(run))),
  };
}

/** `the output of run 0190…, op 3, attempt 0 was changed …` */
function unreadable(place: Place, problem: string): string {
  const row: string[] = [];
  for (let at = 0; at + 1 < place.length; at += 2) row.push(`${place[at]} ${place[at + 1]}`);
  const where = `the ${place.at(-1)} of ${row.join(", ")} ${problem}`;
  return unreadableText({ where, fix: "Put its key or its text right, then resume or cancel the run." });
}
