/** What is shown to people. Read only. */
import { shownRun } from "../../frame-pieces.ts";
import type { ParkedPage, ParkedRun, RunPage, RunQuery, RunView } from "../../store.ts";
import { toView, type ViewRow, viewColumns } from "../rows.ts";
import type { Connection } from "./connection.ts";
import type { Value } from "./driver.ts";
import { piecesOf } from "./pieces.ts";

// CROSS JOIN fixes the order of the loops: the runs decide the order of the rows, each run finds its event by key.
const runsFrom = (table: string) => `
  SELECT ${viewColumns("removed_steps")}
  FROM ${table} CROSS JOIN events AS e ON e.app = r.app AND e.id = r.event_id`;

export function getRun(db: Connection, run: string): RunView | undefined {
  return db.all<ViewRow>(`${runsFrom("runs AS r")} WHERE r.id = ?`, run).map(toView)[0];
}

/** Runs that a list looks at where no index answers all of its filters. */
const window = 10_000;

/**
 * What an index answers decides at which runs it is looked: app, function and status, or one of the links to other
 * things, each with the id. What remains is tested run by run, within a window.
 */
export function listRuns(db: Connection, query: RunQuery): RunPage {
  const { limit } = query;
  const { index, indexed, tested } = filtersOf(query);
  // Named, because versions of SQLite differ in what they choose when there is a range of ids.
  const table = `runs AS r INDEXED BY ${index}`;
  const edge = tested.length === 0 ? undefined : windowEdge(db, table, indexed);
  const within = edge === undefined ? indexed : [...indexed, ["r.id >= ?", edge] as const];
  const filters = [...within, ...tested];
  const sql = `${runsFrom(table)} WHERE ${conditions(filters)} ORDER BY r.id DESC LIMIT ?`;
  const found = db.all<ViewRow>(sql, ...parameters(filters), limit).map(toView);
  const next = found.length === limit ? found.at(-1)?.id : edge;
  return { runs: found, ...(next !== undefined && { next }) };
}

type Filter = readonly [condition: string, ...params: Value[]];

const conditions = (filters: readonly Filter[]) => filters.map(([condition]) => condition).join(" AND ");
const parameters = (filters: readonly Filter[]) => filters.flatMap(([, ...params]) => params);

interface Filters {
  /** The index that answers `indexed`. */
  readonly index: string;
  readonly indexed: Filter[];
  readonly tested: Filter[];
}

function filtersOf(query: RunQuery): Filters {
  const { app, functionId, status, eventId, eventName, label, parent, origin, before, from } = query;
  const indexed: Filter[] = [["r.app = ?", app]];
  const tested: Filter[] = [];
  const link = (
    [
      ["event_id", eventId, "runs_by_event"],
      ["parent_run", parent, "runs_by_parent"],
      ["origin_run", origin, "runs_by_origin"],
    ] as const
  ).filter(([, value]) => value !== undefined);
  for (const [place, [column, value]] of link.entries()) put(column, value, place === 0);
  const index = link[0]?.[2] ?? indexOf(functionId !== undefined, typeof status === "string" || status?.length === 1);
  const statuses = typeof status === "string" ? [status] : status;
  put("function_id", functionId, link.length === 0);
  if (statuses?.length === 1) put("status", statuses[0], link.length === 0);
  else if (statuses) tested.push([`+r.status IN (${statuses.map(() => "?").join(", ")})`, ...statuses]);
  if (eventName !== undefined) tested.push(["e.name = ?", eventName]);
  if (label !== undefined) tested.push([`instr(' > ' || r.label || ' > ', ' > ' || ? || ' > ') > 0`, label]);
  if (before !== undefined) indexed.push(["r.id < ?", before]);
  if (from !== undefined) indexed.push(["r.id >= ?", from]);
  return { index, indexed, tested };

  /** The sign keeps a column out of the choice of an index. */
  function put(column: string, value: string | undefined, byIndex: boolean): void {
    if (value === undefined) return;
    if (byIndex) indexed.push([`r.${column} = ?`, value]);
    else tested.push([`+r.${column} = ?`, value]);
  }
}

function indexOf(byFunction: boolean, byStatus: boolean): string {
  if (byFunction) return byStatus ? "runs_by_function_and_status" : "runs_by_function";
  return byStatus ? "runs_by_status" : "runs_by_app";
}

/** The last run of the window; undefined when the window holds all that there are. */
function windowEdge(db: Connection, table: string, indexed: readonly Filter[]): string | undefined {
  const sql = `SELECT r.id FROM ${table} WHERE ${conditions(indexed)} ORDER BY r.id DESC LIMIT 1 OFFSET ?`;
  return db.first<{ id: string }>(sql, ...parameters(indexed), window - 1)?.id;
}

/** One jump in the index per app. */
export function listApps(db: Connection): string[] {
  const found: string[] = [];
  for (;;) {
    const sql = "SELECT app FROM events WHERE app > ? ORDER BY app LIMIT 1";
    const row = db.first<{ app: string }>(sql, found.at(-1) ?? "");
    if (!row) return found;
    found.push(row.app);
  }
}

/** Of one state of the file, so that frames and their pieces fit. */
export function listParked(db: Connection, { after = "", limit }: ParkedPage): ParkedRun[] {
  return db.transaction(() => {
    const rows = db.all<ParkedRun & { readonly n: number; readonly hasPieces: number }>(
      `SELECT n, id, app, function_id AS "functionId", status, label, error, frame, has_pieces AS "hasPieces" FROM runs INDEXED BY runs_going
       WHERE id > ? AND ended_at IS NULL ORDER BY id LIMIT ?`,
      after,
      limit,
    );
    return rows.map(({ n, hasPieces, ...run }) => shownRun(run, hasPieces ? piecesOf(db, n) : []));
  }, "DEFERRED");
}
