import { expect, test } from "vitest";
import { durable, local } from "./authoring.ts";
import { makeFunctions } from "./create-function.ts";
import { compiledInfo, markCompiled } from "./engine/compiled.ts";
import { eventType } from "./event-types.ts";
import { CODE_FORMAT } from "./manifest.ts";

function compiled(format = CODE_FORMAT as number): () => Promise<void> {
  const handler = async () => {};
  markCompiled(handler, { code: "f", hash: "", format, labels: {} });
  return handler;
}

test("both forms make the same function", () => {
  const handler = compiled();
  const [two] = makeFunctions([{ id: "f", triggers: [{ event: "a" }] }, handler]);
  const [three] = makeFunctions([{ id: "f" }, { event: "a" }, handler]);
  expect(two).toEqual({ id: "f", name: "f", retries: 4, triggers: [{ event: "a" }], middleware: [], handler });
  expect(three).toEqual(two);
});

test("options are kept", () => {
  const triggers = [{ event: "a" }, { event: "b" }];
  const [made] = makeFunctions([{ id: "f", name: "Eff", retries: 0 }, triggers, compiled()]);
  expect(made).toMatchObject({ name: "Eff", retries: 0, triggers });
});

test("a handler that was not compiled is refused with the entry to add, the runner and the function", () => {
  const make = () => makeFunctions([{ id: "send-mail", triggers: { event: "a" } }, async () => {}]);
  expect(make).toThrow(/^The handler is not compiled: function "send-mail"\..*BS2001/);
  expect(make).toThrow('{ "name": "backstitch", "transform": "backstitch/transformer", "transformProgram": true }');
  expect(make).toThrow("runs under vitest");
});

test("a handler of another code format is refused", () => {
  const make = () => makeFunctions([{ id: "f", triggers: { event: "a" } }, compiled(CODE_FORMAT + 1)]);
  expect(make).toThrow(/function "f" has code format 2, this runtime runs format 1.*BS2002/);
});

test.each<[unknown[], RegExp]>([
  [[], /`id` of createFunction\(\) is missing/],
  [[{ id: " " }, { event: "a" }, compiled()], /`id` of createFunction\(\) is not a text/],
  [[{ id: "f" }, compiled()], /function "f" has no trigger/],
  [[{ id: "f", triggers: [] }, compiled()], /function "f" has no trigger/],
  [[{ id: "f", triggers: { event: "" } }, compiled()], /`event` of a trigger of function "f" is not a text/],
  [[{ id: "f", triggers: { every: "5m" } }, compiled()], /a trigger of function "f" has no option `every`/],
  [[{ id: "f", triggers: { event: eventType } }, compiled()], /`event` of a trigger of function "f" is not a text/],
  [[{ id: "f", triggers: "a" }, compiled()], /a trigger of function "f" needs an object/],
  [[{ id: "f", parallel: 3 }, { event: "a" }, compiled()], /function "f" has no option `parallel`.*`retries`/],
  [[{ id: "f", triggers: [] }, { event: "a" }, compiled()], /function "f" has no option `triggers`/],
  [[{ id: "f", name: 3 }, { event: "a" }, compiled()], /`name` of function "f"/],
  [[{ id: "f", retries: -1 }, { event: "a" }, compiled()], /`retries` of function "f" is -1.*0 to 100/],
  [[{ id: "f", retries: 1.5 }, { event: "a" }, compiled()], /`retries` of function "f" is 1.5/],
  [[{ id: "f", retries: "4" }, { event: "a" }, compiled()], /`retries` of function "f" is 4/],
  [[{ id: "f" }, { event: "a" }, undefined], /function "f" has no handler/],
])("wrong options are named: %#", (args, message) => {
  expect(() => makeFunctions(args)).toThrow(message);
  expect(() => makeFunctions(args)).toThrow("BS2003");
});

test("durable() gives a compiled function back and refuses another", () => {
  const handler = compiled();
  expect(durable(handler)).toBe(handler);
  expect(() => durable(async function pay() {})).toThrow(
    /durable\(\) was given `pay`.*backstitch\/transformer.*BS2001/,
  );
});

test("local() works in compiled code only", () => {
  expect(() => local(() => 1)).toThrow(/local\(\(\) => …\) was called at run time.*const name = local.*BS2011/);
});

test("two copies of the package agree on what is compiled", async () => {
  const copy: { compiledInfo: typeof compiledInfo } = await import(`./engine/compiled.ts?${"copy"}`);
  expect(copy.compiledInfo).not.toBe(compiledInfo);
  expect(copy.compiledInfo(compiled())?.code).toBe("f");
});
