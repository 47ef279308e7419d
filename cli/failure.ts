/** How a command ends. The numbers are part of the interface: `docs/cli.md` lists them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notFound: 3, interrupted: 130 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with a message for the user: what is wrong, where, and what to do, in one line. */
export class Failure extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.failed) {
    super(message);
    this.name = "Failure";
    this.exitCode = exitCode;
  }
}
