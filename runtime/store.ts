/**
 * The boundary between the engine and where runs are kept.
 *
 * A store owns durability, claims and fences. It never runs user code, never decodes a frame and has no clock of its
 * own for deadlines: every time is passed in, in milliseconds since the epoch.
 *
 * S1  What a resolved call wrote survives a crash of the process and of the machine. A crash of the machine may undo a
 *     `route` as a whole, and a `claim` or `renew` if it ends all workers too, when nothing that came behind has survived.
 * S2  All that one `Commit` writes becomes visible at once, or not at all.
 * S3  A commit whose `epoch` is not the run's current one, or whose run has ended or is blocked, changes nothing and
 *     answers "fenced". A lease that ran out does not fence: only the next claim or a cancel does.
 * S4  The elements of a batch are independent: a fenced one does not abort the others.
 */

import type { PieceChanges, StoredPieces } from "./frame-pieces.ts";
import type { EventKey, EventQuery, EventView, SentSignal, StoredEvent, UnfitEvent } from "./store-events.ts";
import type { Granted, Routed, Routing, SlotRequest, StateChange, StateKey, StoredState } from "./store-flow.ts";
import type { StoreMoves } from "./store-moves.ts";
import type { OpKey, Origin } from "./store-names.ts";
import type { StoreProjection } from "./store-projection.ts";
import type { PruningStore } from "./store-pruning.ts";
import type { RecordedOutcome, StepPage, StepRecord, StoredStep } from "./store-steps.ts";
import type { NewWait, StoredWait, WaitQuery } from "./store-waits.ts";

export type * from "./store-events.ts";
export type * from "./store-flow.ts";
export type * from "./store-moves.ts";
export type * from "./store-names.ts";
export type * from "./store-projection.ts";
export type * from "./store-pruning.ts";
export type * from "./store-steps.ts";
export type * from "./store-waits.ts";

/**
 * `running` covers queued, executing, sleeping and waiting runs. A `moving` one goes on once it has come from another store, or
 * has left for one. The others but `blocked` are final; `moved` is a run that has gone on, and may have ended, elsewhere.
 */
export type RunStatus = "running" | "completed" | "failed" | "cancelled" | "blocked" | "moving" | "moved";

/** What a commit makes of a run. */
export type CommittedStatus = Exclude<RunStatus, "moving" | "moved">;

/** A run to be created. Creating one whose id exists changes nothing. */
export interface NewRun {
  readonly id: string;
  readonly app: string;
  readonly functionId: string;
  readonly eventId: string;
  readonly wakeAt: number;
  /** Waits of the run itself, with op 0: events that cancel it. */
  readonly waits?: readonly NewWait[];
}

/**
 * What came for a run: an `event` or a `signal` that an op waited for, how the run ended that an op started (`completed`
 * with its output, `failed` with its error, `cancelled`), that another op waits for the signal (`conflict`, `replaced`),
 * that an op has sent its signal (`sent`), that an op has all its slots (`slot`), or `cancel` for the run itself, with op 0.
 */
export interface Mail {
  /** From 1, grows with each of its run. */
  readonly seq: number;
  readonly op: number;
  readonly kind:
    | "event"
    | "signal"
    | "completed"
    | "failed"
    | "cancelled"
    | "conflict"
    | "replaced"
    | "sent"
    | "slot"
    | "cancel";
  /** Text of the codec. */
  readonly text: string | null;
  readonly receivedAt: number;
  /** The run that has ended, of mail that says so; the one that got the signal, if any did. */
  readonly from?: string;
}

/** An event meets a wait. */
export interface Met {
  readonly wait: StoredWait;
  readonly text: string | null;
}

/** A run as a worker receives it, with the pieces of its frame. */
export interface Claim extends StoredPieces {
  readonly run: string;
  readonly functionId: string;
  /** The fence: every commit of this claim must carry it. */
  readonly epoch: number;
  /** Number of commits so far. */
  readonly seq: number;
  /** Text of the last committed frame, with markers where its pieces belong; null before the first commit. */
  readonly frame: string | null;
  readonly event: StoredEvent;
  /** All its events in their order, when others have joined it. */
  readonly events?: readonly StoredEvent[];
  /**
   * How many leases in a row were lost (ran out, or their holder died) since the last commit: 0 after a clean release,
   * 1 when the worker before died, also if it had committed. A run that kills its worker is known by it.
   */
  readonly lostClaims: number;
  readonly createdAt: number;
  /** What came for it and was not read, in its order. */
  readonly mail: readonly Mail[];
  /** Of which run it was made, when no event started it. */
  readonly origin?: Origin;
  /** Its ops that have asked for slots and not given them back: whether they have all of them. Absent when there are none. */
  readonly slots?: readonly { readonly op: number; readonly granted: boolean }[];
}

/** What one turn changes. */
export interface Commit extends PieceChanges {
  readonly run: string;
  readonly epoch: number;
  /**
   * Number of the run's commits before this one. A worker that was not told whether a commit was written asks again with the
   * same number: one that was is answered as it was then, and not written again.
   */
  readonly seq?: number;
  readonly now: number;
  readonly status: CommittedStatus;
  /** New frame text; undefined keeps the stored one. Ended runs drop it. */
  readonly frame?: string;
  /** Labels where the run is parked, outermost function first, joined by " > ". A run that has not ended keeps its own for null. */
  readonly label: string | null;
  /** When the run wants to be claimed again, if this worker lets it go: null means only an input can wake it. */
  readonly wakeAt: number | null;
  /** True gives the claim back. */
  readonly release: boolean;
  readonly steps: readonly StepRecord[];
  readonly output?: string;
  readonly error?: string;
  /** Waits that begin. */
  readonly waits?: readonly NewWait[];
  /** Ops that wait no longer. */
  readonly unwait?: readonly number[];
  /** Events that are sent, as by `putEvents`. */
  readonly events?: readonly StoredEvent[];
  /** Signals that are sent, once the waits have begun. Each op is told by mail, as `sent`. */
  readonly signals?: readonly SentSignal[];
  readonly unfit?: UnfitEvent;
  /** Mail that this commit consumes, by `seq`. A run with mail that nobody read is due at once, whatever `wakeAt` says. */
  readonly read?: readonly number[];
  /** Ops that ask for slots. One that has asked before keeps what it has, and its place. */
  readonly acquire?: readonly SlotRequest[];
  /** Ops that give back their slots and their place, before any is acquired. A run that ends or is blocked gives back all. */
  readonly giveBack?: readonly number[];
  /** Attempts that begin in other processes, once the commit is written. Stores are given none. */
  readonly elsewhere?: readonly { readonly op: number; readonly attempt: number }[];
}

export type CommitResult = "ok" | "fenced" | Granted;

/** A run as shown to people. */
export interface RunView {
  readonly id: string;
  readonly app: string;
  readonly functionId: string;
  readonly status: RunStatus;
  readonly label: string | null;
  readonly event: StoredEvent;
  readonly wakeAt: number | null;
  readonly output: string | null;
  readonly error: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | null;
  /** The op that started it and waits for it. */
  readonly parent?: OpKey;
  /** Of which run it was made, when no event started it. */
  readonly origin?: Origin;
  /** Records of its ops up to this one were removed. */
  readonly stepsRemoved?: number;
}

/** Runs are listed newest first; run ids sort by time. */
export interface RunQuery {
  readonly app: string;
  readonly functionId?: string;
  /** One, or any of several. */
  readonly status?: RunStatus | readonly RunStatus[];
  /** Name of the event that started it. */
  readonly eventName?: string;
  readonly eventId?: string;
  /** Where it is parked: the label, or labels joined by " > ", of one call or of several inside one another. */
  readonly label?: string;
  /** The run one of whose ops started it. */
  readonly parent?: string;
  /** The run of which it was made. */
  readonly origin?: string;
  /** Most runs to return. */
  readonly limit: number;
  /** Only runs with ids before this one. */
  readonly before?: string;
  /** Only runs with this id or a later one. */
  readonly from?: string;
}

/** A call of `listRuns` looks at a bounded number of runs, so that a page may be short, or empty, and not the last. */
export interface RunPage {
  readonly runs: readonly RunView[];
  /** What to give as `before` for the page that follows; absent when there is none. */
  readonly next?: string;
  /** Of a projection: what had become of the runs until then is shown. */
  readonly asOf?: number;
}

/** Which runs `listParked` gives. */
export interface ParkedPage {
  readonly limit: number;
  /** Id of the last run of the page before. */
  readonly after?: string;
}

/** A run that has not ended, as it is stored. It has pieces only when its frame is sealed, and they cannot be put into it. */
export interface ParkedRun
  extends Pick<RunView, "id" | "app" | "functionId" | "status" | "label" | "error">,
    StoredPieces {
  /** Whole. */
  readonly frame: string | null;
}

/** A run that has not ended, with all that it would go on from. */
export interface ParkedState extends ParkedRun {
  /** Changes whenever one of these does. */
  readonly version: string;
  /** For what its ops wait, and events that cancel it. */
  readonly waits: readonly NewWait[];
  readonly mail: readonly Mail[];
}

/** A run that is made of another one, for the same function and event. Nobody waits for it. */
export interface DerivedRun {
  readonly id: string;
  readonly origin: Origin;
  /** The state from which it goes on; a run without one begins. */
  readonly state?: Pick<ParkedState, "version" | "label" | "waits" | "mail"> & { readonly frame: string };
}

/** What stands for the text of an output that a store keeps by itself. */
export type OutputSeal = (text: string, run: string, op: number) => string;

export interface ClaimRequest {
  readonly app: string;
  /** Identity of the worker process; unique per start. */
  readonly worker: string;
  /** Ids of the functions that the worker can run. */
  readonly functions: readonly string[];
  /** Runs that the worker leaves to others. */
  readonly except?: readonly string[];
  readonly limit: number;
  readonly now: number;
  readonly leaseMs: number;
}

/** How a run is cancelled. */
export interface Cancellation {
  readonly unwind: boolean;
  /** Events that are sent if the run ends here. */
  readonly events?: readonly StoredEvent[];
}

export interface Store extends PruningStore {
  /** Opens the store and brings its schema up to date. Called once, before any other method. */
  open(): Promise<void>;
  close(): Promise<void>;
  /**
   * Calls back when there may be work for an app that another process has made; answers how to stop. A hint, for workers that
   * pause between two looks. Absent from a store that hears of nothing.
   */
  readonly onWork?: ((app: string, listener: () => void) => () => void) | undefined;
  /**
   * Whether `commit()` only sends what another process writes: a worker has it write the next batch before the runs of the
   * last one go on. Absent from a store that holds the thread while it writes.
   */
  readonly writesElsewhere?: boolean | undefined;
  /** How an app goes to another store. */
  readonly moves: StoreMoves;
  /** Runs that an engine executes, as they are shown here. */
  readonly projection: StoreProjection;
  /** Says, before `open`, how a store is to write and read outputs of steps that it was not given by a commit. */
  readonly sealOutputs?: ((sealed: OutputSeal, opened: OutputSeal) => void) | undefined;

  /** Stores events; one whose id the app has already is ignored. */
  putEvents(events: readonly StoredEvent[]): Promise<void>;
  /** Events that no worker has routed yet, oldest first; those of one time in the order in which they were stored. */
  unroutedEvents(app: string, limit: number): Promise<StoredEvent[]>;
  /**
   * Marks the event as routed, creates its runs and delivers it to the waits that it meets, at once; a wait that is gone
   * meanwhile is left out. Routing twice creates nothing new: of two workers that
   * route one event, the first wins, whatever the ids of their runs. A run's `createdAt` is the event's `receivedAt`.
   * Answers "conflict", and changes nothing, when a state is not what its change was decided upon, or a run that is to be
   * joined is not waiting any more. Rejects when the event is not stored, or a run is of another event or app.
   */
  route(event: EventKey, runs: readonly NewRun[], met?: readonly Met[], routing?: Routing): Promise<Routed>;
  /**
   * Routes events that start runs without waits and do nothing else, in their order. One that is routed already, or that
   * another worker routes now, is left out.
   */
  routeMany(app: string, events: readonly { readonly id: string; readonly runs: readonly NewRun[] }[]): Promise<void>;
  /** In the order of the keys. */
  states(keys: readonly StateKey[]): Promise<StoredState[]>;
  /** Changes states and stores events, at once. As `route` does when a state is not what its change was decided upon. */
  changeStates(
    changes: readonly StateChange[],
    events: readonly StoredEvent[],
    now: number,
  ): Promise<"ok" | "conflict">;
  /**
   * Paths of the matches under which runs of the app wait for events of this name, in their order; "" for those that wait
   * for any. Empty when none waits.
   */
  waitPaths(app: string, name: string): Promise<string[]>;
  waitsFor(query: WaitQuery): Promise<StoredWait[]>;
  /** Delivers a signal. Answers the run that waited for it, or undefined if none does. */
  signal(app: string, name: string, text: string, now: number): Promise<string | undefined>;

  /**
   * Takes runs that are due and free (not leased, or their lease has run out or its holder is known dead), oldest due
   * first. A worker never gets a run that it still holds, even when its lease has run out.
   */
  claim(request: ClaimRequest): Promise<Claim[]>;
  /** One transaction for the batch. Results in the order of the batch. */
  commit(batch: readonly Commit[]): Promise<CommitResult[]>;
  /** Extends leases; answers the runs whose epoch is no longer ours. */
  renew(held: readonly { run: string; epoch: number }[], now: number, leaseMs: number): Promise<string[]>;
  /** Mail of the runs that a worker holds, which it may have seen but has not consumed. */
  unreadMail(app: string, worker: string): Promise<{ run: string; mail: Mail[] }[]>;
  /**
   * Cancels a run that has not ended; false if it had ended or does not exist. With `unwind`, a run that has begun and is
   * not blocked gets mail, and ends by itself. Any other ends here, and its epoch moves, so that its worker is fenced.
   */
  cancel(run: string, now: number, how: Cancellation): Promise<boolean>;
  /** Lets a blocked run be claimed again, from its stored frame, at once. False if it is not blocked or does not exist. */
  resume(run: string, now: number): Promise<boolean>;
  /**
   * When the next free run of these functions is due, which may be in the past; undefined if none is. Leased runs are
   * left out: their holders wake them, and one whose holder is lost is found by calling `claim` from time to time.
   */
  nextWake(app: string, functions: readonly string[]): Promise<number | undefined>;

  getRun(run: string): Promise<RunView | undefined>;
  listRuns(query: RunQuery): Promise<RunPage>;
  listEvents(query: EventQuery): Promise<EventView[]>;
  /** Ids of the apps that have events, sorted. */
  listApps(): Promise<string[]>;
  /** Undefined when the run has ended or does not exist. */
  getParked(run: string): Promise<ParkedState | undefined>;
  /**
   * Creates a run, due at once, with `now` as its `createdAt`. False, with nothing done, when its origin does not exist,
   * or has not the version of the state any more; a run whose id exists is left as it is.
   */
  derive(run: DerivedRun, now: number): Promise<boolean>;
  /** Of those ops that have ended. */
  listOutcomes(run: string, ops: readonly number[]): Promise<RecordedOutcome[]>;
  /** Runs of all apps that have not ended, by their ids, with what is stored of them: for tools that look and do not work. */
  listParked(page: ParkedPage): Promise<ParkedRun[]>;
  /** All attempts that are recorded, by op and attempt. */
  listSteps(run: string, page?: StepPage): Promise<StoredStep[]>;
}
