/** What tools that look at a database use of the runtime: runs as they are stored, and whether their frames fit code. */
// Registers the errors of the runtime, which stored runs hold.
import "./errors.ts";

export { SystemClock } from "./clock.ts";
export { DecodeError, decode } from "./codec/index.ts";
export { type Defaulted, fitOf, type HeldFrame, kindAt, type Misfit, slotsAt } from "./engine/fit.ts";
export { heldBy } from "./engine/fit-loaded.ts";
export type { FrameImage, RunImage } from "./engine/image.ts";
export { hashIn, idIn } from "./engine/registry.ts";
export { originOf, type ScopeRecord } from "./engine/scopes.ts";
export { noReferences, readStoredRun, StoredClosure } from "./engine/stored-run.ts";
export { EventLog } from "./event-log.ts";
export { Moves } from "./moves.ts";
export { Runs } from "./runs.ts";
export type { ParkedRun, Store } from "./store.ts";
