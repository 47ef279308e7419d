import { expect, it } from "vitest";
import type { CodeInfo } from "../manifest.ts";
import { type CompiledCode, noteUse, referenceTo, referredCode, registerCode } from "./registry.ts";

const handler = {};
const info = (hash: string): CodeInfo => ({ code: "registry.test#help", hash, format: 1, labels: {} });
const codeWith = (hash: string): CompiledCode => ({ info: info(hash), body: async () => hash });

it("a reference means the code with its hash, of whatever module, and never another one when there are several", () => {
  const [first, second] = [codeWith("aaaa"), codeWith("bbbb")];
  registerCode(first);
  expect(referredCode(handler, referenceTo(info("aaaa")))).toBe(first);
  // The only one of its id was changed under the run, whose label decides.
  expect(referredCode(handler, referenceTo(info("cccc")))).toBe(first);
  registerCode(second);
  expect(referredCode(handler, referenceTo(info("aaaa")))).toBe(first);
  expect(referredCode(handler, referenceTo(info("bbbb")))).toBe(second);
  expect(referredCode(handler, referenceTo(info("cccc")))).toBeUndefined();
});

it("modules may have helpers of one name and text: a new process tells them apart, and one that was changed as well", () => {
  const infoOf = (text: string, place: string) => ({
    ...info(text.padEnd(16, "0") + place),
    code: "registry.test#twin",
  });
  const codeOf = (text: string, place: string): CompiledCode => ({
    info: infoOf(text, place),
    body: async () => place,
  });
  const [left, right] = [codeOf("aa", "1111"), codeOf("aa", "2222")];
  registerCode(left);
  // The only one of its id: it was moved.
  expect(referredCode(handler, referenceTo(infoOf("aa", "2222")))).toBe(left);
  registerCode(right);
  for (const code of [left, right]) expect(referredCode(handler, referenceTo(code.info))).toBe(code);
  expect(referredCode(handler, referenceTo(infoOf("bb", "1111")))).toBe(left);
  expect(referredCode(handler, referenceTo(infoOf("bb", "2222")))).toBe(right);
  expect(referredCode(handler, referenceTo(infoOf("aa", "3333")))).toBeUndefined();
});

it("what a handler has called comes first: another module may have the same text under the same name", () => {
  const [mine, other] = [codeWith("dddd"), codeWith("dddd")];
  registerCode(mine);
  noteUse(handler, mine);
  registerCode(other);
  expect(referredCode(handler, referenceTo(info("dddd")))).toBe(mine);
  expect(referredCode({}, referenceTo(info("dddd")))).toBe(other);
});
