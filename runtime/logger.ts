/** The loggers of a client: the default one, the shield around one given by the author, and those of runs. */
import type { Logger } from "./engine/contract.ts";

/** Prints warnings and errors of the runtime and what handlers log at `info`; drops `debug`. */
export const consoleLogger: Logger = {
  debug() {},
  info: (...args) => console.info(...args),
  warn: (...args) => console.warn(...textFirst(args)),
  error: (...args) => console.error(...textFirst(args)),
};

/** The same logger, whose failures are swallowed: a broken log must not change what a run does. */
export function shieldedLogger(logger: Logger): Logger {
  const shielded =
    (level: "debug" | "info" | "warn" | "error") =>
    (...args: unknown[]) => {
      try {
        logger[level](...args);
      } catch {
        // Nowhere is left to report it.
      }
    };
  const self: Logger = {
    debug: shielded("debug"),
    info: shielded("info"),
    warn: shielded("warn"),
    error: shielded("error"),
    ...(typeof logger.child === "function" && {
      child(bindings) {
        try {
          return shieldedLogger(logger.child?.(bindings) ?? logger);
        } catch {
          return self;
        }
      },
    }),
  };
  return self;
}

/** A logger that adds to each line what it is about, when the logger can. */
export function boundLogger(logger: Logger, bindings: Readonly<Record<string, unknown>>): Logger {
  return logger.child?.(bindings) ?? logger;
}

/** The runtime logs as pino wants it, `({ err }, text)`; people want to read the text first. */
function textFirst(args: readonly unknown[]): readonly unknown[] {
  const [first, text, ...rest] = args;
  const isReport = typeof first === "object" && first !== null && "err" in first && typeof text === "string";
  return isReport ? [text, first.err, ...rest] : args;
}
