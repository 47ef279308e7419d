/** The loggers of a client: the default one, and the shield around one given by the author. */
import type { Logger } from "./engine/contract.ts";

/** Prints warnings and errors of the runtime and what handlers log at `info`; drops `debug`. */
export const consoleLogger: Logger = {
  debug() {},
  info: (...args) => console.info(...args),
  warn: (...args) => console.warn(...args),
  error: (...args) => console.error(...args),
};

/** The same logger, whose failures are swallowed: a broken log must not change what a run does. */
export function shieldedLogger(logger: Logger): Logger {
  const shielded =
    (level: keyof Logger) =>
    (...args: unknown[]) => {
      try {
        logger[level](...args);
      } catch {
        // Nowhere is left to report it.
      }
    };
  return { debug: shielded("debug"), info: shielded("info"), warn: shielded("warn"), error: shielded("error") };
}
