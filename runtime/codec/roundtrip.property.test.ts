/** Properties of encode and decode over random graphs. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CodecExtension, DecodeError, decode, encode, NotEncodableError } from "./index.ts";
import { frameGraphs, plainGraphs } from "./testing/arbitrary-graph.ts";
import { testExtensions } from "./testing/extensions.ts";
import { difference } from "./testing/same-graph.ts";

const seed = 20_240_613;

function expectRoundTrip(value: unknown, extensions: readonly CodecExtension[]): void {
  const text = encode(value, extensions);
  const back = decode(text, extensions);
  expect(difference(value, back)).toBeUndefined();
  expect(encode(back, extensions)).toBe(text);
}

describe("round trip", () => {
  it("gives a graph that cannot be told from the first, and the same text again", () => {
    fc.assert(
      fc.property(plainGraphs, (value) => expectRoundTrip(value, [])),
      { numRuns: 2000, seed },
    );
  });

  it("does so through extensions and registered classes, whatever the cycles", () => {
    const property = fc.property(frameGraphs, (value) => {
      try {
        encode(value, testExtensions);
      } catch (error) {
        // The one thing that a graph of storable values may be refused for.
        if (error instanceof NotEncodableError && error.reason.includes("one of these parts itself")) return;
        throw error;
      }
      expectRoundTrip(value, testExtensions);
    });
    fc.assert(property, { numRuns: 2000, seed });
  });

  it("keeps plain JSON as JSON", () => {
    const property = fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      if (json.includes("-0") || json.includes('"$') || !Object.is(JSON.stringify(JSON.parse(json)), json)) return;
      if (!holdsMinusZero(value)) expect(encode(value)).toBe(`[1,${json}]`);
    });
    fc.assert(property, { numRuns: 500, seed });
  });
});

function holdsMinusZero(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Object.is(value, -0);
  return Object.values(value).some(holdsMinusZero);
}

const edits = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("replace", "delete", "insert", "copy"),
    text: fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom(
        '"$ref":',
        "1e9",
        "-1",
        "999999999",
        '"__proto__":',
        '{"$ref":0}',
        '{"$":"hole"}',
        "[[",
        "null",
        "$",
      ),
    ),
    from: fc.nat(),
    length: fc.nat({ max: 12 }),
  }),
  { minLength: 1, maxLength: 4 },
);

function edit(
  text: string,
  changes: readonly { at: number; kind: string; text: string; from: number; length: number }[],
): string {
  return changes.reduce((current, { at, kind, text: piece, from, length }) => {
    const start = at % (current.length + 1);
    const removed = kind === "replace" ? piece.length : kind === "delete" ? length : 0;
    const copied = from % (current.length + 1);
    const added = kind === "delete" ? "" : kind === "copy" ? current.slice(copied, copied + length) : piece;
    return current.slice(0, start) + added + current.slice(start + removed);
  }, text);
}

describe("damaged text", () => {
  const prototypes = [Object, Array, Map, Set, Error, Function].map((each) => each.prototype as object);
  const keysBefore = prototypes.map((prototype) => Reflect.ownKeys(prototype).length);

  it("gives a value or a DecodeError, and touches no prototype", () => {
    const property = fc.property(frameGraphs, edits, (value, changes) => {
      let text: string;
      try {
        text = edit(encode(value, testExtensions), changes);
      } catch (error) {
        if (error instanceof NotEncodableError) return;
        throw error;
      }
      try {
        decode(text, testExtensions);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw new Error(`${String(error)} for ${text}`, { cause: error });
      }
      expect(prototypes.map((prototype) => Reflect.ownKeys(prototype).length)).toEqual(keysBefore);
      for (const key of ["a", "x", "polluted"]) expect(key in Object.prototype).toBe(false);
    });
    fc.assert(property, { numRuns: 5000, seed });
  });
});
