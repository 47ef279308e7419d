import { expect, test } from "vitest";
import { durationMs, momentMs } from "./duration.ts";

test.each([
  [0, 0],
  [1.2, 2],
  ["0.5ms", 1],
  [-5, 0],
  ["250", 250],
  ["30s", 30_000],
  ["2 days", 172_800_000],
  ["1.5h", 5_400_000],
])("durationMs(%j) is %d", (duration, expected) => {
  expect(durationMs(duration, "step.sleep")).toBe(expected);
});

test.each([
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e15,
  "99999y",
  "",
  "soon",
  "1h 30m",
  "9".repeat(200),
  null,
  {},
])("durationMs(%j) names the place", (duration) => {
  expect(() => durationMs(duration as number, 'step.sleep("pause")')).toThrow(
    /step\.sleep\("pause"\) was given .*BS2012/,
  );
});

test("momentMs takes dates, milliseconds and ISO text", () => {
  const iso = "2030-01-02T03:04:05.006Z";
  const time = Date.UTC(2030, 0, 2, 3, 4, 5, 6);
  expect([momentMs(iso, "x"), momentMs(new Date(iso), "x"), momentMs(time, "x")]).toEqual([time, time, time]);
});

test.each([new Date(Number.NaN), "tomorrow", Number.NaN])("momentMs(%s) names the place", (moment) => {
  expect(() => momentMs(moment, 'step.sleepUntil("office")')).toThrow(
    /step\.sleepUntil\("office"\) was given .*BS2012/,
  );
});

/** As Temporal and its polyfills make them. */
const temporal = (tag: string, fields: object) => ({ ...fields, [Symbol.toStringTag]: tag }) as never;
const none = { years: 0, months: 0, weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0, milliseconds: 0 };
const fraction = { microseconds: 0, nanoseconds: 0 };

test.each([
  [{ minutes: 2, seconds: 5 }, 125_000],
  [{ weeks: 1, days: 1, hours: 1 }, 694_800_000],
  [{ milliseconds: 1, microseconds: 500, nanoseconds: 1 }, 2],
  [{ hours: -1 }, 0],
])("durationMs takes a Temporal.Duration of %j", (fields, expected) => {
  expect(durationMs(temporal("Temporal.Duration", { ...none, ...fraction, ...fields }), "x")).toBe(expected);
});

test.each([{ months: 1 }, { years: -1 }])("a Temporal.Duration of %j has no length of its own", (fields) => {
  const given = temporal("Temporal.Duration", { ...none, ...fraction, ...fields });
  expect(() => durationMs(given, 'step.sleep("pause")')).toThrow(/step\.sleep\("pause"\) was given .*months.*BS2012/);
});

test("momentMs takes a Temporal.Instant and a Temporal.ZonedDateTime", () => {
  for (const tag of ["Temporal.Instant", "Temporal.ZonedDateTime"]) {
    expect(momentMs(temporal(tag, { epochMilliseconds: 5 }), "x")).toBe(5);
  }
  expect(() => momentMs(temporal("Temporal.PlainDate", { day: 1 }), "x")).toThrow("BS2012");
});
