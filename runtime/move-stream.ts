/**
 * The lines in which what moves is written: JSON, one thing a line, each with a sum of its own, so that nothing is stored of a
 * line that was damaged. `docs/moving.md` describes them to users.
 */
import { createHash } from "node:crypto";
import { BackstitchError } from "./faults.ts";
import type { Move, MovedItem } from "./store.ts";

/** The version that is written, and the only one that is read. */
const version = 1;

/** How many of each there are. */
export interface MovedCounts {
  /** Runs that have not ended. */
  readonly runs: number;
  /** Runs that have. */
  readonly ended: number;
  readonly events: number;
  /** Of the events, those that are still to be routed. */
  readonly queued: number;
  /** Attempts of steps that are recorded. */
  readonly steps: number;
  /** What decides on runs to come: idempotency keys, limits, batches, schedules. */
  readonly states: number;
}

/** The last line. */
interface End {
  readonly end: MovedCounts;
  /** Over what the first line says, and the sums of all others. */
  readonly sum: string;
}

/** Adds up what goes by, behind the first line. */
class Tally {
  readonly counts: { -readonly [Name in keyof MovedCounts]: number } = {
    ...{ runs: 0, ended: 0, events: 0, queued: 0, steps: 0, states: 0 },
  };
  readonly #sums = createHash("sha256");

  begin({ id, app }: Move): void {
    this.#sums.update(JSON.stringify([version, id, app]));
  }

  add(item: MovedItem, sum: string): void {
    this.#sums.update(sum);
    const { counts } = this;
    if ("event" in item) {
      counts.events++;
      if (item.event.fate === "queued") counts.queued++;
    } else if ("run" in item) counts[item.run.endedAt === null ? "runs" : "ended"]++;
    else if ("steps" in item) counts.steps += item.steps.records.length;
    else counts.states++;
  }

  end(): End {
    return { end: this.counts, sum: this.#sums.digest("hex") };
  }
}

/** Writes one move. */
export class MoveWriter {
  readonly #tally = new Tally();

  first(move: Move): string {
    const { id, app } = move;
    this.#tally.begin(move);
    return lineOf({ backstitch: "runs", version, move: id, app });
  }

  item(item: MovedItem): string {
    const body = jsonOf(item);
    const sum = sumOf(body);
    this.#tally.add(item, sum);
    return `{"sum":"${sum}",${body.slice(1)}\n`;
  }

  last(): { readonly line: string; readonly counts: MovedCounts } {
    const end = this.#tally.end();
    return { line: lineOf(end), counts: end.end };
  }
}

/** Reads one move, line by line. */
export class MoveReader {
  readonly #tally = new Tally();
  #move: Move | undefined;
  #number = 0;
  #counts: MovedCounts | undefined;

  /** Undefined before the first line. */
  get move(): Move | undefined {
    return this.#move;
  }

  /**
   * @returns what the line brings; undefined for the first one and the last
   * @throws BackstitchError BS2141 when it is damaged
   */
  read(line: string): MovedItem | undefined {
    this.#number++;
    if (this.#counts !== undefined) throw this.#damaged("there is more behind the last line of a stream");
    if (this.#move === undefined) {
      this.#move = this.#first(line);
      this.#tally.begin(this.#move);
      return undefined;
    }
    if (line.startsWith('{"end":')) {
      this.#counts = this.#last(line);
      return undefined;
    }
    const [, sum, rest] = /^\{"sum":"([0-9a-f]{16})",(.*)$/s.exec(line) ?? [];
    const body = `{${rest}`;
    if (sum === undefined || sumOf(body) !== sum) throw this.#damaged("its sum is wrong");
    const item = this.#parsed(body) as MovedItem;
    this.#tally.add(item, sum);
    return item;
  }

  /** @throws BackstitchError BS2141 when the stream is not whole */
  end(): { readonly move: Move; readonly counts: MovedCounts } {
    if (this.#move !== undefined && this.#counts !== undefined) return { move: this.#move, counts: this.#counts };
    throw new BackstitchError("BS2141", {
      where: `the stream ends behind line ${this.#number}, before its last line`,
      fix: "No run of it goes on yet. Export again, which gives the same, and import that.",
    });
  }

  #first(line: string): Move {
    const head = this.#parsed(line) as { backstitch?: unknown; version?: unknown; move?: unknown; app?: unknown };
    const { move, app } = head;
    if (head.backstitch !== "runs" || typeof move !== "string" || typeof app !== "string") {
      throw this.#damaged("it is no stream of `backstitch runs export`");
    }
    if (head.version === version) return { id: move, app };
    throw new BackstitchError("BS2141", {
      where: `the stream has version ${String(head.version)}, and this version of backstitch reads ${version}`,
      fix: "Export and import with the same version of backstitch.",
    });
  }

  #last(line: string): MovedCounts {
    const told = this.#parsed(line) as End;
    const seen = this.#tally.end();
    if (told.sum !== seen.sum) {
      throw this.#damaged("lines are missing before it, are there twice, or the first one was changed");
    }
    if (JSON.stringify(told.end) !== JSON.stringify(seen.end)) throw this.#damaged("its counts were changed");
    return seen.end;
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw this.#damaged("it is no JSON");
    }
  }

  #damaged(problem: string): BackstitchError {
    return new BackstitchError("BS2141", {
      where: `line ${this.#number} of the stream: ${problem}`,
      fix: "No run of it goes on yet. Export again, which gives the same, and import that as it is.",
    });
  }
}

function lineOf(value: object): string {
  return `${jsonOf(value)}\n`;
}

/** Some readers of lines end one at these characters, which JSON lets stand in texts. */
function jsonOf(value: object): string {
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function sumOf(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}
