import { expect, test } from "vitest";
import { type PeerReport, type PeerTable, peerPictures } from "./peer-charts.ts";

const table = (picture: string, title: string, more = false): PeerTable => ({
  picture,
  title,
  unit: more ? "steps per second" : "ms per step",
  more,
  rows: [
    { name: "Backstitch, SQLite", waitsForDisk: true, median: 2, min: 1, max: 3 },
    { name: "Another", waitsForDisk: true, leftOut: "it stores nothing" },
    { name: "A third", waitsForDisk: false, median: 9, min: 8, max: 10 },
  ],
});

const report: PeerReport = {
  machine: {
    cpu: "2 x processor",
    memoryGiB: 24,
    system: "Linux 6",
    node: "v24.1.0",
    date: "2026-11-27T05:00:00.000Z",
    versions: { backstitch: "0.1.0", another: "1.2.3" },
    loadAtStart: 0.5,
    loadAtEnd: 1.5,
  },
  repetitions: 3,
  systems: [{ name: "Backstitch, SQLite", syncsPerStep: 1.02 }, { name: "Another" }],
  floors: { fdatasync: { median: 0.4 }, sqlite: { median: 0.5 }, postgres: { median: 0.6 } },
  tables: [table("sequential", "10 steps"), table("sequential", "100 steps"), table("throughput", "200 runs", true)],
};

const pictures = peerPictures(report);
const textsOf = (name: string) =>
  [...(pictures.get(name) ?? "").matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);

test("a picture for each kind of workload, with a panel for each of its tables", () => {
  expect([...pictures.keys()]).toEqual(["bench-sequential.svg", "bench-throughput.svg"]);
  expect(textsOf("bench-sequential.svg")).toEqual(expect.arrayContaining(["Steps in a row", "10 steps", "100 steps"]));
  expect(textsOf("bench-throughput.svg")).not.toContain("10 steps");
});

test("it says the unit, what is better, and why a system has no bar", () => {
  expect(textsOf("bench-sequential.svg")).toContain("ms per step; shorter bars are better");
  expect(textsOf("bench-throughput.svg")).toContain("steps per second; longer bars are better");
  expect(textsOf("bench-throughput.svg")).toContain("not measured: it stores nothing");
});

test("systems that do not wait for the disk stand apart, below the others", () => {
  const texts = textsOf("bench-throughput.svg");
  const heading = texts.indexOf("these do not wait for the disk: a loss of power loses steps");
  expect(texts.indexOf("Another")).toBeLessThan(heading);
  expect(texts.indexOf("A third")).toBeGreaterThan(heading);
  expect(pictures.get("bench-throughput.svg")).toMatch(/class="bar apart"/);
});

test("date, machine, versions, the floor and the waits are in it", () => {
  const all = textsOf("bench-sequential.svg").join(" ");
  for (const fact of [
    "2026-11-27",
    "2 x processor",
    "24 GiB",
    "Linux 6",
    "v24.1.0",
    "another 1.2.3",
    "sqlite 0.5 ms",
    "medians of 3",
    "SQLite: 1.02.",
  ]) {
    expect(all).toContain(fact);
  }
});
