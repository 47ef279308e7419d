/** What the services of an app say to one another, and to Restate. All of it is JSON, but for frames. */
import type { ToldAttempt } from "../../engine/lone-attempt.ts";
import type {
  Cancellation,
  DerivedRun,
  Mail,
  MovedEvent,
  MovedRecords,
  MovedRun,
  MovedState,
  NewRun,
  NewWait,
  OpKey,
  Pool,
  StoredEvent,
  StoredWait,
} from "../../store.ts";
import type { KeptRecord } from "../../stores/memory-runs.ts";

/** Starts a run. A second start of it changes nothing. */
export interface StartMessage {
  readonly run: NewRun;
  readonly event: StoredEvent;
  readonly now: number;
  /** Its end is told to the object that decides on the runs of its function. */
  readonly inFlow?: boolean;
  /** It begins when that object says so: other events may join it. */
  readonly waits?: boolean;
  /** Of a run that is made of another one. */
  readonly derived?: Pick<DerivedRun, "origin" | "state"> & { readonly joined: readonly StoredEvent[] };
}

/** A timer of a run. One that another has replaced carries an old token, and is ignored. */
export interface WakeMessage {
  readonly token: number;
}

/** Mail that has no number yet: the run numbers what it gets. */
export type Letter = Omit<Mail, "seq">;

export interface CancelMessage {
  readonly now: number;
  readonly how: Cancellation;
  /** Whoever cancels does not know what events tell of it: the run is to make them. */
  readonly tells?: boolean;
}

/** An event would start a run of a function with options of flow control. */
export interface DecideMessage {
  readonly run: NewRun;
  readonly event: StoredEvent;
  readonly now: number;
}

/** An event joins a run that waits. */
export interface JoinMessage {
  readonly event: StoredEvent;
  readonly keeps: "last" | "all";
  readonly wakeAt: number;
  readonly now: number;
  /** The run that the event starts if it comes too late. */
  readonly fresh: NewRun;
}

/** A timer of a run that waits. */
export interface BeginMessage {
  readonly run: string;
  readonly token: number;
}

/** A run that came from another store and has not begun. */
export interface HoldMessage {
  readonly run: string;
  readonly event: StoredEvent;
  readonly delayMs: number;
}

/** A run comes with a move. */
export interface ArrivingRun {
  readonly move: string;
  readonly app: string;
  readonly run: MovedRun;
  readonly now: number;
}

export interface ArrivingSteps extends MovedRecords {
  readonly move: string;
}

export interface ArrivingEvent {
  readonly move: string;
  readonly event: MovedEvent;
}

export interface ArrivingState {
  readonly state: MovedState;
  readonly now: number;
}

/** All of a move has come. */
export interface ReleaseMessage {
  readonly move: string;
  readonly now: number;
}

/** An invocation that is tried again begins. */
export interface BegunMessage {
  /** How far it had come: its commits. */
  readonly place: number;
  readonly worker: string;
}

/** An attempt of a step that is made in an invocation of its own, on any machine. */
export interface TaskMessage {
  readonly run: string;
  readonly functionId: string;
  readonly op: number;
  readonly attempt: number;
  readonly event: StoredEvent;
  readonly joined: readonly StoredEvent[];
  readonly createdAt: number;
  readonly frame: string;
}

/** How such an attempt has ended. It was refused when no code there could make it. */
export type TaskAnswer =
  | ToldAttempt
  | { readonly op: number; readonly attempt: number; readonly refused: true; readonly endedAt: number };

/** Records of a run's steps, which its object keeps no longer. */
export interface HistoryPiece {
  /** From 1. */
  readonly number: number;
  readonly records: readonly KeptRecord[];
}

/** A run begins to wait for an event, or is cancelled by one. */
export interface WaitMessage {
  readonly run: string;
  readonly wait: NewWait;
  /** The event of the run, which a condition may name. */
  readonly event?: StoredEvent;
}

/** A wait as its mailbox keeps it. */
export interface KeptWait extends StoredWait {
  readonly event?: StoredEvent;
}

/** What a mailbox without a match knows of those with one. */
export interface MailboxView {
  /** Paths under which runs have waited. They are never forgotten: programs have few. */
  readonly paths: readonly string[];
  readonly waits: number;
}

/** What an event met in a mailbox. */
export interface Meeting {
  readonly met: number;
  /** Why waits that might have been met were not. Text of the codec. */
  readonly problem?: string;
}

/** An op asks for a slot, and then for one in each of the pools that are left. */
export interface PoolRequest extends OpKey {
  readonly pool: Pool;
  readonly rest: readonly Pool[];
  readonly rank: number;
  readonly now: number;
}

/** An op waits for a signal. */
export interface SignalWait extends OpKey {
  readonly onConflict: "fail" | "replace";
  readonly now: number;
}

export interface SignalMessage {
  readonly text: string;
  readonly now: number;
}
