import { describe, expect, it } from "vitest";
import { MoveReader, MoveWriter } from "./move-stream.ts";
import type { MovedItem } from "./store.ts";

const event = (id: string, data: string): MovedItem => ({
  event: { id, app: "shop", name: "e", data, receivedAt: 0, fate: "queued" },
});
const items = [event("a", '"x"'), event("b", '"y"'), event("c", '"\u2028 and \u2029"')];

function written(): string[] {
  const writer = new MoveWriter();
  const first = writer.first({ id: "m", app: "shop" });
  return [first, ...items.map((item) => writer.item(item)), writer.last().line].map((line) => line.trimEnd());
}

function read(lines: readonly string[]): MovedItem[] {
  const reader = new MoveReader();
  const found = lines.flatMap((line) => reader.read(line) ?? []);
  reader.end();
  return found;
}

describe("a stream of runs", () => {
  it("gives what was written, a line each for every reader of lines", () => {
    expect(read(written())).toEqual(items);
    expect(
      written()
        .join("")
        .match(/[\u2028\u2029]/),
    ).toBeNull();
  });

  it("is refused without one of its lines, with one twice, and with two exchanged", () => {
    const lines = written();
    for (const place of lines.keys()) {
      const [before, line, behind] = [lines.slice(0, place), lines[place] as string, lines.slice(place + 1)];
      expect(() => read([...before, ...behind]), `without ${line}`).toThrow(/BS2141/);
      expect(() => read([...before, line, line, ...behind]), `twice ${line}`).toThrow(/BS2141/);
      const [next, ...rest] = behind;
      if (next !== undefined) expect(() => read([...before, next, line, ...rest]), line).toThrow(/BS2141/);
    }
  });

  it("is refused when any character of it is another one", () => {
    const lines = written();
    for (const [place, line] of lines.entries()) {
      for (const at of line.split("").keys()) {
        const other = line[at] === "7" ? "8" : "7";
        const changed = `${line.slice(0, at)}${other}${line.slice(at + 1)}`;
        expect(() => read(lines.with(place, changed)), changed).toThrow(/BS2141/);
      }
    }
  });
});
