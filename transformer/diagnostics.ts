/**
 * Every diagnostic of the compiler. A code is given once and never reused.
 * A message names what was found, where it stands in the program, and the way round.
 */

export interface Diagnostic {
  /** Stable number, shown as `TS<code>` beside TypeScript's own. */
  readonly code: number;
  /** A hint is shown by editors and by `backstitch check`, not by a build. */
  readonly category: "error" | "warning" | "hint";
  readonly message: string;
  /** Offset and length in the author's text. */
  readonly start: number;
  readonly length: number;
}
