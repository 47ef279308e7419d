import { describe, expect, it } from "vitest";
import { encode, Sharing, Told } from "../codec/index.ts";
import { ArrayGrowth } from "./growth.ts";
import { RunPieces } from "./run-pieces.ts";

describe("an array that grows", () => {
  it("is what it is behind a text that could not be written", () => {
    const rows = [1];
    const value: Record<string, unknown> = { rows };
    const growth = new ArrayGrowth(new RunPieces({ frame: null }));
    const sharing = new Sharing();
    const told = Told.of(value, (sink, of) => {
      growth.note(rows, "primitive");
      for (const [name, item] of Object.entries(of)) sink.field(name, item);
    });
    const write = () => {
      growth.begin();
      return encode(told, [], undefined, sharing, growth);
    };
    // Neither a scan alone nor one pass alone: `-0` is not plain.
    value["zero"] = -0;
    for (const row of [2, 3]) {
      expect(write()).toBe(encode(value));
      rows.push(row);
    }
    value["bad"] = () => {};
    expect(write).toThrow("cannot be stored");
    delete value["bad"];
    expect(write()).toBe(encode(value));
    rows.push(4);
    expect(write()).toBe(encode(value));
  });
});
