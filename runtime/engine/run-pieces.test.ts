import { describe, expect, it } from "vitest";
import { RunPieces } from "./run-pieces.ts";

const unused = () => false;
const markers = (...arrays: [array: number, count: number][]) =>
  `[1,[${arrays.map(([array, count]) => `[{"$pieces":[${array},${count}]}]`).join(",")}]]`;

describe("the pieces of a run that is driven", () => {
  it("are committed once", () => {
    const pieces = new RunPieces({ frame: null });
    expect(pieces.add(undefined, 0, "1,2", unused)).toBe(0);
    expect(pieces.toCommit(markers([0, 1]), undefined)).toEqual({ pieces: [{ array: 0, index: 0, text: "1,2" }] });
    pieces.add(0, 1, "3,4", unused);
    expect(pieces.toCommit(markers([0, 2]), undefined)).toEqual({ pieces: [{ array: 0, index: 1, text: "3,4" }] });
    expect(pieces.toCommit(markers([0, 2]), undefined)).toEqual({});
    expect(pieces.whole(markers([0, 2]))).toBe("[1,[[1,2,3,4]]]");
  });

  it("are found again by an array that was loaded", () => {
    const stored = [
      { array: 4, index: 0, text: "1" },
      { array: 7, index: 0, text: "2" },
      { array: 7, index: 1, text: "3" },
    ];
    const pieces = new RunPieces({ frame: markers([4, 1], [7, 2]), pieces: stored });
    expect(pieces.add(undefined, 0, "2", unused)).toBe(7);
    expect(pieces.add(7, 1, "3", unused)).toBe(7);
    expect(pieces.toCommit(markers([4, 1], [7, 2]), undefined)).toEqual({});
  });

  it("never change: an array that grows otherwise gets others", () => {
    const pieces = new RunPieces({ frame: null });
    pieces.add(undefined, 0, "1", unused);
    pieces.add(0, 1, "2", unused);
    const first = markers([0, 2]);
    expect(pieces.add(0, 1, "3", unused)).toBe(1);
    expect(pieces.whole(first)).toBe("[1,[[1,2]]]");
    expect(pieces.whole(markers([1, 2]))).toBe("[1,[[1,3]]]");
  });

  it("are two arrays' own, also when these begin alike", () => {
    const pieces = new RunPieces({ frame: null });
    const used = pieces.add(undefined, 0, "1", unused);
    expect(pieces.add(undefined, 0, "1", (array) => array === used)).not.toBe(used);
  });

  it("are dropped when no text names them; what is left over in the store means nothing", () => {
    const stored = [
      { array: 2, index: 0, text: "1" },
      { array: 2, index: 1, text: "left over" },
      { array: 5, index: 0, text: "left over" },
    ];
    const pieces = new RunPieces({ frame: markers([2, 1]), pieces: stored });
    expect(pieces.add(2, 1, "2", unused)).toBe(2);
    expect(pieces.toCommit(markers([2, 2]), undefined)).toEqual({
      pieces: [{ array: 2, index: 1, text: "2" }],
      dropped: [5],
    });
    expect(pieces.add(undefined, 0, "new", unused)).toBe(6);
    expect(pieces.toCommit("[1,[]]", undefined)).toEqual({ dropped: [2] });
    expect(pieces.toCommit("[1,[]]", undefined)).toEqual({});
  });
});
