/** The lines that people read: plain text, with colours on a terminal. Lines are added and never drawn again. */
import { readFileSync } from "node:fs";
import picocolors from "picocolors";
import type { Check } from "./checks.js";
import { countCalls, type RunFacts, type StepFacts, stepInFlight } from "./facts.js";

const colours = picocolors.createColors(process.stdout.isTTY === true && picocolors.isColorSupported);
const { bold, dim, green, red, yellow } = colours;
const idWidth = 27;
/** Under the ids of steps. */
const margin = " ".repeat(12);

export class Timeline {
  readonly #start: number;

  /** @param start time 0, in milliseconds since the epoch */
  constructor(start: number) {
    this.#start = start;
  }

  heading(text: string): void {
    print("", bold(text));
  }

  /** Something that happens to a process. */
  event(at: number, text: string): void {
    print("", this.#line(at, yellow(bold(text))));
  }

  /** Everything that a run has done. */
  run(facts: RunFacts): void {
    this.heading(facts.run.functionId);
    for (const step of facts.steps) this.#step(facts, step);
  }

  /** What a run did after the kill: `before` are the facts of that moment. */
  rest(facts: RunFacts, before: RunFacts, secondWorker: number): void {
    this.heading(facts.run.functionId);
    for (const step of facts.steps) {
      const wasRecorded = before.steps.some(({ id, outcome }) => id === step.id && outcome !== undefined);
      const again = countCalls(step, "called", secondWorker);
      if (wasRecorded && again === 0) this.#say(undefined, dim("="), step.id, dim("recorded, so not called again"));
      else this.#step(facts, step);
    }
    const { status, endedAt } = facts.run;
    this.#say(endedAt ?? undefined, status === "completed" ? green("■") : red("■"), `run ${status}`, "");
  }

  checks(checks: readonly Check[]): void {
    this.heading("Checked against what the services recorded and the database");
    for (const { claim, holds, found } of checks) {
      print(`  ${holds ? green("✓") : red("✗")} ${claim}`);
      if (!holds) print(`    ${red("does not hold:")} ${JSON.stringify(found)}`);
    }
  }

  #step(facts: RunFacts, step: StepFacts): void {
    const { id, attempts, outcome, calls } = step;
    if (outcome?.status === "completed") {
      const before = countCalls(step, "called") - 1;
      const note = before === 0 ? "done" : "interrupted, so called again: done";
      this.#say(outcome.endedAt, green("✓"), id, note);
    } else if (outcome) {
      const error = outcome.error instanceof Error ? outcome.error.message : String(outcome.error);
      this.#say(outcome.endedAt, red("✗"), id, `failed ${attempts.length} times: ${error}`);
      this.#edge(facts, step);
    } else {
      const waits = stepInFlight(facts) === step;
      this.#say(calls.at(-1)?.at, yellow("…"), id, waits ? "called, no answer yet" : "is tried again");
    }
  }

  /** The source lines that a failed step led to. */
  #edge({ run, steps }: RunFacts, { id }: StepFacts): void {
    const next = steps[steps.findIndex((step) => step.id === id) + 1]?.id;
    print(dim(`${margin}rollback edge taken, in ${run.functionId}.ts:`));
    for (const line of edgeLines(`${run.functionId}.ts`, id, next)) print(dim(`${margin}${line}`));
  }

  #say(at: number | undefined, mark: string, id: string, note: string): void {
    print(this.#line(at, `${mark} ${id.padEnd(idWidth)} ${note}`.trimEnd()));
  }

  #line(at: number | undefined, text: string): string {
    const time = at === undefined ? "" : `${((at - this.#start) / 1_000).toFixed(2)} s`;
    return `${dim(time.padStart(8))}  ${text}`;
  }
}

export function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** The `catch` that follows a step in its source, and the step in that `catch` if there is one, with line numbers. */
function edgeLines(file: string, failed: string, next: string | undefined): string[] {
  const lines = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8").split("\n");
  const step = lines.findIndex((line) => line.includes(`"${failed}"`));
  const edge = lines.findIndex((line, index) => index > step && line.includes("catch"));
  const holdsNext = next !== undefined && lines[edge + 1]?.includes(`"${next}"`) === true;
  const shown = lines.slice(edge, edge + (holdsNext ? 2 : 1));
  const indent = shown[0]?.search(/\S/) ?? 0;
  return shown.map((line, index) => `${edge + index + 1} │ ${line.slice(indent)}`);
}
