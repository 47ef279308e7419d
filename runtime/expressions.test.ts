import { expect, test } from "vitest";
import { compileExpression, compileMatch, type ExpressionSite } from "./expressions.ts";
import type { BackstitchEvent } from "./types.ts";

const field = '`if` of a trigger of function "f"';
const condition: ExpressionSite = { field, variables: ["event"], gives: "condition" };
const both: ExpressionSite = { field, variables: ["event", "async"], gives: "condition" };
const number: ExpressionSite = { field: "`priority.run`", variables: ["event"], gives: "number" };
const key: ExpressionSite = { field: "`concurrency.key`", variables: ["event"], gives: "key" };

function recorder() {
  const lines: string[] = [];
  const warn = (...args: unknown[]) => void lines.push(args.join(" "));
  return { lines, logger: { debug() {}, info() {}, warn, error: warn } };
}

const eventOf = (data: unknown, name = "a"): BackstitchEvent => ({ id: "e", name, data, ts: 1_000 });

class Money {
  readonly amount = 5n;
}
class Foreign {
  readonly fn = () => 1;
}
const data = {
  // Nothing that stands first may be in the way of what comes after.
  first: undefined,
  foreign: new Foreign(),
  fn: () => 1,
  name: "Ada",
  total: 120,
  price: 1.5,
  on: true,
  nothing: null,
  left: undefined,
  tags: ["a", "b"],
  items: [
    { sku: "tea", count: 2 },
    { sku: "pot", count: 1 },
  ],
  user: { id: 7, plan: "pro", address: { city: "London" } },
  at: new Date("2030-01-02T03:04:05Z"),
  never: new Date(Number.NaN),
  big: 9_007_199_254_740_993n,
  map: new Map<unknown, unknown>([
    ["k", 1],
    [1, "one"],
    [2n, "two"],
  ]),
  set: new Set(["x", 3]),
  money: new Money(),
  url: new URL("https://example.org/a"),
  bytes: new Uint8Array([97]),
  floats: new Float64Array([0.5]),
  error: Object.assign(new TypeError("bad"), { code: "E_BAD" }),
  mixed: [undefined, { gone: undefined, n: 1 }],
  pretender: { constructor: "c", x: 1 },
};

test.each([
  // Comparisons, arithmetic, logic.
  ["event.data.total > 100", true],
  ["event.data.total >= 120 && event.data.total <= 120", true],
  ["event.data.total < 100 || event.data.on", true],
  ["!event.data.on", false],
  ["event.data.total == 120 ? event.data.on : false", true],
  ["(event.data.total + 1) * 2 - 2 == 240", true],
  ["event.data.total / 100 == 1.2", true],
  ["event.data.total % 7 == 1", true],
  ["event.data.price * 2 == 3", true],
  ["-event.data.total < 0", true],
  ["event.data.total == event.data.user.id", false],
  ['event.data.total == "120"', false],
  ['event.name == "a" && event.ts == 1000 && event.id == "e"', true],
  // Texts.
  ['event.data.name.startsWith("A") && event.data.name.endsWith("a") && event.data.name.contains("d")', true],
  ['event.data.name.matches("^A.a$") && event.data.name.size() == 3 && size(event.data.name) == 3', true],
  ['event.data.name.lowerAscii() == "ada"', true],
  ['event.data.name + "-" + event.data.user.id == "Ada-7"', true],
  ['"id " + string(event.data.total) == "id 120" && int("7") == event.data.user.id', true],
  // Lists and maps.
  ['"a" in event.data.tags && !("c" in event.data.tags)', true],
  ['event.data.user.plan in ["pro", "team"]', true],
  ["event.data.tags[1] == 'b' && event.data.items[0].count == 2 && size(event.data.items) == 2", true],
  ['event.data["user"]["id"] == 7', true],
  ['event.data.items.exists(item, item.sku == "pot")', true],
  ["event.data.items.all(item, item.count > 1)", false],
  ["event.data.items.filter(item, item.count > 1).size() == 1", true],
  ["event.data.items.map(item, item.count)[1] == 1", true],
  ['"plan" in event.data.user', true],
  // What JSON does not have.
  ['event.data.at > timestamp("2030-01-01T00:00:00Z") && event.data.at.getFullYear() == 2030', true],
  ['event.data.at - duration("4s") < event.data.at', true],
  ["event.data.big == 9007199254740993 && event.data.big + 1 == 9007199254740994", true],
  ['event.data.map.k == 1 && event.data.map[1] == "one" && event.data.map[2] == "two" && "k" in event.data.map', true],
  ['"x" in event.data.set && 3 in event.data.set && size(event.data.set) == 2', true],
  ["event.data.money.amount == 5", true],
  ['event.data.url.startsWith("https://example.org")', true],
  ['event.data.bytes == b"a" && event.data.floats[0] == 0.5', true],
  ['event.data.error.message == "bad" && event.data.error.code == "E_BAD"', true],
  ['event.data.pretender.x == 1 && event.data.pretender.constructor == "c"', true],
  ["event.data.nothing == null && event.data.nothing != 1", true],
  ["event.data.nothing > 1", false],
  ["event.data.foreign == event.data.foreign && !has(event.data.fn) && !has(event.data.foreign.fn)", true],
  ["event.data.mixed[0] == null && event.data.mixed[1].n == 1 && size(event.data.mixed) == 2", true],
  ["event.data.mixed.exists(each, each != null && each.n == 1)", true],
  ["event.data.items.exists(event, event.sku == 'pot')", true],
  ["event.data.user == {'id': 7, 'plan': 'pro', 'address': {'city': 'London'}}", true],
  ["event.data.tags == ['a', 'b'] && event == event && size(event) == 4", true],
  ["[duration('1h')].exists(each, each > duration('1m')) && {'a': [duration('1h')]}.a[0] == duration('60m')", true],
  ["type(event.data.total) == double && type(event.data.name) == string && type(event.data.gone) != int", true],
  // What is not there.
  ["has(event.data.name) && has(event.data.user.address.city)", true],
  ["has(event.data.gone) || has(event.data.gone.deeper) || has(event.data.left) || has(event.data.never)", false],
  ["event.data.gone == 1 || event.data.gone.deeper == 1 || event.data.gone[3] == 1", false],
  ["event.data.gone != 1 && event.data.gone == null && !event.data.gone", true],
  ["event.data.gone == event.data.lost", false],
  ["event.data.gone > 1 || event.data.gone <= 1 || 1 < event.data.gone || event.data.gone < event.data.lost", false],
  ['"a" in event.data.gone || size(event.data.gone) > 0', false],
  ["event.data.gone && event.data.on", undefined],
  ["event.data.gone || event.data.on", true],
  ['event.data.gone.startsWith("a")', undefined],
  ["event.data.tags[9] == 'a' || event.data.__proto__ != null || event.data.toString != null", false],
])("%s is %s", (text, expected) => {
  const { lines, logger } = recorder();
  expect(compileExpression(text, condition).holds({ event: eventOf(data) }, logger)).toBe(expected);
  expect(lines).toEqual([]);
});

test("two events are compared", () => {
  const { logger } = recorder();
  const matching = compileExpression("event.data.id == async.data.id && async.data.total > 1", both);
  const scope = (id: unknown, other: unknown) => ({
    event: eventOf({ id }),
    async: eventOf({ id: other, total: 2 }, "b"),
  });
  expect(matching.holds(scope("x", "x"), logger)).toBe(true);
  expect(matching.holds(scope("x", "y"), logger)).toBe(false);
  expect(matching.holds(scope(1n, 1), logger)).toBe(true);
});

test("`match` compares one path of both; two that are missing do not match", () => {
  const { logger } = recorder();
  const match = compileMatch("data.user.id", "`match`");
  const scope = (one: unknown, other: unknown) => ({ event: eventOf(one), async: eventOf(other) });
  expect(match.text).toBe("event.data.user.id == async.data.user.id");
  expect(match.holds(scope({ user: { id: 1 } }, { user: { id: 1 } }), logger)).toBe(true);
  expect(match.holds(scope({ user: { id: 1 } }, { user: { id: 2 } }), logger)).toBe(false);
  expect(match.holds(scope({}, {}), logger)).toBe(false);
  for (const wrong of ["", "data.", "data.a || true", "data['a']", 5, undefined]) {
    expect(() => compileMatch(wrong, "`match` of step.waitForEvent")).toThrow(
      /^An expression is wrong: `match` of step.waitForEvent is .*"data.userId".*BS2017/,
    );
  }
});

test.each<[unknown, ExpressionSite, RegExp]>([
  ["event.data.a ==", condition, /"event.data.a ==", is wrong at position 15: Unexpected token: EOF/],
  ["", condition, /is wrong at position 0/],
  ["event.data.a = 1", condition, /is wrong at position 13/],
  ["(evnt.data.a) == 1", condition, /is wrong at position 1: Unknown variable: evnt\. Give CEL over `event` such as/],
  ["event.a == async.a", condition, /is wrong at position 11: Unknown variable: async/],
  ["event.a == other.a", both, /Give CEL over `event` and `async` such as "event.data.userId == async/],
  ["nope(event)", condition, /no matching overload for 'nope/],
  ["1 == 'a'", condition, /no such overload/],
  ["has(event)", condition, /has\(\) invalid argument/],
  ["1 + 1", condition, /is wrong: it gives int, not a condition/],
  ["'text'", number, /`priority.run`, "'text'", is wrong: it gives string, not a number/],
  [undefined, condition, /is undefined\. Give CEL text such as "event.data.total > 100", or a function/],
  [null, key, /`concurrency.key` is null/],
  [7, number, /is number.*"event.data.priority"/],
])("a wrong expression is named with its field: %#", (given, site, message) => {
  expect(() => compileExpression(given, site)).toThrow(message);
  expect(() => compileExpression(given, site)).toThrow(/^An expression is wrong: `(?:if|priority|concurrency).*BS2017/);
});

test("functions see the event as it is, and throw without harm", () => {
  const { lines, logger } = recorder();
  const over = compileExpression(({ event }: { event: BackstitchEvent }) => event.data.user.total > 100, condition);
  expect(over.holds({ event: eventOf({ user: { total: 101 } }) }, logger)).toBe(true);
  expect(over.holds({ event: eventOf({ user: { total: 1 } }) }, logger)).toBe(false);
  expect(lines).toEqual([]);
  expect([eventOf({}), eventOf({})].map((event) => over.holds({ event }, logger))).toEqual([undefined, undefined]);
  expect(lines).toEqual([
    expect.stringMatching(/`if` of a trigger.*failed; it counts as false, and is not.*TypeError/),
  ]);
});

test.each<[unknown, RegExp]>([
  [() => Promise.reject(new Error("late")), /gave a promise/],
  [() => "yes", /gave "yes", not true or false/],
  [() => ({}), /gave an object or null, not true or false/],
  ["event.data.total", /gave 120, not true or false/],
  ["event.data.total + event.data.tags == 1", /failed.*no such overload/],
  ["event.data.cycle == event.data.cycle", /failed.*within itself/],
  ["event.data.tags + event.data.missing.size == 1 || [1] == event.data.tags + 1", /failed/],
])("what is no condition counts as false and is reported once: %#", (given, message) => {
  const { lines, logger } = recorder();
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const compiled = compileExpression(given, condition);
  for (let times = 0; times < 3; times++) {
    expect(compiled.holds({ event: eventOf({ ...data, cycle }) }, logger)).toBeUndefined();
  }
  expect(lines).toEqual([expect.stringMatching(message)]);
});

test("numbers", () => {
  const { lines, logger } = recorder();
  const of = (given: unknown) => compileExpression(given, number).number({ event: eventOf(data) }, logger);
  expect(of("event.data.total")).toBe(120);
  expect(of('event.data.user.plan == "pro" ? 60 : -60')).toBe(60);
  expect(of(() => 5n)).toBe(5);
  expect(of("event.data.gone")).toBeUndefined();
  expect(lines).toEqual([]);
  expect(of("event.data.name")).toBeUndefined();
  expect(of(() => Number.NaN)).toBeUndefined();
  expect(lines).toEqual([
    expect.stringMatching('`priority.run`, "event.data.name", gave "Ada", not a number; it counts as no number'),
    expect.stringMatching("gave NaN"),
  ]);
});

test("keys are the same for equal values, and tell values of different types apart where they are no texts", () => {
  const { lines, logger } = recorder();
  const of = (given: unknown, event = eventOf(data)) => compileExpression(given, key).key({ event }, logger);
  expect(of("event.data.name")).toBe("Ada");
  expect(of("event.data.user.id")).toBe("7");
  expect(of('event.data.name + "-" + event.data.user.id')).toBe("Ada-7");
  expect(of("event.data.on")).toBe("true");
  expect(of("event.data.at")).toBe(of(({ event }: { event: BackstitchEvent }) => new Date(event.data.at)));
  expect(of("event.data.user")).toBe(of(() => structuredClone(data.user)));
  expect(of("event.data.gone")).toBeUndefined();
  expect(of('event.data.gone + "-x"')).toBeUndefined();
  expect(lines).toEqual([]);
  expect(of(() => ({ fn: () => {} }))).toBeUndefined();
  expect(lines).toHaveLength(1);
});
