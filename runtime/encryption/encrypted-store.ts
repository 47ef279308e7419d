/**
 * A store whose texts are sealed. It keeps nothing: what it is given it seals and hands on, what it gets it opens.
 *
 * A text that cannot be opened never fails a call, which would stop the worker and not the run: the record holds a text in
 * its place that says why, and whoever decodes it is told. So a run is blocked, and a list of runs can be shown.
 */
import { unreadableText } from "../codec/index.ts";
import { type StoredPieces, shownFrame } from "../frame-pieces.ts";
import type { Commit, Mail, Store } from "../store.ts";
import { stateMethods, withHiddenKey, withHiddenPools } from "./flow.ts";
import { forms, placeOfMail, rowOfProblem, rowOfRun, rowOfTransaction, withTexts } from "./forms.ts";
import type { NamedKey } from "./keys.ts";
import { storedMatches, withHiddenMatches } from "./matches.ts";
import { isSealed, open, type Place, seal } from "./seal.ts";

type Keys = readonly [NamedKey, ...NamedKey[]];

/** @param keys the first seals, all open */
export function encryptedStore(store: Store, keys: Keys, requireEncrypted: boolean): Store {
  const texts = new Texts(keys, requireEncrypted);
  const { sealed, opened } = texts;
  const { event, commit, claim } = forms;
  store.sealOutputs?.(
    (text, run, op) => sealed(text, rowOfTransaction(run, op)),
    (text, run, op) => opened(text, rowOfTransaction(run, op)),
  );
  const sealedCommit = (each: Commit) =>
    withHiddenPools(withHiddenMatches(withTexts(commit, each, sealed), keys[0]), keys[0]);
  return {
    ...messages(store, texts, keys),
    ...views(store, texts),
    ...stateMethods(store, keys[0], (each) => withTexts(event, each, sealed)),
    open: () => store.open(),
    close: () => store.close(),
    onWork: store.onWork?.bind(store),
    writesElsewhere: store.writesElsewhere,
    // Texts are sealed for the places that they have in the other store as well.
    moves: store.moves,
    projection: {
      put: (app, runs, asOf) =>
        store.projection.put(
          app,
          runs.map((run) => withTexts(forms.projected, run, sealed)),
          asOf,
        ),
      asOf: (app) => store.projection.asOf(app),
    },
    claim: async (request) =>
      (await store.claim(request)).map((each) => ({
        ...texts.withPieces(withTexts(claim, each, opened), each.run),
        mail: each.mail.map(texts.openedMail),
      })),
    commit: (batch) => store.commit(batch.map(sealedCommit)),
    renew: (held, now, leaseMs) => store.renew(held, now, leaseMs),
    cancel: (run, now, how) => {
      const events = how.events?.map((each) => withTexts(event, each, sealed));
      return store.cancel(run, now, { ...how, ...(events && { events }) });
    },
    resume: (run, now) => store.resume(run, now),
    nextWake: (app, functions) => store.nextWake(app, functions),
  };
}

/** How texts go into the store and come out of it. */
class Texts {
  readonly sealed: (text: string, place: Place) => string;
  readonly opened: (text: string, place: Place) => string;
  readonly openedMail = (mail: Mail): Mail => ({
    ...mail,
    text: mail.text && this.opened(mail.text, placeOfMail(mail)),
  });
  readonly sealedMail = (mail: Mail): Mail => ({
    ...mail,
    text: mail.text && this.sealed(mail.text, placeOfMail(mail)),
  });

  readonly #read: (text: string, place: Place) => string;

  constructor(keys: Keys, requireEncrypted: boolean) {
    this.sealed = (text, place) => seal(text, place, keys[0]);
    this.#read = (text, place) => {
      if (isSealed(text)) return open(text, place, keys);
      if (requireEncrypted) throw new Error("is not encrypted, and `requireEncrypted` is set");
      return text;
    };
    this.opened = (text, place) => {
      try {
        return this.#read(text, place);
      } catch (error) {
        return unreadable(place, (error as Error).message);
      }
    };
  }

  /**
   * With its pieces opened. When one of them cannot be, the frame is a text that says why: within a frame, such a text would
   * be taken for a value.
   */
  withPieces<Held extends StoredPieces & { readonly frame: string | null }>(held: Held, run: string): Held {
    if (held.pieces === undefined) return held;
    let problem: string | undefined;
    const read = (text: string, place: Place) => {
      try {
        return this.#read(text, place);
      } catch (error) {
        problem ??= unreadable(place, (error as Error).message);
        return "";
      }
    };
    const pieces = held.pieces.map((piece) => withTexts(forms.piece, piece, read, rowOfRun(run)));
    return problem === undefined ? { ...held, pieces } : { ...held, pieces: [], frame: problem };
  }

  /** As `withPieces`, with the pieces in their places. */
  shown<Run extends StoredPieces & { readonly id: string; readonly frame: string | null }>(
    run: Run,
  ): Omit<Run, "pieces"> {
    const held = this.withPieces(run, run.id);
    const { pieces, ...shown } = held;
    return { ...shown, frame: shownFrame(held.frame, pieces) };
  }
}

type MessageMethods =
  | "putEvents"
  | "unroutedEvents"
  | "route"
  | "routeMany"
  | "waitPaths"
  | "waitsFor"
  | "signal"
  | "unreadMail";

function messages(store: Store, { sealed, opened, openedMail }: Texts, keys: Keys): Pick<Store, MessageMethods> {
  const { event } = forms;
  return {
    putEvents: (events) => store.putEvents(events.map((each) => withTexts(event, each, sealed))),
    unroutedEvents: async (app, limit) =>
      (await store.unroutedEvents(app, limit)).map((each) => withTexts(event, each, opened)),
    route: (key, runs, met = [], routing) =>
      store.route(
        key,
        runs.map((run) => withHiddenMatches(run, keys[0])),
        met.map((each) => ({ ...each, text: each.text && sealed(each.text, placeOfMail({ kind: each.wait.kind })) })),
        routing && {
          ...routing,
          states: (routing.states ?? []).map((state) => withHiddenKey(state, keys[0])),
          ...(routing.stray && { stray: withTexts(forms.stray, routing.stray, sealed, rowOfProblem(key.id)) }),
        },
      ),
    // Their runs have no waits, and so no texts.
    routeMany: (app, events) => store.routeMany(app, events),
    waitPaths: (app, name) => store.waitPaths(app, name),
    waitsFor: async (query) => {
      const found = await Promise.all(
        storedMatches(query.match, keys).map((match) => store.waitsFor({ ...query, match })),
      );
      return found
        .flat()
        .sort((a, b) => a.id - b.id)
        .slice(0, query.limit);
    },
    signal: (app, name, text, now) => store.signal(app, name, sealed(text, placeOfMail({ kind: "signal" })), now),
    unreadMail: async (app, worker) =>
      (await store.unreadMail(app, worker)).map(({ run, mail }) => ({ run, mail: mail.map(openedMail) })),
  };
}

type ViewMethods =
  | "getRun"
  | "listRuns"
  | "listEvents"
  | "listApps"
  | "getParked"
  | "derive"
  | "listOutcomes"
  | "listParked"
  | "listSteps"
  | "prune"
  | "pruneSteps";

function views(store: Store, texts: Texts): Pick<Store, ViewMethods> {
  const { sealed, opened, openedMail, sealedMail } = texts;
  const { view, shownEvent, parked, state, step, outcome, origin } = forms;
  return {
    getRun: async (run) => {
      const found = await store.getRun(run);
      return found && withTexts(view, found, opened);
    },
    listRuns: async (query) => {
      const page = await store.listRuns(query);
      return { ...page, runs: page.runs.map((each) => withTexts(view, each, opened)) };
    },
    listEvents: async (query) =>
      (await store.listEvents(query)).map((each) => ({
        ...withTexts(shownEvent, each, opened),
        ...(each.problem !== undefined && { problem: opened(each.problem, [...rowOfProblem(each.id), "problem"]) }),
      })),
    listApps: () => store.listApps(),
    prune: (request) => store.prune(request),
    pruneSteps: (request) => store.pruneSteps(request),
    getParked: async (run) => {
      const found = await store.getParked(run);
      return found && { ...texts.shown(withTexts(state, found, opened)), mail: found.mail.map(openedMail) };
    },
    // The values by which its waits are found are hidden already: they were read from the store.
    derive: (run, now) =>
      store.derive(
        {
          ...run,
          origin: withTexts(origin, run.origin, sealed, rowOfRun(run.id)),
          ...(run.state && {
            state: {
              ...run.state,
              frame: sealed(run.state.frame, [...rowOfRun(run.id), "frame"]),
              mail: run.state.mail.map(sealedMail),
            },
          }),
        },
        now,
      ),
    listOutcomes: async (run, ops) =>
      (await store.listOutcomes(run, ops)).map((each) => withTexts(outcome, each, opened, rowOfRun(run))),
    listParked: async (page) =>
      (await store.listParked(page)).map((each) => texts.shown(withTexts(parked, each, opened))),
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
