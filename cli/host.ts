import type { ExitCode } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/** What a command is given: it writes to `terminal` and gives to `end` how it ended. */
export interface Host {
  readonly terminal: Terminal;
  end(exitCode: ExitCode): void;
}
