/** The runtime's own faults: one table of codes, one class. */

/** Every fault of the runtime's own, by code. Codes are never reused; messages begin with these texts. */
const faults = {
  BS2001: "The handler is not compiled",
  BS2002: "The handler was compiled for another version of backstitch",
  BS2003: "A function's options are wrong",
  BS2004: "Two functions have the same id",
  BS2005: "The client has no store",
  BS2006: "An event is wrong",
  BS2007: "An event is too large",
  BS2008: "An event cannot be stored",
  BS2009: "There is no such run",
  BS2010: "A run did not end in time",
  BS2011: "A call works in compiled code only",
  BS2012: "A time is wrong",
  BS2013: "An option is wrong",
  BS2014: "The worker cannot start",
  BS2015: "The client is closed",
  BS2016: "An event does not fit its schema",
  BS2017: "An expression is wrong",
  BS2018: "An event type is wrong",
  BS2019: "A function has the same trigger twice",
  BS2030: "A stored text cannot be decrypted",
  BS2040: "A function's concurrency is wrong",
  BS2041: "A schedule is wrong",
  BS2042: "A function's throttle is wrong",
  BS2043: "A function's rate limit is wrong",
  BS2044: "A function's debounce is wrong",
  BS2045: "A function's batches are wrong",
  BS2046: "A function's priority is wrong",
  BS2047: "A function's singleton mode is wrong",
  BS2048: "Two options of a function exclude each other",
  BS2050: "A filter of runs is wrong",
  BS2051: "The run has no such step",
  BS2052: "The run has no such slot",
  BS2053: "A value for another run is wrong",
  BS2054: "The run cannot be forked there",
  BS2055: "The run strayed from what is recorded",
  BS2101: "A tool was called from code that is not compiled",
  BS2102: "The run cannot be stored where it is parked",
  BS2103: "No code of this build continues the run",
  BS2104: "The stored frame cannot be read",
  BS2105: "The run ended its worker again and again",
  BS2106: "The run strayed from its stored place",
  BS2107: "The run waits for something that cannot come",
  BS2108: "A local value cannot be made again",
  BS2109: "The run cannot be driven",
  BS2110: "A race waits for an ordinary promise",
  BS2111: "The run cannot be migrated",
  BS2112: "The run waits too long for code that is not compiled",
  BS2113: "A text cannot be evaluated",
  BS2130: "The engine cannot do this",
  BS2131: "Restate does not do what it is asked",
  BS2132: "Restate's SDK cannot run here",
  BS2140: "An app cannot leave its store",
  BS2141: "A stream of runs cannot be imported",
  BS2120: "A transaction cannot begin",
  BS2121: "A transaction cannot be committed",
} as const;

/** Code of a fault of the runtime, `BS2001` and up. */
export type BackstitchErrorCode = keyof typeof faults;

/** What a fault's message says beside its code: where it is, and what to do. */
export interface FaultDetails {
  /** Names the function, option, event or run. No full stop at its end. */
  readonly where: string;
  /** What the reader does next, as sentences. */
  readonly fix: string;
  readonly cause?: unknown;
}

/**
 * A fault of the runtime's own. The message names the fault, the place and what to do; `code` is stable.
 *
 * @example
 * try { await client.runs.wait(id, { timeoutMs: 1_000 }); }
 * catch (error) { if (error instanceof BackstitchError && error.code === "BS2010") retryLater(); }
 */
export class BackstitchError extends Error {
  readonly code: BackstitchErrorCode;

  constructor(code: BackstitchErrorCode, { where, fix, ...rest }: FaultDetails) {
    super(`${faults[code]}: ${where}. ${fix} (${code})`, "cause" in rest ? { cause: rest.cause } : {});
    this.name = "BackstitchError";
    this.code = code;
  }
}
