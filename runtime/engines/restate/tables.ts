/** What is known of runs and events, from Restate's own tables. They are scanned: there is no index but the key's. */
import type {
  EventQuery,
  EventView,
  ProjectedRun,
  RunPage,
  RunQuery,
  RunView,
  StepPage,
  StoredStep,
} from "../../store.ts";
import { isListed, type KeptRecord, listedSteps, type Run, recordStep } from "../../stores/memory-runs.ts";
import { eventKey, eventOf, timeText } from "./kept-event.ts";
import { serviceName } from "./names.ts";
import { type RunRecord, recordKey, recordOf, shownOf } from "./record.ts";
import { quoted, type RestateServer } from "./server.ts";

/** Rows that are looked at for a page. */
const window = 1_000;

export class Tables {
  readonly #app: string;
  readonly #server: RestateServer;

  constructor(app: string, server: RestateServer) {
    this.#app = app;
    this.#server = server;
  }

  async run(id: string): Promise<RunView | undefined> {
    const [row] = await this.#texts(firstLine, this.#of("run", recordKey, id));
    return row === undefined ? undefined : viewOf(row);
  }

  async record(id: string): Promise<RunRecord | undefined> {
    const [row] = await this.#texts("value_utf8", this.#of("run", recordKey, id));
    return row === undefined ? undefined : recordOf(row);
  }

  /** Newest first. What no column tells is tested here, of so many rows at most. */
  async runs(query: RunQuery): Promise<RunPage> {
    const { before, from, limit } = query;
    const range = [
      ...(before === undefined ? [] : [`service_key < ${quoted(before)}`]),
      ...(from === undefined ? [] : [`service_key >= ${quoted(from)}`]),
    ];
    const where = [this.#of("run", recordKey), ...range].join(" AND ");
    const looked = Math.max(window, limit);
    const rows = await this.#texts(firstLine, `${where} ORDER BY service_key DESC LIMIT ${looked}`);
    const found: RunView[] = [];
    for (const row of rows) {
      const view = viewOf(row);
      if (isListed(view as Run, query)) found.push(view);
      if (found.length === limit) return { runs: found, next: view.id };
    }
    const last = rows.at(-1);
    return { runs: found, ...(rows.length === looked && last !== undefined && { next: viewOf(last).id }) };
  }

  /** Runs that have changed since a time, by their ids, behind one of them. */
  async changed(since: number, after: string, limit: number): Promise<ProjectedRun[]> {
    const range = `value_utf8 >= ${quoted(timeText(since))} AND service_key > ${quoted(after)}`;
    const where = `${this.#of("run", recordKey)} AND ${range} ORDER BY service_key LIMIT ${limit}`;
    return (await this.#texts(firstLine, where)).map(shownOf);
  }

  /** Newest first. */
  async events({ id, name, fate, from, until, before, limit }: EventQuery): Promise<EventView[]> {
    const range = [
      ...(from === undefined ? [] : [`value_utf8 >= ${quoted(timeText(from))}`]),
      ...(until === undefined ? [] : [`value_utf8 < ${quoted(timeText(until))}`]),
    ];
    const where = [this.#of("event", eventKey, id), ...range].join(" AND ");
    const rows = await this.#texts("value_utf8", `${where} ORDER BY value_utf8 DESC`);
    const events = rows.map(eventOf);
    const start = before === undefined ? 0 : events.findIndex((event) => event.id === before) + 1;
    if (before !== undefined && start === 0) return [];
    return events
      .slice(start)
      .filter((event) => (name === undefined || event.name === name) && (fate === undefined || event.fate === fate))
      .slice(0, limit);
  }

  /** What is recorded of a run's steps. Some of it may be there twice. */
  async history(run: string): Promise<KeptRecord[]> {
    const record = await this.record(run);
    if (record === undefined) return [];
    if (record.putAway === 0) return record.recent;
    const of = `service_name = ${quoted(serviceName(this.#app, "history"))} AND service_key = ${quoted(run)}`;
    const rows = await this.#texts("value_utf8", `${of} ORDER BY key`);
    return [...rows.flatMap((row) => JSON.parse(row) as KeptRecord[]), ...record.recent];
  }

  /** All attempts, by op and attempt. */
  async steps(run: string, page: StepPage): Promise<StoredStep[]> {
    const steps: Run["steps"] = new Map();
    for (const record of await this.history(run)) recordStep(steps, record);
    return listedSteps({ steps }, page);
  }

  async #texts(column: string, where: string): Promise<string[]> {
    const rows = await this.#server.query<{ readonly text: string }>(
      `SELECT ${column} AS text FROM state WHERE ${where}`,
    );
    return rows.map(({ text }) => text);
  }

  #of(kind: "run" | "event", key: string, object?: string): string {
    const of = object === undefined ? "" : ` AND service_key = ${quoted(object)}`;
    return `service_name = ${quoted(serviceName(this.#app, kind))} AND key = ${quoted(key)}${of}`;
  }
}

/** Of a run, what people see of it. */
const firstLine = "split_part(value_utf8, chr(10), 1)";

function viewOf(text: string): RunView {
  const { revision: _, ...shown } = shownOf(text);
  return shown;
}
