/**
 * The benchmarks. See docs/benchmarks.md.
 *
 *   npm run bench                              all, full; writes bench/results.json
 *   npm run bench -- --quick                   all in their reduced form, in under a minute; writes nothing
 *   npm run bench -- --only=resume,memory      some; writes nothing
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { load, machineFacts } from "./machine.mjs";
import { bench, prepare } from "./workspace.mjs";

const args = process.argv.slice(2);
const form = args.includes("--quick") ? "quick" : "full";
const only = args
  .find((arg) => arg.startsWith("--only="))
  ?.slice("--only=".length)
  .split(",");

await prepare();
// Loaded only now: the sections import what was just compiled.
const { sections } = await import("./sections.mjs");

const machine = machineFacts();
const loadAtStart = load();
console.log(Object.values(machine).join(", "));
const results = {};
for (const [name, section] of Object.entries(sections)) {
  if (only !== undefined && !only.includes(name)) continue;
  results[name] = await section[form]();
  section.print(results[name]);
}
const report = { machine: { ...machine, loadAtStart, loadAtEnd: load() }, results };
console.log(`\nload average ${report.machine.loadAtStart} at the start, ${report.machine.loadAtEnd} at the end`);
if (form === "full" && only === undefined) {
  writeFileSync(join(bench, "results.json"), `${JSON.stringify(report, undefined, 2)}\n`);
}
