import { expect, test } from "vitest";
import type { Activation } from "./activation.ts";
import { type ClosureRecord, ClosureRecords } from "./closures.ts";

const activation = {} as Activation;
const record: ClosureRecord = {
  order: 1,
  invocation: { code: "a", args: [], self: undefined, table: undefined },
  id: "x",
  scopes: [],
};

test("a closure has the record that its activation gave it, and keeps its own properties", () => {
  const records = new ClosureRecords(activation);
  const closure = () => 1;
  expect(records.has(closure)).toBe(false);
  records.set(closure, record);
  expect(records.get(closure)).toBe(record);
  expect(records.has(closure)).toBe(true);
  expect(Object.keys(closure)).toEqual([]);
});

test("a closure of another activation is unknown", () => {
  const closure = () => 1;
  new ClosureRecords(activation).set(closure, record);
  expect(new ClosureRecords(activation).get(closure)).toBeUndefined();
});

test("a function that inherits from a closure is none", () => {
  const records = new ClosureRecords(activation);
  const closure = () => 1;
  records.set(closure, record);
  expect(records.get(Object.setPrototypeOf(() => 2, closure))).toBeUndefined();
});

test("a proxy of a closure is none, and its traps are not run", () => {
  const records = new ClosureRecords(activation);
  const closure = () => 1;
  records.set(closure, record);
  const forbidden = () => {
    throw new Error("a trap was run");
  };
  const proxy = new Proxy(closure, { get: forbidden, has: forbidden, getOwnPropertyDescriptor: forbidden });
  expect(records.get(proxy)).toBeUndefined();
});
