/** Where a scan is, and what waits for it. */
import type { PathKey } from "./errors.ts";

/** A path that continues another one. Linked, because along a chain of scopes copies would grow with its square. */
export interface Origin {
  readonly before: Origin | undefined;
  readonly keys: readonly PathKey[];
}

/** Parts of an extension value that are still to be visited, or what else is to be done with it. */
export interface Waiting {
  readonly origin: Origin;
  readonly parts: unknown;
  readonly run: (() => void) | undefined;
}
