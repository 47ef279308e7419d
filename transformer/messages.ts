/**
 * The table of diagnostics: key → stable code, category and text. A code is never given again,
 * also when its diagnostic is gone.
 * `%name%` in a text is replaced by the parameter of that name.
 */
import type tsTypes from "typescript";
import type { Diagnostic } from "./diagnostics.ts";

interface Entry {
  readonly code: number;
  /** `strict`: an error when the author asks for a strict check, and nothing otherwise. */
  readonly category: Diagnostic["category"] | "strict";
  readonly text: string;
}

const table = {
  "nested-step": {
    code: 90003,
    category: "error",
    text: "`%tool%` is called inside the callback of another step. A step cannot hold a step: move it out of the callback, or call it after this one.",
  },
  "step-in-nested-function": {
    code: 90004,
    category: "error",
    text: "`%tool%` is called in a generator, in a class, in a method with `super` or in the function given to `local`, which cannot be resumed. Move it to an async function.",
  },
  "unsupported-construct": {
    code: 90008,
    category: "error",
    text: "%construct% is not supported in a durable function. %fix%",
  },
  generator: {
    code: 90010,
    category: "error",
    text: "A generator cannot be a durable function. Write an async function and a loop.",
  },
  "callback-of-step-not-inline": {
    code: 90011,
    category: "error",
    text: "The callback of `%tool%` is a bound function, which cannot be made again after a restart. Write `() => …` around the call.",
  },
  "local-not-inline": {
    code: 90012,
    category: "error",
    text: "`local(…)` takes an inline function and initialises a `const`: `const client = local(() => new Client());`.",
  },
  "class-across-suspension": {
    code: 90013,
    category: "error",
    text: "The class `%name%` lives across the suspension `%label%`, and a class with decorators or static `accessor` fields cannot be persisted. Declare it outside the durable function.",
  },
  "value-not-storable": {
    code: 90020,
    category: "error",
    text: "`%name%` has the type `%type%`%place%, which cannot be persisted, and it lives across the suspension `%label%`. %fix%",
  },
  "record-not-storable": {
    code: 90021,
    category: "error",
    text: "The %what% of the step `%label%` has the type `%type%`%place%, which cannot be persisted. %fix%",
  },
  "event-not-storable": {
    code: 90022,
    category: "error",
    text: "The data of the event have the type `%type%`%place%, which cannot be persisted. %fix%",
  },
  "this-not-storable": {
    code: 90023,
    category: "warning",
    text: "`this` has the type `%type%`%place%, which cannot be persisted, and it lives across the suspension `%label%`. Call the method on a constant of the module, which is stored by its name. %fix%",
  },
  "resource-across-step": {
    code: 90024,
    category: "error",
    text: "The resource `%name%` of the type `%type%`%place% is open across the suspension `%label%`, and it cannot be persisted. Open and close it inside of one step.",
  },
  "unchecked-value": {
    code: 90025,
    category: "strict",
    text: "`%name%` has the type `%type%`%place%, which does not tell whether it can be persisted, and it lives across the suspension `%label%`. %fix%",
  },
  "unchecked-record": {
    code: 90026,
    category: "strict",
    text: "The %what% of the step `%label%` has the type `%type%`%place%, which does not tell whether it can be persisted. %fix%",
  },
  "iterator-across-suspension": {
    code: 90027,
    category: "error",
    text: "The loop over `%text%` suspends at `%label%`, and where a `%type%` stands cannot be persisted. %fix%",
  },
  "step-not-awaited": {
    code: 90030,
    category: "warning",
    text: "`%call%` is not awaited: the code behind it does not wait for the step, and its failure is not seen. Write `await`, or `void` when that is meant.",
  },
  "call-not-awaited": {
    code: 90031,
    category: "warning",
    text: "`%call%` calls a durable function and is not awaited: the code behind it does not wait for its steps, and its failure is not seen. Write `await`, or `void` when that is meant.",
  },
  "duplicate-step-id": {
    code: 90032,
    category: "warning",
    text: "The step id `%id%` is used in two branches that run side by side, so that their records cannot be told apart. Give each branch an id of its own.",
  },
  "callback-not-compiled": {
    code: 90033,
    category: "error",
    text: "The callback runs `%tool%` and is given to `%callee%`, which is not compiled: a run cannot be resumed inside of it. %fix%",
  },
  "step-in-timer": {
    code: 90037,
    category: "error",
    text: "The callback runs `%tool%` and is given to `%callee%`: a timer does not outlive its process, and the step would never run. Write `await step.sleep(id, duration)` in front of the step, in an async function beside the other code.",
  },
  "error-lost": {
    code: 90034,
    category: "hint",
    text: "The `catch` around the step `%label%` throws another error and drops the StepError, so that the failed run does not tell which step failed. Give it on: `new Error(text, { cause: error })`.",
  },
  "catch-not-cancelled": {
    code: 90035,
    category: "hint",
    text: "A `catch` that does not ask for the error does not catch cancellation: the step `%label%` in it does not run when the run is cancelled. Write `catch (error)` if it undoes something.",
  },
  "helper-of-many": {
    code: 90038,
    category: "error",
    text: "`%helper%` uses `%name%` of the code around it, which is not compiled and may run several times: each time makes another `%helper%`, and a run that is resumed cannot tell which of them it was in. Pass the value as an argument, or make a class of it, whose instances are constants of the module.",
  },
  "for-each-not-awaited": {
    code: 90039,
    category: "warning",
    text: "`forEach` does not wait for its callback, which runs `%tool%`: the code behind it goes on at once, and a failure is not seen. Write a loop, or `await Promise.all(….map(async (item) => …))`; `void` in front of it when that is meant.",
  },
  "step-not-compiled": {
    code: 90040,
    category: "error",
    text: "`%tool%` is called in a function that is not compiled: its own text does not say that it is given a `Step`. Give it a parameter with that type written out: `step: Step`, imported from `backstitch`.",
  },
  "syntax-error": {
    code: 90036,
    category: "error",
    text: "A file with a syntax error is not compiled: %problem%",
  },
} as const satisfies Record<string, Entry>;

type Table = typeof table;
export type MessageKey = keyof Table;
type KeyOf<Category> = { [Key in MessageKey]: Table[Key]["category"] extends Category ? Key : never }[MessageKey];
type Params = Readonly<Record<string, string>>;

/** A node, or offset and length in the text. */
type Place = tsTypes.Node | Pick<Diagnostic, "start" | "length">;

/** Collects the diagnostics of one file. */
export interface Reporter {
  readonly diagnostics: Diagnostic[];
  error(key: KeyOf<"error">, place: Place, params: Params): void;
  warn(key: KeyOf<"warning">, node: tsTypes.Node, params: Params): void;
  hint(key: KeyOf<"hint">, place: Place, params: Params): void;
  strict(key: KeyOf<"strict">, node: tsTypes.Node, params: Params): void;
}

export function createReporter(file: tsTypes.SourceFile, isStrict: boolean): Reporter {
  const diagnostics: Diagnostic[] = [];
  const add = (category: Diagnostic["category"]) => (key: MessageKey, place: Place, params: Params) => {
    const { code, text } = table[key];
    const message = text.replace(/%(\w+)%/g, (_, name: string) => params[name] ?? "");
    const [start, length] =
      "kind" in place ? [place.getStart(file), place.getWidth(file)] : [place.start, place.length];
    diagnostics.push({ code, category, message, start, length });
  };
  return {
    diagnostics,
    error: add("error"),
    warn: add("warning"),
    hint: add("hint"),
    strict: isStrict ? add("error") : () => {},
  };
}
