import { expect, test } from "vitest";
import { appendTo, setIn, setSorted } from "./edit-json.ts";

const entry = { name: "x", on: true };

test.each([
  ["{}", ["a"], 1, '{\n  "a": 1\n}'],
  ["{\n}\n", ["a"], 1, '{\n  "a": 1\n}\n'],
  ['{ "a": 1 }', ["b", "c"], 2, '{ "a": 1, "b": { "c": 2 } }'],
  ['{\n\t"a": 1\n}\n', ["b", "c"], 2, '{\n\t"a": 1,\n\t"b": {\n\t\t"c": 2\n\t}\n}\n'],
  ['{\n  "a": [1, 2], // two\n}', ["b"], 3, '{\n  "a": [1, 2], // two\n  "b": 3,\n}'],
  ['{\n  "a": [1] /* one */\n}', ["b"], 3, '{\n  "a": [1], /* one */\n  "b": 3\n}'],
  ["{ // none\n}", ["a"], 1, '{\n  "a": 1 // none\n}'],
  ['{\n  "a": { "b": 1 } // c\n}', ["a", "b"], 2, '{\n  "a": { "b": 2 } // c\n}'],
  ['{\r\n    "a": {}\r\n}', ["a", "b"], 1, '{\r\n    "a": {\r\n        "b": 1\r\n    }\r\n}'],
])("%j: %j is set to %j", (text, path, value, expected) => {
  expect(setIn(text, path, value)).toBe(expected);
});

test.each([
  ["{}", '{\n  "p": [\n    { "name": "x", "on": true }\n  ]\n}'],
  ['{ "p": [] }', '{ "p": [ { "name": "x", "on": true } ] }'],
  ['{ "p": [{}] }', '{ "p": [{}, { "name": "x", "on": true }] }'],
  ['{\n  "p": [{}]\n}', '{\n  "p": [{}, { "name": "x", "on": true }]\n}'],
  ['{\n  "p": [\n    {}, // a\n  ]\n}', '{\n  "p": [\n    {}, // a\n    { "name": "x", "on": true },\n  ]\n}'],
])("%j: an entry is appended", (text, expected) => {
  expect(appendTo(text, ["p"], entry)).toBe(expected);
});

test.each([
  [
    '{\n  "d": {\n    "a": "1",\n    "z": "1"\n  }\n}',
    '{\n  "d": {\n    "a": "1",\n    "m": "2",\n    "z": "1"\n  }\n}',
  ],
  ['{ "d": { "z": "1" } }', '{ "d": { "m": "2", "z": "1" } }'],
  ['{ "d": { "a": "1" } }', '{ "d": { "a": "1", "m": "2" } }'],
  ['{ "d": { "m": "1", "z": "1" } }', '{ "d": { "m": "2", "z": "1" } }'],
  ['{\n  "a": 1\n}', '{\n  "a": 1,\n  "d": {\n    "m": "2"\n  }\n}'],
])("%j: a name goes where it is sorted", (text, expected) => {
  expect(setSorted(text, "d", "m", "2")).toBe(expected);
});
