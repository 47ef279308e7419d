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
