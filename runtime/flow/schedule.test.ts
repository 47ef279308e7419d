import { describe, expect, it } from "vitest";
import { checkedSchedule } from "./schedule.ts";

const schedule = (cron: unknown, jitter?: unknown) =>
  checkedSchedule({ cron, ...(jitter !== undefined && { jitter }) }, 'function "f"');
const at = (text: string) => new Date(text).getTime();
const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

describe("slots", () => {
  it("are those of UTC, or of the zone that is given", () => {
    expect(iso(schedule("0 9 * * *").next(at("2030-07-01T00:00:00Z")))).toBe("2030-07-01T09:00:00.000Z");
    expect(iso(schedule("TZ=Europe/Paris 0 9 * * 1-5").next(at("2030-07-05T12:00:00Z")))).toBe(
      "2030-07-08T07:00:00.000Z",
    );
    expect(iso(schedule("*/10 * * * * *").next(at("2030-07-01T00:00:05Z")))).toBe("2030-07-01T00:00:10.000Z");
  });

  it("hold the moment itself for the latest one, and not for the next", () => {
    const nine = at("2030-07-01T09:00:00Z");
    const daily = schedule("0 9 * * *");
    expect([iso(daily.latest(nine, "")), iso(daily.next(nine))]).toEqual([iso(nine), "2030-07-02T09:00:00.000Z"]);
    expect(iso(daily.latest(nine - 1, ""))).toBe("2030-06-30T09:00:00.000Z");
    expect(iso(daily.latest(nine + 999, ""))).toBe(iso(nine));
  });

  it("of a time that a day has not comes after the gap, and of one that it has twice comes once", () => {
    const nightly = schedule("TZ=Europe/Paris 30 2 * * *");
    expect(iso(nightly.next(at("2026-03-28T12:00:00Z")))).toBe("2026-03-29T01:00:00.000Z");
    expect(iso(nightly.next(at("2026-10-24T12:00:00Z")))).toBe("2026-10-25T00:30:00.000Z");
    expect(iso(nightly.next(at("2026-10-25T00:30:00Z")))).toBe("2026-10-26T01:30:00.000Z");
    expect(iso(nightly.latest(at("2026-10-25T12:00:00Z"), ""))).toBe("2026-10-25T00:30:00.000Z");
  });

  it("start later by jitter, which is the same for everybody, and other for other slots and functions", () => {
    const hourly = schedule("0 * * * *", "5m");
    const slots = Array.from({ length: 50 }, (_, n) => at("2030-01-01T00:00:00Z") + n * 3_600_000);
    const delays = slots.map((slot) => hourly.startOf(slot, "f") - slot);
    expect(delays.every((delay) => delay >= 0 && delay <= 300_000)).toBe(true);
    expect(new Set(delays).size).toBeGreaterThan(45);
    expect(slots.map((slot) => schedule("0 * * * *", "5m").startOf(slot, "f") - slot)).toEqual(delays);
    expect(slots.map((slot) => hourly.startOf(slot, "g") - slot)).not.toEqual(delays);
    const [first = 0, second = 0] = slots;
    expect(hourly.latest(hourly.startOf(second, "f") - 1, "f")).toBe(first);
    expect(hourly.latest(hourly.startOf(second, "f"), "f")).toBe(second);
  });
});

it.each([
  ["", "exactly five, six"],
  ["* * *", "exactly five, six"],
  ["0 0 1 1 1 1 2030", "(BS2041)"],
  ["61 * * * *", '`cron` of a trigger of function "f" is "61 * * * *": Invalid value for minute: 61. Give five fields'],
  ["0 0 30 2 *", "a time that never comes"],
  ["2030-01-01T00:00:00", "(BS2041)"],
  ["TZ=Mars/Base 0 9 * * *", 'there is no time zone "Mars/Base"'],
  ["TZ= 0 9 * * *", 'there is no time zone ""'],
  [undefined, "is undefined"],
  [null, "is null"],
  [5, "is number"],
])("refuses %j", (cron, message) => {
  expect(() => schedule(cron)).toThrow(message);
});

it.each([
  ["soon", "BS2012"],
  ["25h", '`jitter` of a trigger of function "f" is "25h". Give at most 24 hours.'],
])("refuses a jitter of %j", (jitter, message) => {
  expect(() => schedule("0 9 * * *", jitter)).toThrow(message);
});
