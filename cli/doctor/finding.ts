/** What the doctor finds. */
import type { Facts } from "./facts.ts";

export interface Finding {
  /** Stable name of the kind of finding. */
  readonly code: string;
  /** An error keeps handlers from being compiled, or a build from working. */
  readonly category: "error" | "warning";
  readonly where: string;
  readonly what: string;
  readonly why: string;
  /** The command or the edit that mends it. */
  readonly fix: string;
}

/** One thing that the doctor looks at. */
export type Check = (facts: Facts) => Finding[];
