/** Which runs are asked for, and what comes of it. Part of `store.ts`. */
import type { RunStatus, RunView } from "./store.ts";

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
}

/** Which runs `listParked` gives. */
export interface ParkedPage {
  readonly limit: number;
  /** Id of the last run of the page before. */
  readonly after?: string;
}
