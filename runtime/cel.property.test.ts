/** Where CEL has a value of its own, the rewritten text has the same, and fails where it fails. */
import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileCel } from "./cel.ts";

const event = {
  i: 3n,
  j: -2n,
  s: "tea",
  b: true,
  c: false,
  n: null,
  l: [1n, 2n, 3n],
  o: { k: 5n, s: "x", l: ["a", "b"] },
  d: new Date(5),
};
const plain = new Environment({ homogeneousAggregateLiterals: false }).registerVariable("event", "dyn");

const grammar = fc.letrec<{ int: string; text: string; bool: string; list: string }>((tie) => {
  /** Puts texts of these kinds in the place of `$1`, `$2`, … of one of the forms. */
  const form = (forms: readonly string[], ...kinds: ("int" | "text" | "bool" | "list")[]) =>
    fc
      .tuple(fc.constantFrom(...forms), ...kinds.map((kind) => tie(kind)))
      .map(([first, ...given]) => first.replaceAll(/\$(\d)/g, (_, index) => given[index - 1] as string));
  const atom = (...texts: string[]) => fc.constantFrom(...texts);
  const deep = { maxDepth: 4 };
  return {
    int: fc.oneof(
      deep,
      atom("event.i", "(event.o).k", 'event["j"]', "event.o['k']", "7", "-1", "event.l[0]", "event.d.getFullYear()"),
      form(["$1 + $2", "$1 - $2", "$1 * $2", "$1 / $2", "$1 % $2", "[$1, $2][1]", "{'q': $1}.q"], "int", "int"),
      form(["($1)", "-($1)", "($2 ? $1 : 2)"], "int", "bool"),
      form(["($1).size()", "size($1)"], "text"),
      form(["$1.size()", "size($1)"], "list"),
    ),
    text: fc.oneof(
      deep,
      atom("event.s", "event.o.s", "'lit'", '"q\\"x"', "r'\\d'", "event.o.l[1]"),
      form(["$1 + $2", "($3 ? $1 : $2)", "($1).substring(1)"], "text", "text", "bool"),
      form(["string($1)"], "int"),
    ),
    bool: fc.oneof(
      deep,
      atom("event.b", "event.c", "has(event.o.k)", "!has(event.o.zz)", "event.n == null", "'k' in event.o"),
      form(["($1) && $2", "$1 || ($2)", "($1) == ($2)", "!($1)"], "bool", "bool"),
      form(["$1 < $2", "$1 >= $2", "$1 == $2", "$1 != $2"], "int", "int"),
      form(["($1).startsWith($2)", "($1).contains($2)", "$1 in [$2]"], "text", "text"),
      form(["$1 in $2", "$2.exists(x, x + event.i > $1)", "$2.all(event, event < 9)"], "int", "list"),
    ),
    list: fc.oneof(
      deep,
      atom("event.l", "[1, 2]", "event.l.map(x, x * event.o.k)"),
      form(["[$1, $2]", "$3.filter(y, y > $1)", "$3.map(y, y - ($1))", "($3 + [$1])"], "int", "int", "list"),
    ),
  };
});

test("the value of a text is the one that CEL gives, where no field is missing", () => {
  const { int, text, bool, list } = grammar;
  const outcomes = { value: 0, failure: 0 };
  const compare = (expression: string) => {
    const ours = compileCel(expression, ["event"]);
    if ("problem" in ours) throw new Error(`${expression} ${ours.problem}`);
    const expected = outcomeOf(() => plain.evaluate(expression, { event }));
    outcomes["value" in expected ? "value" : "failure"]++;
    expect(outcomeOf(() => ours.program({ event }))).toEqual(expected);
  };
  fc.assert(fc.property(fc.oneof(int, text, bool, list), compare), { numRuns: 1_000 });
  expect(outcomes.value).toBeGreaterThan(500);
});

function outcomeOf(evaluate: () => unknown): { value: unknown } | { failure: unknown } {
  try {
    return { value: evaluate() };
  } catch (error) {
    return { failure: (error as { code?: unknown }).code };
  }
}
