/** The benchmarks by name: what each measures in the full and in the quick form, and how its figures are shown. */
import { measureBytes } from "./bytes.mjs";
import { measureCompile } from "./compile.mjs";
import { measureEditor } from "./editor.mjs";
import { measureMemory } from "./memory.mjs";
import { measureOverhead } from "./overhead.mjs";
import { measureParked } from "./parked.mjs";
import { printTable } from "./print.mjs";
import { measureResume } from "./resume.mjs";
import { measureSequential } from "./sequential.mjs";
import { measureSleeping } from "./sleeping.mjs";
import { measureThroughput } from "./throughput.mjs";
import { measureTransform } from "./transform.mjs";
import { measureWorkers } from "./workers.mjs";

const counts = [10, 100, 1_000, 10_000];

export const sections = {
  sequential: {
    full: () =>
      measureSequential([
        [10, 21],
        [100, 11],
        [1_000, 7],
        [10_000, 3],
      ]),
    quick: () =>
      measureSequential([
        [10, 5],
        [100, 3],
        [1_000, 1],
      ]),
    print: (rows) =>
      printTable("Sequential run on SQLite, per step; the floor is one durable commit of the same rows", [
        ["steps", "ms", "floor ms", "ratio", "CPU us", "floor CPU us"],
        ...rows.map((row) => [
          String(row.steps),
          row.msPerStep,
          row.floorMs,
          row.ratio,
          row.cpuMicroseconds,
          row.floorCpuMicroseconds,
        ]),
      ]),
  },
  throughput: {
    full: () => measureThroughput(200, 10, 9),
    quick: () => measureThroughput(50, 10, 3),
    print: (row) =>
      printTable(
        `${row.runs} runs of ${row.steps} steps at once on SQLite; the floor writes the same rows in the same batches`,
        [
          ["steps/s", "floor steps/s", "ratio", "CPU us per step", "steps per commit"],
          [row.stepsPerSecond, row.floorPerSecond, row.ratio, row.cpuMicroseconds, row.stepsPerCommit],
        ],
      ),
  },
  parked: {
    full: () => measureParked(100_000),
    quick: () => measureParked(2_000),
    print: (row) =>
      printTable(`${row.runs} runs that sleep`, [
        [
          "parked per second",
          "resident MiB meanwhile",
          "bytes per run",
          "start to first step ms",
          "wake lag ms",
          "resident MiB",
        ],
        [row.runsPerSecond, row.mostResidentMiB, row.bytesPerRun, row.startMs, row.wakeLagMs, row.residentMiB],
      ]),
  },
  sleeping: {
    full: () => measureSleeping(1_000_000, 1_000),
    quick: () => measureSleeping(10_000, 100),
    print: (row) =>
      printTable(`A worker beside ${row.runs} runs that sleep, while ${row.waking} others wake`, [
        ["", "late by ms", "resident MiB at most", "file MiB"],
        ["", row.wakeLagMs, row.mostResidentMiB, row.fileMiB],
      ]),
  },
  workers: {
    full: () => measureWorkers(6, 3),
    quick: () => measureWorkers(2, 1),
    print: (row) =>
      printTable(`Workers on PostgreSQL, 16 steps of 20 ms at once in each (${row.most} per second at most)`, [
        ["", "one", "four", "ratio"],
        ["steps/s", row.one, row.four, row.ratio],
        ["CPU us per step, of the workers", row.cpuMicrosecondsOfOne, row.cpuMicrosecondsOfFour, ""],
      ]),
  },
  resume: {
    full: () => measureResume(counts, 300),
    quick: () => measureResume([10, 100, 1_000], 20),
    print: ({ rows, flatnessWithClaim, flatnessAfterClaim }) =>
      printTable("Resume: ms until the next step is executed, in a new worker", [
        ["completed steps", "with the claim", "after the claim"],
        ...rows.map((row) => [String(row.steps), row.msWithClaim, row.msAfterClaim]),
        ["largest / smallest median", flatnessWithClaim, flatnessAfterClaim],
      ]),
  },
  bytes: {
    full: () => measureBytes([100, 1_000, 10_000]),
    quick: () => measureBytes([100, 1_000]),
    print: (rows) =>
      printTable("A step of a run that appends to an array: bytes written, and CPU time", [
        ["frame", "texts", "log", "file growth", "CPU us"],
        ...rows.map((row) => [row.frame, row.textBytes, row.logBytes, row.fileBytes, row.cpuMicroseconds]),
      ]),
  },
  overhead: {
    full: () => measureOverhead(20_000, 9),
    quick: () => measureOverhead(5_000, 3),
    print: ({ cpuMicroseconds }) =>
      printTable("Engine over the store in memory: five slots, outputs of 100 bytes", [
        ["", "CPU us per step"],
        ["loop", cpuMicroseconds],
      ]),
  },
  memory: {
    full: () => measureMemory(100_000),
    quick: () => measureMemory(5_000),
    print: (row) =>
      printTable(`A loop of ${row.steps} steps on SQLite`, [
        ["", "at first", "at the end", "difference or ratio"],
        ["resident MiB (from step 1,000)", row.residentMiBAfter1000, row.residentMiBAtEnd, row.residentMiBGrowth],
        ["ms per step (a tenth of the run)", row.msPerStepFirstTenth, row.msPerStepLastTenth, row.ratio],
      ]),
  },
  compile: {
    full: () => measureCompile(200, 7),
    quick: () => measureCompile(50, 1),
    print: (row) =>
      printTable(`tspc on ${row.files} files (${row.lines} lines), every tenth with workflows`, [
        ["seconds", "without the plugin", "with it", "ratio"],
        ["CPU", row.cpuSeconds, row.cpuSecondsWithPlugin, row.cpuRatio],
        ["wall", row.wallSeconds, row.wallSecondsWithPlugin, row.wallRatio],
      ]),
  },
  transform: {
    full: () => measureTransform(100, 21),
    quick: () => measureTransform(20, 6),
    print: (row) =>
      printTable("The compiler without types: us of CPU per file with workflows", [
        ["parsing alone", "parsing, transforming and the map", "ratio"],
        [row.parse, row.transform, row.ratio],
      ]),
  },
  editor: {
    full: () => measureEditor(200, 41),
    quick: () => measureEditor(50, 5),
    print: (row) =>
      printTable(`tsserver on ${row.files} files: ms until an edited file with workflows is reported on`, [
        ["without the plugin", "with it", "added"],
        [row.ms, row.msWithPlugin, row.msAdded],
      ]),
  },
};
