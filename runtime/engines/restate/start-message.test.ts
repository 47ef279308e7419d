import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { retriesIn } from "./start-message.ts";

/** A message of this type with these fields, each behind its tag. */
function message(type: number, ...fields: readonly (readonly number[])[]): Buffer {
  const body = Buffer.from(fields.flat());
  const head = Buffer.alloc(8);
  head.writeUInt16BE(type, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
const tag = (field: number, kind: number) => varint((field << 3) | kind);
const filled = (length: number) => Array<number>(length).fill(57);

const id = [...tag(1, 2), 3, 1, 2, 3];
const known = [...tag(3, 0), 5];
const state = [...tag(4, 2), ...varint(300), ...filled(300)];
const fixed = [...tag(20, 1), ...filled(8), ...tag(21, 5), ...filled(4)];
const retries = (count: number) => [...tag(7, 0), ...varint(count)];

test.each([0, 1, 127, 300, 70_000])("the first message of an attempt says that it is tried again %i times", (count) => {
  expect(retriesIn(message(0, id, known, state, fixed, retries(count), [...tag(8, 0), 9]))).toBe(count);
});

test("an attempt that does not say so is the first one", () => {
  expect(retriesIn(message(0, id, known, state))).toBe(0);
  expect(retriesIn(message(0))).toBe(0);
  expect(retriesIn(message(0x0400, retries(3)))).toBe(0);
  // A kind of field that there was not when this was written.
  expect(retriesIn(message(0, id, [...tag(30, 6), 1], retries(3)))).toBe(0);
  // Cut off.
  expect(retriesIn(message(0, [...tag(1, 2), 100, 1]))).toBe(0);
});
