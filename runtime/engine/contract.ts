/** What the driver of a run needs from whoever owns it (a worker, the test runtime). */

import type { Clock } from "../clock.ts";
import type { BackstitchError } from "../faults.ts";
import type { Flow } from "../flow/options.ts";
import type { Middleware } from "../middleware/middleware.ts";
import type { Migrate } from "../migration.ts";
import type { CheckedBackoff } from "../retry.ts";
import type { Claim, Commit, CommitResult, Mail, Origin, RecordedOutcome, StepRecord, StoredEvent } from "../store.ts";
import type { RegisteredTrigger } from "../triggers.ts";
import type { BackstitchEvent, SentEvent } from "../types.ts";
import type { ToldAttempt } from "./lone-attempt.ts";
import type { Op } from "./ops.ts";

/** What the driver must know of a function; made by `createFunction`. */
export interface RunnableFunction {
  readonly id: string;
  /** The compiled handler: a function made by `$.durable`. */
  readonly handler: (...args: never[]) => unknown;
  /** Retries of a step and of a segment, after the first attempt. Default 4. */
  readonly retries: number;
  /** When they come, but for steps that say it themselves. Default: as the client says. */
  readonly backoff?: CheckedBackoff | undefined;
  /** Milliseconds after which a run is cancelled: before it begins, and from its beginning. */
  readonly timeouts?: { readonly startMs?: number; readonly finishMs?: number } | undefined;
  /** Milliseconds for which inputs may wait while its code is in an ordinary await. Default: what the worker gives. */
  readonly parkTimeoutMs?: number | undefined;
  /** Ids of the functions that runs of this one start when they fail or are cancelled. */
  readonly onFailure?: string | undefined;
  readonly onCancel?: string | undefined;
  /** When its runs begin, and how many of its steps execute at once. */
  readonly flow?: Flow | undefined;
  /** Brings frames of older code to the loaded one. */
  readonly migrate?: Migrate | undefined;
  /** What starts its runs; their events are held to the schemas. */
  readonly triggers?: readonly RegisteredTrigger[] | undefined;
  /** Of its client and its own, the outermost first. */
  readonly middleware?: readonly Middleware[] | undefined;
}

/** Levels as in the console and pino. */
export interface Logger {
  debug(...args: unknown[]): void;
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
  /** A logger that adds these to each line, as pino's. */
  child?(bindings: Readonly<Record<string, unknown>>): Logger;
}

/** The logger of a handler: the client's, with the ids of the run and the function where it has `child`. Never throws. */
export interface RunLogger extends Logger {
  /** It may live across an await. */
  child(bindings: Readonly<Record<string, unknown>>): RunLogger;
}

/** Runs one attempt of a step: `callback` with the input, or with another one. */
export type StepLayer = (
  attempt: {
    readonly op: number;
    readonly id: string;
    readonly kind: string;
    readonly attempt: number;
    readonly input: readonly unknown[];
  },
  callback: (input: readonly unknown[]) => unknown,
) => unknown;

/** Scripted outcome of a step attempt, for tests: returns or throws what the step's callback would. */
export type StepScript = (
  call: {
    /** Number of the op in its run. */
    readonly op: number;
    readonly id: string;
    readonly attempt: number;
    readonly input: readonly unknown[];
  },
  real: () => unknown,
) => unknown;

/** Gives what is sent in place of events that a step sends, and the ids that the step gives. */
export type StepSend = (
  events: readonly SentEvent[],
) => Promise<{ readonly events: readonly StoredEvent[]; readonly ids: readonly string[] }>;

/** An op that waits for what comes from outside. */
export type WaitingOp = Pick<Op, "number" | "id">;

/** Attempts of a run that other processes make. */
export interface Spread {
  /** Those that are under way. */
  readonly running: readonly { readonly op: number; readonly attempt: number }[];
  /** What came of those that have ended and are not recorded. */
  readonly ended: readonly ToldAttempt[];
}

export interface DriverHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Writes one turn. May be grouped with the commits of other runs. Rejects only when the store is unavailable. */
  commit(commit: Commit): Promise<CommitResult>;
  /** Delay in milliseconds before attempt `attempt` (1 is the first retry), as a step's own schedule says, if it has one. */
  retryDelay(attempt: number, backoff?: CheckedBackoff): number;
  /** True once the worker drains: the driver then lets running callbacks finish, commits, and releases the run. */
  draining(): boolean;
  /** Called when the driver must stop at once because its fence is lost: aborts running callbacks. */
  readonly signal: AbortSignal;
  /**
   * How long (ms) the driver may hold a parked run in memory to wait for a timer, instead of releasing it.
   * A worker gives a few ms; the test runtime gives Infinity and a virtual clock.
   */
  readonly holdMs: number;
  /** For functions that say nothing of it; what they say does not count without it. Default: such waits last for ever. */
  readonly parkTimeoutMs?: number;
  /** The clock of that, for who drives runs by a clock that jumps: ordinary awaits take their time. Default: `clock`. */
  readonly outsideClock?: Clock;
  /**
   * Asked when no code here continues the run, or what is stored of it cannot be read: true gives it back, in front of
   * all others, for workers that may have the code, the class or the key. Default: false.
   */
  readonly leave?: () => boolean;
  /** What the code of the run sees of an event. Default: the event. */
  readonly shown?: (event: BackstitchEvent) => BackstitchEvent;
  /** The events of the claim are not as they are stored, and will not be given so again. Default: they are. */
  readonly changedEvents?: boolean;
  /** Further properties of the handler's context. Objects and functions are made again, as tools are. */
  readonly extension?: Readonly<Record<string, unknown>>;
  /** Around events that a step sends. */
  readonly aroundSend?: StepSend;
  /** Around each attempt of a step. */
  readonly aroundStep?: StepLayer;
  /** Called before code of the run is entered for the first time. What it throws counts as thrown by that code. */
  readonly onStart?: () => Promise<void>;
  /** What keeps the code of the run from going on now: it counts as thrown by it. */
  readonly failure?: { readonly error: unknown };
  /** Asked at every park: true drops the activation and loads it again from its text. Tests only. */
  readonly reload?: () => boolean;
  readonly script?: StepScript;
  /** Has mail handed over as it comes, until the drive ends. Mail may come again until it is consumed. */
  readonly onMail?: (deliver: (mail: readonly Mail[]) => void) => void;
  /** What is recorded of ops in front of the one from which a run goes on. */
  readonly recorded?: (origin: Origin, ops: readonly number[]) => Promise<RecordedOutcome[]>;
  /** Lets attempts of steps that are ready beside others be made elsewhere. Default: all of them are made here. */
  readonly spread?: Spread;
  /** Told when the handler has ended for good, and whether it left ops; what unwinds comes behind it. Tests only. */
  readonly onHandlerEnd?: (left: boolean) => void;
  /** Told of each op that begins to wait, in front of the commit that announces it. Tests only. */
  readonly onWait?: (op: WaitingOp) => void;
  /** Given a frame that is thought to be unchanged but for the step that ended, and what it is really. Tests only. */
  readonly onUnchanged?: (
    thought: string,
    real: string | BackstitchError,
    loadedAndWritten: (frame: string) => string,
  ) => void;
  /** Given the text of a frame, and that of the same state with nothing kept from the text before. Tests only. */
  readonly onFrame?: (frame: () => string, anew: () => string) => void;
  /** Characters of a piece of a frame, about. Default 1,024. Tests only. */
  readonly pieceLength?: number;
  /** Told of each op attempt that ended. Tests only. */
  readonly onStep?: (record: StepRecord) => void;
}

/** Why `driveRun` came back. `released`: parked, with its claim given back. */
export type DriveEnd = "ended" | "released" | "blocked" | "fenced";

export type DriveRun = (claim: Claim, fn: RunnableFunction, host: DriverHost) => Promise<DriveEnd>;
