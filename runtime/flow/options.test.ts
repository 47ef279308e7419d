import { describe, expect, it } from "vitest";
import { checkedFlow } from "./options.ts";

const check = (options: Readonly<Record<string, unknown>>) => () => checkedFlow(options, 'function "f"');

it("gives nothing for a function without such options", () => {
  expect(check({ id: "f", retries: 1, concurrency: undefined })()).toBeUndefined();
});

describe("concurrency", () => {
  it.each([
    [5],
    [{ limit: 1, key: "event.data.user" }],
    [
      [
        { limit: 1, key: () => 1 },
        { limit: 10_000, key: "'a'", scope: "account" },
      ],
    ],
  ])("takes %j", (concurrency) => {
    expect(check({ concurrency })()?.concurrency).toHaveLength(Array.isArray(concurrency) ? concurrency.length : 1);
  });

  it.each([
    [0, '`limit` of `concurrency` of function "f" is 0. Give a whole number from 1 to 10000. (BS2040)'],
    [1.5, "is 1.5"],
    ["5", "needs an object of options"],
    [{}, "is undefined"],
    [
      { limit: 1, scope: "world" },
      '`scope` of `concurrency` of function "f" is "world". Give "fn", "env" or "account".',
    ],
    [{ limit: 1, scope: "env" }, 'has the scope "env" and no `key`'],
    [{ limit: 1, key: "event.data." }, "(BS2017)"],
    [{ limit: 1, max: 2 }, "has no option `max`"],
    [[], "has 0 limits. Give one or two."],
    [[1, 2, 3], "has 3 limits. Give one or two."],
  ])("refuses %j", (concurrency, message) => {
    expect(check({ concurrency })).toThrow(message);
  });
});

const key = "event.data.user";

describe("other options", () => {
  it.each([
    [{ throttle: { limit: 1, period: "1s" } }],
    [{ throttle: { limit: 10_000, period: "7d", burst: 10, key } }],
    [{ rateLimit: { limit: 1, period: "24h", key } }],
    [{ debounce: { period: "7d", timeout: "8d", key } }],
    [{ batchEvents: { maxSize: 2, timeout: "1s" }, rateLimit: { limit: 1, period: 1_000 } }],
    [{ batchEvents: { maxSize: 100, timeout: "10m", key, if: "event.data.n > 1" }, concurrency: 1 }],
    [{ singleton: { mode: "skip" }, idempotency: key, priority: { run: "event.data.n" } }],
  ])("take %j", (options) => {
    expect(check(options)()).toBeDefined();
  });

  it.each([
    [{ throttle: 5 }, '`throttle` of function "f" needs an object of options'],
    [
      { throttle: { limit: 0, period: "1s" } },
      '`limit` of `throttle` of function "f" is 0. Give a whole number from 1',
    ],
    [{ throttle: { limit: 1, period: "1ms" } }, 'is "1ms". Give from 1 s to 7 d. (BS2042)'],
    [{ throttle: { limit: 1, period: "8d" } }, "(BS2042)"],
    [{ throttle: { limit: 1 } }, '`period` of `throttle` of function "f"'],
    [{ throttle: { limit: 1, period: "1s", burst: 0 } }, "`burst` of `throttle`"],
    [{ rateLimit: { limit: 1, period: "25h" } }, 'is "25h". Give from 1 s to 1 d. (BS2043)'],
    [{ rateLimit: { limit: 1, period: "1h", burst: 2 } }, "has no option `burst`"],
    [{ debounce: { period: 999 } }, '`period` of `debounce` of function "f" is 999. Give from 1 s to 7 d. (BS2044)'],
    [{ debounce: { period: "10s", timeout: "5s" } }, 'is "5s". Give from 10 s to 365 d. (BS2044)'],
    [{ batchEvents: { maxSize: 1, timeout: "1s" } }, "from 2 to 100. (BS2045)"],
    [{ batchEvents: { maxSize: 2, timeout: "11m" } }, "Give from 1 s to 600 s. (BS2045)"],
    [{ batchEvents: { maxSize: 2, timeout: "1s", if: "'text'" } }, "(BS2017)"],
    [{ singleton: {} }, '`mode` of `singleton` of function "f" is undefined. Give "skip" or "cancel". (BS2047)'],
    [{ idempotency: 5 }, "(BS2017)"],
    [{ priority: 5 }, "(BS2046)"],
    [{ priority: { run: "'high'" } }, "(BS2017)"],
    ...["debounce", "singleton", "priority", "cancelOn"].map((name) => [
      { batchEvents: { maxSize: 2, timeout: "1s" }, [name]: {} },
      `function "f" has \`batchEvents\` and \`${name}\`. Remove one of them`,
    ]),
  ] as [object, string][])("refuse %j", (options, message) => {
    expect(check(options as Readonly<Record<string, unknown>>)).toThrow(message);
  });
});
