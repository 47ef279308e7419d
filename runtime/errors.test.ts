import { expect, test } from "vitest";
import { decode, encode } from "./codec/index.ts";
import { BackstitchError, CancelledError, NonRetriableError, RetryAfterError, StepError } from "./errors.ts";

class PaymentError extends Error {
  override readonly name = "PaymentError";
  readonly code = "card_declined";
  readonly details = { attempts: 2 };
}

test("a StepError shows what the step threw and keeps the original as its cause", () => {
  const original = new PaymentError("declined");
  const error = new StepError("charge", original);
  expect(error).toBeInstanceOf(StepError);
  expect(error).toMatchObject({ stepId: "charge", name: "PaymentError", message: "declined", stack: original.stack });
  expect(error).toMatchObject({ code: "card_declined", details: { attempts: 2 } });
  expect(error.cause).toBe(original);
});

test("a StepError keeps its own id, and runs no accessor of the original", () => {
  const original = Object.assign(new Error("x"), { stepId: "stolen" });
  Object.defineProperty(original, "secret", { enumerable: true, get: () => expect.unreachable() });
  const error = new StepError("mine", original);
  expect(error.stepId).toBe("mine");
  expect("secret" in error).toBe(false);
});

test("an own `__proto__` of the original is copied as data", () => {
  const original = new Error("x");
  Object.defineProperty(original, "__proto__", { value: { polluted: true }, enumerable: true });
  const error = new StepError("s", original);
  expect(error).toBeInstanceOf(StepError);
  expect((error as { polluted?: boolean }).polluted).toBeUndefined();
});

test.each([
  ["text", "text"],
  [undefined, "undefined"],
  [Object.create(null), "a value without text was thrown"],
])("a step that throws %j, no Error, has it as cause", (thrown, message) => {
  const error = new StepError("s", thrown);
  expect(error).toMatchObject({ name: "Error", message });
  expect(error.cause).toBe(thrown);
});

test("RetryAfterError takes milliseconds, text and dates", () => {
  expect(new RetryAfterError("m", 1_500).delayFrom(0)).toBe(1_500);
  expect(new RetryAfterError("m", "2m").delayFrom(99)).toBe(120_000);
  expect(new RetryAfterError("m", new Date(5_000)).delayFrom(2_000)).toBe(3_000);
  expect(new RetryAfterError("m", new Date(5_000)).delayFrom(9_000)).toBe(0);
  expect(() => new RetryAfterError("m", "later")).toThrow(/RetryAfterError was given "later".*BS2012/);
  expect(() => new RetryAfterError("m", new Date(Number.NaN))).toThrow(/RetryAfterError was given an invalid Date/);
});

test("a fault's message names fault, place, what to do and code", () => {
  const error = new BackstitchError("BS2009", { where: 'client "a" has no run "b"', fix: "Look again.", cause: 1 });
  expect(error.message).toBe('There is no such run: client "a" has no run "b". Look again. (BS2009)');
  expect(error).toMatchObject({ code: "BS2009", cause: 1, name: "BackstitchError" });
});

test.each([
  new StepError("charge", new PaymentError("declined")),
  new StepError("charge", "text"),
  new StepError("charge", new AggregateError([new Error("a")], "all")),
  new NonRetriableError("no", { cause: new TypeError("t") }),
  new RetryAfterError("wait", "5s"),
  new RetryAfterError("wait", new Date(5)),
  new CancelledError(),
  new BackstitchError("BS2005", { where: "w", fix: "f." }),
])("%s keeps its class and all its properties when it is stored", (error) => {
  const back = decode(encode(error)) as typeof error;
  expect(back.constructor).toBe(error.constructor);
  expect(Object.getOwnPropertyNames(back).sort()).toEqual(Object.getOwnPropertyNames(error).sort());
  expect(back).toEqual(error);
  expect([back.name, back.message, back.stack]).toEqual([error.name, error.message, error.stack]);
});
