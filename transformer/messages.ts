/**
 * The table of diagnostics: key → stable code, category and text. A code is never given again,
 * also when its diagnostic is gone.
 * `%name%` in a text is replaced by the parameter of that name.
 */
import type tsTypes from "typescript";
import type { Diagnostic } from "./diagnostics.ts";

interface Entry {
  readonly code: number;
  readonly category: Diagnostic["category"];
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
    text: "`%tool%` is called in a generator, in a class or in the function given to `local`, which cannot be resumed. Move it to an async function.",
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
} as const satisfies Record<string, Entry>;

export type MessageKey = keyof typeof table;

/** Collects the diagnostics of one file. */
export interface Reporter {
  readonly diagnostics: Diagnostic[];
  error(key: MessageKey, node: tsTypes.Node, params: Readonly<Record<string, string>>): void;
}

export function createReporter(file: tsTypes.SourceFile): Reporter {
  const diagnostics: Diagnostic[] = [];
  return {
    diagnostics,
    error(key, node, params) {
      const { code, category, text } = table[key];
      const message = text.replace(/%(\w+)%/g, (_, name: string) => params[name] ?? "");
      const start = node.getStart(file);
      diagnostics.push({ code, category, message, start, length: node.getEnd() - start });
    },
  };
}
