/**
 * How all that an app has goes from one store to another. Part of `store.ts`.
 *
 * A move has two ends, and dies at neither: in the store that the app leaves, its runs are `moving` from the moment in which
 * nobody works on them, and stay there as they are until the move is confirmed; in the other one they are `moving` until all
 * of them are there, and go on at once. Nobody claims a run that is `moving`.
 */
import type { FramePiece } from "./frame-pieces.ts";
import type { CommittedStatus, Mail } from "./store.ts";
import type { EventFate, StoredEvent } from "./store-events.ts";
import type { StateKey } from "./store-flow.ts";
import type { OpKey, Origin } from "./store-names.ts";
import type { StepRecord } from "./store-steps.ts";
import type { NewWait } from "./store-waits.ts";

/** Names a move. */
export interface Move {
  readonly id: string;
  readonly app: string;
}

/** A run that a worker holds, so that the app cannot leave yet. */
export interface HeldRun {
  readonly run: string;
  readonly worker: string;
  readonly leaseUntil: number;
}

/** A move away from a store. Its app has left when nobody holds a run of it any more. */
export interface Departure extends Move {
  readonly held: readonly HeldRun[];
}

/** An event, with what became of it. A queued one is routed where it comes to. */
export interface MovedEvent extends StoredEvent {
  readonly fate: EventFate;
  /** Text of the codec. */
  readonly problem?: string;
}

/** The output of a step that was committed with what the step wrote, and that the run has not recorded. */
export interface MovedTransaction {
  readonly op: number;
  /** Text of the codec. */
  readonly output: string | null;
}

/** All that is stored of a run, but for its step records. Ops ask for slots anew, as those of a run that was blocked. */
export interface MovedRun {
  readonly id: string;
  readonly functionId: string;
  readonly eventId: string;
  /** Ids of the events that joined it, in their order. */
  readonly joined: readonly string[];
  readonly status: CommittedStatus;
  /** 0 while no worker has had it: others may join it. */
  readonly epoch: number;
  readonly seq: number;
  readonly lostClaims: number;
  readonly label: string | null;
  readonly wakeAt: number | null;
  /** As a claim has it, with markers where its pieces belong. */
  readonly frame: string | null;
  readonly pieces: readonly FramePiece[];
  readonly output: string | null;
  readonly error: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | null;
  readonly parent?: OpKey;
  readonly origin?: Origin;
  readonly stepsRemoved?: number;
  /** How much mail it has had, read or not. */
  readonly mailed: number;
  readonly mail: readonly Mail[];
  readonly waits: readonly NewWait[];
  readonly transactions?: readonly MovedTransaction[];
  /** How many step records it has. */
  readonly records: number;
}

/** A step record, with the number of the commit that wrote it. */
export interface MovedRecord extends StepRecord {
  readonly seq: number;
}

/** Some step records of a run, by op and attempt. */
export interface MovedRecords {
  readonly run: string;
  /** From 1: its place among those of the run. */
  readonly part: number;
  readonly records: readonly MovedRecord[];
}

/** What decides on runs to come. */
export interface MovedState extends Omit<StateKey, "app"> {
  readonly value: string;
  readonly expiresAt?: number;
  readonly run?: string;
}

/** A part of what a move brings. */
export type MovedItem =
  | { readonly event: MovedEvent }
  | { readonly run: MovedRun }
  | { readonly steps: MovedRecords }
  | { readonly state: MovedState };

/** Which runs of a move are read, by their ids: those that have not ended, those that have, or some that are named. */
export interface MovedRunsPage {
  readonly which: "going" | "ended" | readonly string[];
  readonly after?: string;
  readonly limit: number;
}

/** A page, with where to go on; absent when there is no more. */
export interface MovedPage<Item> {
  readonly items: readonly Item[];
  readonly next?: number;
}

/** How a move away ends: `abandon` is `undo` of one that has not got beyond waiting, and nothing of any other. */
export type Settlement = "confirm" | "undo" | "abandon";

/**
 * What a store does with moves. Texts come and go as they are stored: sealed ones are not opened. Pages of a move that was
 * confirmed or undone meanwhile are refused, so that no stream ends as if it were whole.
 */
export interface StoreMoves {
  /**
   * Begins a move, or goes on with the one that was begun and not confirmed. From then on nobody gets work of the app: `claim` and
   * `unroutedEvents` give nothing, `route` and `routeMany` do nothing or reject, as `nextWake`, `signal` and `derive`
   * do, and `changeStates` once nobody holds a run. While runs are held by workers whose leases last,
   * nothing else is done. When none is, all runs that have not ended become `moving`, workers whose leases have ended are
   * fenced, ops give back their slots, and events that are queued belong to the move. Later ones wait for the next move.
   * Rejects while a move into the store is not over.
   */
  leave(move: Move, now: number): Promise<Departure>;
  /** All events of the app but those that came later, in their order. */
  events(move: Move, page: { readonly after?: number; readonly limit: number }): Promise<MovedPage<MovedEvent>>;
  runs(move: Move, page: MovedRunsPage): Promise<MovedRun[]>;
  /** Records of a run, by op and attempt; those behind an attempt. */
  records(
    run: string,
    page: { readonly after?: { readonly op: number; readonly attempt: number }; readonly limit: number },
  ): Promise<MovedRecord[]>;
  states(move: Move, page: { readonly after?: number; readonly limit: number }): Promise<MovedPage<MovedState>>;
  /**
   * `confirm`: the runs of the move are somewhere else; here they have ended as `moved`, and the app stays away. `undo`: they
   * go on here. False when there is no such move, it was confirmed before, or it is to be confirmed and waits for workers.
   */
  settle(move: Move, how: Settlement, now: number): Promise<boolean>;
  /** Whether all of a move has come, or nothing. */
  arrival(move: Move): Promise<"none" | "begun" | "over">;
  /**
   * Stores what a move brings. What is there already, because it came with this move before, is left as it is; so is all, when
   * the move is over. Rejects when a run that has not ended is there without having been moved away, or its events are not
   * there, and while the app leaves or comes by another move.
   */
  arrive(move: Move, items: readonly MovedItem[], now: number): Promise<void>;
  /**
   * Removes what a move has brought that has not come to its end: nobody has worked on it. What came for its runs meanwhile is
   * lost. False when there is no such move, or it is over.
   */
  drop(move: Move): Promise<boolean>;
  /**
   * All has come: its runs go on, its queued events are routed, at once. A second call changes nothing. Rejects when fewer runs
   * are there, because somebody has dropped the move while it came.
   *
   * @param runs how many that have not ended belong to the move
   */
  release(move: Move, runs: number, now: number): Promise<void>;
}
