/** The logger of a run, and those that its code makes of it: they are stored as what was added, and made again. */
import { SafeWeakMap } from "../codec/index.ts";
import type { Logger, RunLogger } from "./contract.ts";

type Bindings = Readonly<Record<string, unknown>>;

/** How a logger that code of the run made is stored: of which one, and with what. */
export interface ChildLogger {
  readonly child: readonly [parent: RunLogger, bindings: Bindings];
}

export class Loggers {
  readonly root: RunLogger;
  readonly #children = new SafeWeakMap<object, ChildLogger>();

  constructor(logger: Logger) {
    this.root = this.#runLogger(logger);
  }

  /** Undefined for any other value. */
  imageOf(value: object): ChildLogger | undefined {
    return this.#children.get(value);
  }

  #runLogger(logger: Logger): RunLogger {
    const made: RunLogger = {
      debug: (...args) => logger.debug(...args),
      info: (...args) => logger.info(...args),
      warn: (...args) => logger.warn(...args),
      error: (...args) => logger.error(...args),
      child: (bindings) => {
        const child = this.#runLogger(logger.child?.(bindings) ?? prefixed(logger, bindings));
        this.#children.set(child, { child: [made, bindings] });
        return child;
      },
    };
    return made;
  }
}

/** The child of a logger that makes none: each line begins with the bindings. */
function prefixed(logger: Logger, bindings: Bindings): Logger {
  return {
    debug: (...args) => logger.debug(bindings, ...args),
    info: (...args) => logger.info(bindings, ...args),
    warn: (...args) => logger.warn(bindings, ...args),
    error: (...args) => logger.error(bindings, ...args),
  };
}
