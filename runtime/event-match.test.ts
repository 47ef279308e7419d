import { expect, test } from "vitest";
import { z } from "zod";
import { isMatch, registerMatch } from "./event-match.ts";
import { eventType } from "./event-types.ts";
import type { MatchScope } from "./expressions.ts";
import type { BackstitchEvent } from "./types.ts";

const where = 'step.waitForEvent("paid")';
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const paid = eventType("order/paid", { schema: z.object({ order: z.object({ id: z.string() }) }) });
const eventOf = (name: string, data: unknown): BackstitchEvent => ({ id: name, name, data, ts: 1 });
const scopeOf = (id: unknown, name = "order/paid") => ({
  event: eventOf("order/placed", { order: { id: "7" } }),
  async: eventOf(name, { order: { id } }),
});

test.each<[object, readonly [boolean, boolean, boolean]]>([
  [{ event: "order/paid" }, [true, true, true]],
  [{ event: paid }, [true, true, true]],
  [{ event: paid, match: "data.order.id" }, [true, false, false]],
  [{ event: paid, if: "event.data.order.id == async.data.order.id" }, [true, false, false]],
  [{ event: paid, if: 'async.data.order.id == "8"' }, [false, true, false]],
  [{ event: paid, if: "!has(async.data.order.id)" }, [false, false, true]],
  [
    { event: paid, if: ({ event, async }: MatchScope) => event.data.order.id === async.data.order.id },
    [true, false, false],
  ],
])("an event matches by name and condition: %#", (given, expected) => {
  const match = registerMatch(given, where);
  expect(["7", "8", undefined].map((id) => isMatch(match, scopeOf(id), logger))).toEqual(expected);
  expect(isMatch(match, scopeOf("7", "order/lost"), logger)).toBe(false);
});

test("the schema of an event type is kept for the event that comes", () => {
  expect(registerMatch({ event: paid }, where).schema).toBe(paid.schema);
  expect(registerMatch({ event: "order/paid" }, where).schema).toBeUndefined();
});

test.each<[object, RegExp]>([
  [{}, /`event` of step\.waitForEvent\("paid"\) is missing.*BS2006/],
  [{ event: paid, if: "true", match: "data.id" }, /step\.waitForEvent\("paid"\) has both `if` and `match`.*BS2017/],
  [
    { event: paid, if: "async.data." },
    /`if` of step\.waitForEvent\("paid"\), "async\.data\.", is wrong at position 11/,
  ],
  [{ event: paid, match: "data.id == 1" }, /`match` of step\.waitForEvent\("paid"\) is "data\.id == 1"/],
])("what is wrong is named: %#", (given, message) => {
  expect(() => registerMatch(given, where)).toThrow(message);
});
