/**
 * Expressions over events, as authors give them for `if`, `match`, keys and priorities: text in CEL, or a function. They
 * are compiled where they are given, so that a mistake shows at registration, and evaluated when events come.
 */
import { type CelProgram, compileCel, isOfMissing } from "./cel.ts";
import { encode } from "./codec/index.ts";
import type { Logger } from "./engine/contract.ts";
import { BackstitchError } from "./faults.ts";
import type { BackstitchEvent } from "./types.ts";

/** What an expression sees: the event that starts, or started, the run. */
export interface EventScope<Event extends BackstitchEvent = BackstitchEvent> {
  readonly event: Event;
}

/** What an expression sees that compares two events: `async` is the one that comes while the run waits. */
export interface MatchScope<
  Event extends BackstitchEvent = BackstitchEvent,
  Async extends BackstitchEvent = BackstitchEvent,
> extends EventScope<Event> {
  readonly async: Async;
}

/** Text in CEL, such as `"event.data.total > 100"`, or a function that gives the value at once. */
export type ExpressionOf<Scope, Value> = string | ((scope: Scope) => Value);

/** What is expected of an expression. */
export interface ExpressionSite {
  /** Names the option for messages, e.g. `` `if` of a trigger of function "f" ``. */
  readonly field: string;
  /** Names that it may use. */
  readonly variables: readonly ("event" | "async")[];
  /** What it is for. A text whose value can be nothing of the kind is refused. */
  readonly gives: "condition" | "number" | "key";
}

const fitting: Readonly<Record<ExpressionSite["gives"], readonly string[] | undefined>> = {
  condition: ["bool", "dyn"],
  number: ["int", "uint", "double", "dyn"],
  key: undefined,
};

/**
 * @param given text in CEL, or a function
 * @throws BackstitchError BS2017 when it is neither, does not parse, names what does not exist, or cannot give the value
 * @example
 * const condition = compileExpression("event.data.total > 100", { field, variables: ["event"], gives: "condition" });
 * condition.holds({ event }, logger)
 */
export function compileExpression(given: unknown, site: ExpressionSite): Expression {
  if (typeof given === "function") return new Expression(site, given, given as CelProgram);
  if (typeof given !== "string") {
    throw new BackstitchError("BS2017", {
      where: `${site.field} is ${given === null ? "null" : typeof given}`,
      fix: `Give CEL text such as "${exampleOf(site)}", or a function.`,
    });
  }
  const compiled = compileCel(given, site.variables);
  if ("problem" in compiled) throw wrongText(given, site, compiled.problem, compiled.position);
  const types = fitting[site.gives];
  if (types !== undefined && !types.includes(compiled.type)) {
    throw wrongText(given, site, `it gives ${compiled.type}, not a ${site.gives}`, undefined);
  }
  return new Expression(site, given, compiled.program);
}

/**
 * The older form of a condition over two events: both have the same value at this path.
 *
 * @param path such as `"data.userId"`
 * @throws BackstitchError BS2017 when it is no path
 */
export function compileMatch(path: unknown, field: string): Expression {
  if (typeof path === "string" && /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(path)) {
    const text = `event.${path} == async.${path}`;
    return compileExpression(text, { field, variables: ["event", "async"], gives: "condition" });
  }
  throw new BackstitchError("BS2017", {
    where: `${field} is ${typeof path === "string" ? JSON.stringify(path) : typeof path}`,
    fix: 'Give the path of a field of both events, such as "data.userId", or use `if` for anything else.',
  });
}

/**
 * A compiled expression. Evaluating one never throws: what goes wrong counts as undefined and is logged, the first time.
 * An operation on a field that is not there is nothing wrong.
 */
export class Expression {
  /** The text or the function. */
  readonly given: unknown;
  readonly #site: ExpressionSite;
  readonly #program: CelProgram;
  #reported = false;

  /** @internal Made by `compileExpression`. */
  constructor(site: ExpressionSite, given: unknown, program: CelProgram) {
    this.#site = site;
    this.given = given;
    this.#program = program;
  }

  /** For messages: of a function, its source. */
  get text(): string {
    return String(this.given);
  }

  /** Its value as CEL or the function gives it. */
  value(scope: EventScope, logger: Logger): unknown {
    try {
      const value = this.#program(scope);
      if (!(value instanceof Promise)) return value;
      value.catch(() => {});
      this.#report(logger, "gave a promise; it must give its value at once");
    } catch (error) {
      if (!isOfMissing(error)) this.#report(logger, "failed", error);
    }
    return undefined;
  }

  /** Whether it holds; undefined, which counts as false, when it could not be evaluated. */
  holds(scope: EventScope, logger: Logger): boolean | undefined {
    const value = this.value(scope, logger);
    if (typeof value === "boolean") return value;
    if (value !== undefined) this.#report(logger, `gave ${describe(value)}, not true or false`);
    return undefined;
  }

  /** Its number; undefined when it gave none. */
  number(scope: EventScope, logger: Logger): number | undefined {
    const value = this.value(scope, logger);
    const number = typeof value === "bigint" ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
    if (value !== undefined) this.#report(logger, `gave ${describe(value)}, not a number`);
    return undefined;
  }

  /** Its value as a text that is the same for equal values; undefined when there is none. */
  key(scope: EventScope, logger: Logger): string | undefined {
    const value = this.value(scope, logger);
    if (typeof value === "string" || value === undefined) return value;
    if (typeof value !== "object" || value === null) return String(value);
    try {
      return encode(value);
    } catch (error) {
      this.#report(logger, "gave a value that cannot be a key", error);
      return undefined;
    }
  }

  #report(logger: Logger, problem: string, ...error: unknown[]): void {
    if (this.#reported) return;
    this.#reported = true;
    logger.warn(
      `backstitch: ${this.#site.field}, ${JSON.stringify(this.text)}, ${problem}; it counts as ${nothing[this.#site.gives]}, and is not reported again`,
      ...error,
    );
  }
}

const nothing = { condition: "false", number: "no number", key: "no key" } as const;

function exampleOf({ gives, variables }: ExpressionSite): string {
  if (variables.includes("async")) return "event.data.userId == async.data.userId";
  return { condition: "event.data.total > 100", number: "event.data.priority", key: "event.data.userId" }[gives];
}

function wrongText(text: string, site: ExpressionSite, problem: string, position: number | undefined): BackstitchError {
  const at = position === undefined ? "" : ` at position ${position}`;
  const names = site.variables.map((name) => `\`${name}\``).join(" and ");
  return new BackstitchError("BS2017", {
    where: `${site.field}, ${JSON.stringify(text)}, is wrong${at}: ${problem}`,
    fix: `Give CEL over ${names} such as "${exampleOf(site)}", or a function.`,
  });
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  return typeof value === "object" ? "an object or null" : String(value);
}
