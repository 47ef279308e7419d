import { describe, expect, it } from "vitest";
import { encode } from "./codec/index.ts";
import { BackstitchError } from "./faults.ts";
import { type FramePiece, piecesAfter, shownFrame, shownRun, wholeFrame } from "./frame-pieces.ts";

const piece = (array: number, index: number, text: string): FramePiece => ({ array, index, text });
const marker = (array: number, count: number) => `{"$pieces":[${array},${count}]}`;

describe("wholeFrame", () => {
  it("leaves a frame without markers as it is, whatever pieces there are", () => {
    expect(wholeFrame('[1,["a"]]', [])).toBe('[1,["a"]]');
    expect(wholeFrame('[1,["a"]]', [piece(1, 0, "1")])).toBe('[1,["a"]]');
  });

  it("puts the pieces of several arrays in their places, in their order", () => {
    const frame = `[1,{"a":[${marker(3, 2)},"tail"],"b":[${marker(12, 1)}],"c":[]}]`;
    const pieces = [piece(12, 0, "[],{}"), piece(3, 1, '"two"'), piece(3, 0, '"zero","one"')];
    expect(wholeFrame(frame, pieces)).toBe('[1,{"a":["zero","one","two","tail"],"b":[[],{}],"c":[]}]');
  });

  it("has room for a thousand pieces, whose order is that of numbers", () => {
    const pieces = Array.from({ length: 1_000 }, (_, index) => piece(1, index, `${index}`));
    const all = Array.from({ length: 1_000 }, (_, index) => index);
    expect(JSON.parse(wholeFrame(`[1,[${marker(1, 1_000)}]]`, pieces.reverse()))).toEqual([1, all]);
  });

  it("leaves out what the frame does not name: later pieces, other arrays", () => {
    const pieces = [piece(1, 0, "0"), piece(1, 1, "later"), piece(2, 0, "other")];
    expect(wholeFrame(`[1,[${marker(1, 1)},9]]`, pieces)).toBe("[1,[0,9]]");
  });

  it("finds arrays in the pieces of others", () => {
    const pieces = [
      piece(1, 0, `[${marker(2, 2)},"t"],0`),
      piece(2, 0, `{"k":[${marker(3, 1)}]}`),
      piece(2, 1, "1"),
      piece(3, 0, "[]"),
    ];
    expect(wholeFrame(`[1,[${marker(1, 1)}]]`, pieces)).toBe('[1,[[{"k":[[]]},1,"t"],0]]');
  });

  it.each<[string, unknown]>([
    ["a text", marker(1, 1)],
    ["a text behind a brace", `{"a":"{${marker(1, 1)}"}`],
    ["a key", { $pieces: [1, 1] }],
    ["a key of a text that is one", { [marker(1, 1)]: marker(2, 2) }],
    ["texts with backslashes before quotes", ["\\", "\\{", '\\{"$pieces":[1,1]}', '{\\"$pieces":[1,1]}']],
    ["texts beside one another", ["{", "$pieces", ":[1,1]}"]],
  ])("takes nothing of a program for a marker: %s", (_, value) => {
    const text = encode(value);
    expect(wholeFrame(text, [piece(1, 0, "WRONG")])).toBe(text);
    const frame = `[1,[${marker(7, 1)},${text}]]`;
    expect(wholeFrame(frame, [piece(7, 0, text), piece(1, 0, "WRONG")])).toBe(`[1,[${text},${text}]]`);
  });

  it.each<[string, string, readonly FramePiece[], string]>([
    ["the first is missing", `[1,[${marker(3, 2)}]]`, [piece(3, 1, "1")], "piece 0 of array 3 is missing"],
    ["the last is missing", `[1,[${marker(3, 2)}]]`, [piece(3, 0, "1")], "piece 1 of array 3 is missing"],
    ["there are none", `[1,[${marker(3, 1)}]]`, [], "piece 0 of array 3 is missing"],
    ["more than there can be", `[1,[${marker(3, 9e15)}]]`, [piece(3, 0, "1")], "piece 1 of array 3 is missing"],
    ["one of a piece is missing", `[1,[${marker(1, 1)}]]`, [piece(1, 0, `[${marker(2, 1)}]`)], "piece 0 of array 2 is"],
    ["an array twice", `[1,[${marker(1, 1)}],[${marker(1, 1)}]]`, [piece(1, 0, "1")], "array 1 stands in two places"],
    ["an array within itself", `[1,[${marker(1, 1)}]]`, [piece(1, 0, `[${marker(1, 1)}]`)], "array 1 stands in two"],
    ["no number", '[1,[{"$pieces":["1",1]}]]', [], '{"$pieces":["1",1]}]] is no marker'],
    ["no pieces", `[1,[${marker(1, 0)}]]`, [], "is no marker of pieces"],
    ["cut off", '[1,[{"$pieces":[1,1', [], "is no marker of pieces"],
  ])("refuses a frame that is damaged: %s", (_, frame, pieces, where) => {
    const read = () => wholeFrame(frame, pieces);
    expect(read).toThrow(BackstitchError);
    expect(read).toThrow(expect.objectContaining({ code: "BS2104", message: expect.stringContaining(where) }));
    expect(shownFrame(frame, pieces)).toBe(frame);
  });
});

describe("shownRun", () => {
  it("leaves pieces of a sealed frame to whoever opens it, and those of others not", () => {
    const pieces = [piece(1, 0, "1")];
    expect(shownRun({ frame: "sealed" }, pieces)).toEqual({ frame: "sealed", pieces });
    expect(shownRun({ frame: "sealed" }, [])).toEqual({ frame: "sealed" });
    expect(shownRun({ frame: `[1,[${marker(1, 1)}]]` }, pieces)).toEqual({ frame: "[1,[1]]" });
    expect(shownRun({ frame: null }, [])).toEqual({ frame: null });
  });
});

describe("piecesAfter", () => {
  it("removes dropped arrays first, replaces, and keeps the order", () => {
    const stored = [piece(1, 0, "a"), piece(2, 0, "b"), piece(3, 0, "c")];
    const pieces = [piece(3, 0, "C"), piece(2, 1, "new"), piece(1, 1, "d")];
    expect(piecesAfter(stored, { pieces, dropped: [2] })).toEqual([
      piece(1, 0, "a"),
      piece(1, 1, "d"),
      piece(2, 1, "new"),
      piece(3, 0, "C"),
    ]);
    expect(piecesAfter(stored, {})).toBe(stored);
  });
});
