/**
 * Direct `eval` in compiled code. The variables that a text names are kept in records of the frame: it is evaluated in the
 * scope of an object that leads to them. All else about it is the language's own: it is strict, what it declares is its own.
 */
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import type { Activation } from "./activation.ts";

/** Functions of the language, as they are when the process begins. */
const language = globalThis as unknown as { readonly eval: (...args: unknown[]) => unknown };
const intrinsicEval = language.eval;
const MakeFunction = Function;

type Evaluate = (this: unknown) => unknown;

/** The variables around a direct `eval`. */
export interface EvaluatedNames {
  /** As accessors; a constant has no setter. */
  readonly names: object;
  /** Those beside the constants that nothing but a text can assign to. */
  readonly unassigned: readonly string[];
}

/** What `eval` is where it is called directly, with the `this` of the code around. */
export function directEval(
  activation: Activation,
  self: unknown,
  { names, unassigned }: EvaluatedNames,
): (...args: unknown[]) => unknown {
  const constants = guardConstants(names);
  const relied = reliedOn(activation);
  for (const name of unassigned) guardRelied(names, name, () => relied.has(name) && refuse(activation, name));
  return (...args) => {
    const [text] = args;
    const replaced = language.eval;
    if (replaced !== intrinsicEval) return replaced(...args);
    if (typeof text !== "string") return text;
    const words = withoutEscapes(text);
    const called = namesCalled(words, names);
    const evaluate = (source: string) => {
      const end = relyOn(relied, called, text);
      try {
        return evaluated(names, called, source).call(self);
      } finally {
        end();
      }
    };
    // A function that is called may be another one by then.
    const mayChange = (name: string) =>
      !constants.includes(name) && (!unassigned.includes(name) || isAssigned(words, name));
    const problem = (wordsOfCode.exec(words) ?? textOfText.exec(words))?.[0] ?? [...called.keys()].find(mayChange);
    if (problem === undefined) return evaluate(text);
    throwWhatIsNoCode(() => evaluate(`throw 0;${text}`));
    return refuse(activation, problem);
  };
}

/** Of functions that texts call: how many texts rely on a name. One that has left functions behind does for ever. */
type Relied = Map<string, number>;

const reliedNames = new SafeWeakMap<Activation, Relied>();

function reliedOn(activation: Activation): Relied {
  const known = reliedNames.get(activation) ?? new SafeMap<string, number>();
  reliedNames.set(activation, known);
  return known;
}

/** Until the text has ended, no other one may exchange the functions that it calls: they are constants in it. */
function relyOn(relied: Relied, called: ReadonlyMap<string, unknown>, text: string): () => void {
  const weight = /=>|\)\s*\{|\b(?:function|class)\b/.test(text) ? Number.POSITIVE_INFINITY : 1;
  for (const name of called.keys()) relied.set(name, (relied.get(name) ?? 0) + weight);
  return () => {
    for (const name of called.keys()) {
      const left = (relied.get(name) ?? 0) - 1;
      if (left > 0) relied.set(name, left);
      else relied.delete(name);
    }
  };
}

function guardRelied(names: object, name: string, check: () => void): void {
  const { set } = Object.getOwnPropertyDescriptor(names, name) ?? {};
  Object.defineProperty(names, name, {
    set(value) {
      check();
      set?.call(names, value);
    },
  });
}

/** An assignment to a constant throws, also when its declaration has not run. Gives the names of the constants. */
function guardConstants(names: object): string[] {
  const constants = Object.entries(Object.getOwnPropertyDescriptors(names)).filter(([, { set }]) => set === undefined);
  for (const [name, { get }] of constants) {
    const set = () => {
      get?.call(names);
      throw new TypeError("Assignment to constant variable.");
    };
    Object.defineProperty(names, name, { set });
  }
  return constants.map(([name]) => name);
}

/**
 * The parameters have names that neither the text nor the variables around it have: a text names whatever it finds. What it
 * calls by name are constants: a property of the scope would be called with the scope as its `this`.
 */
function evaluated(names: object, called: ReadonlyMap<string, unknown>, text: string): Evaluate {
  const taken = [text, ...Object.keys(names)].join(" ");
  const [scope, functions, source] = ["$scope", "$functions", "$text"].map((wish) => nameOutside(taken, wish));
  const constants = [...called.keys()].map((name) => `const ${name} = ${functions}.get("${name}");`).join(" ");
  const code = `with (${scope}) { ${constants} return function () { "use strict"; return eval(${source}); }; }`;
  return new MakeFunction(scope as string, functions as string, source as string, code)(
    names,
    called,
    text,
  ) as Evaluate;
}

function nameOutside(taken: string, wish: string): string {
  let name = wish;
  while (taken.includes(name)) name += "_";
  return name;
}

function withoutEscapes(text: string): string {
  return text.replace(/\\u(?:([\da-f]{4})|\{0*([\da-f]{1,4})\})/gi, (_, code, long) =>
    String.fromCharCode(Number.parseInt(code ?? long, 16)),
  );
}

/** What may stand between a name and the bracket of its call. */
const gap = String.raw`(?:[\s)]|/\*[^]*?\*/|//.*\n)*`;

/** The variables that a text may call by their names, with their functions. */
function namesCalled(text: string, names: object): ReadonlyMap<string, unknown> {
  const called = new SafeMap<string, unknown>();
  for (const name of Object.keys(names)) {
    const isCalled = matches(text, name, { behind: `${gap}(?:\\?\\.)?${gap}[(\`]` });
    const value = isCalled ? currentValue(names as Record<string, unknown>, name) : undefined;
    if (typeof value === "function" || (isCalled && isAssigned(text, name))) called.set(name, value);
  }
  return called;
}

/** Undefined when its declaration has not run. */
function currentValue(names: Readonly<Record<string, unknown>>, name: string): unknown {
  try {
    return names[name];
  } catch {
    return undefined;
  }
}

function isAssigned(text: string, name: string): boolean {
  if (matches(text, name, { before: "(?:var|let|const|function|class)\\s+" })) return false;
  const isTarget = matches(text, name, { behind: "\\s*(?:[-+*/%&|^<>?]{0,3}=(?![=>])|\\+\\+|--|(?:of|in)\\b)" });
  return isTarget || matches(text, name, { before: "(?:\\+\\+|--)\\s*" }) || /[\]}]\s*=(?![=>])/.test(text);
}

function matches(
  text: string,
  name: string,
  { before = "", behind = "" }: { before?: string; behind?: string },
): boolean {
  const word = name.replaceAll("$", "\\$");
  return new RegExp(`${before}(?<![\\p{ID_Continue}$.])${word}(?![\\p{ID_Continue}$])${behind}`, "u").test(text);
}

/** By these a text means the call around it, or what Node gives to its module alone. */
const wordsOfCode =
  /(?<![\p{ID_Continue}$.])(?:arguments|new\s*\.\s*target|(?:import|require)(?=\s*\()|__dirname|__filename)(?![\p{ID_Continue}$])/u;

/** A text in a text, which may say all of that: only of one that stands there as it is, it is seen here. */
const textOfText = new RegExp(
  String.raw`(?<![\p{ID_Continue}$.])eval(?=${gap}\()(?!\s*\(\s*(?:(["'\x60])[^"'\x60\\$]*\1\s*)?\))`,
  "u",
);

/** What the language throws of a text that is none of it. `evaluate` throws before the text does anything. */
function throwWhatIsNoCode(evaluate: () => unknown): void {
  try {
    evaluate();
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
  }
}

/** Blocks the run: a text says something that compiled code cannot give to it. */
export function refuse(activation: Activation, word: string): never {
  activation.block("BS2113", {
    where: `a text given to eval() has \`${word}\`, which cannot be told from here`,
    fix: "Call a function instead, or give the text what it needs as a constant.",
  });
  throw activation.blocked;
}
