/** What is shown to people. Read only. */
import type { ParkedPage, ParkedRun, RunPage, RunQuery, RunView } from "../../store.ts";
import { toView, type ViewRow, viewColumns } from "../rows.ts";
import type { Session, Value } from "./database.ts";
import { type ParkedRow, parkedColumns, shownRuns } from "./pieces.ts";

const runsFrom = (table: string) => `
  SELECT ${viewColumns("backstitch.removed_steps")}
  FROM ${table} AS r JOIN backstitch.events AS e ON e.app = r.app AND e.id = r.event_id`;

export async function getRun(db: Session, run: string): Promise<RunView | undefined> {
  const [row] = await db.all<ViewRow>(`${runsFrom("backstitch.runs")} WHERE r.id = $1`, run);
  return row && toView(row);
}

/** Runs that a list looks at where no index answers all of its filters. */
const window = 10_000;

/**
 * What an index answers decides at which runs it is looked: app, function and status, or one of the links to other
 * things, each with the id. What remains is tested run by run, within a window.
 */
export async function listRuns(db: Session, query: RunQuery): Promise<RunPage> {
  const { limit } = query;
  const params = new Params();
  const tested = testedFilters(query);
  const size = tested.length === 0 ? limit : window;
  const looked = `SELECT r.* ${indexedRuns(query, params)} LIMIT ${params.add(size)}`;
  const conditions = tested.map((filter) => filter(params)).join(" AND ");
  const where = conditions === "" ? "" : `WHERE ${conditions}`;
  const sql = `${runsFrom(`(${looked})`)} ${where} ORDER BY r.id DESC LIMIT ${params.add(limit)}`;
  const runs = (await db.all<ViewRow>(sql, ...params.values)).map(toView);
  const next = runs.length === limit ? runs.at(-1)?.id : tested.length > 0 ? await windowEdge(db, query) : undefined;
  return { runs, ...(next !== undefined && { next }) };
}

/** The last run of the window; undefined when the window holds all that there are. */
async function windowEdge(db: Session, query: RunQuery): Promise<string | undefined> {
  const params = new Params();
  const sql = `SELECT r.id ${indexedRuns(query, params)} LIMIT 1 OFFSET ${params.add(window - 1)}`;
  return (await db.all<{ id: string }>(sql, ...params.values))[0]?.id;
}

class Params {
  readonly values: Value[] = [];

  /** Gives its place in the statement. */
  add(value: Value): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** The things that runs are found by, with the column of each. */
const links = [
  ["event_id", "eventId"],
  ["parent_run", "parent"],
  ["origin_run", "origin"],
] as const;

const linkOf = (query: RunQuery) => links.find(([, name]) => query[name] !== undefined);

const statusesOf = ({ status }: RunQuery) => (typeof status === "string" ? [status] : status);

/** From the runs which an index finds, the newest first. */
function indexedRuns(query: RunQuery, params: Params): string {
  const { app, functionId, before, from } = query;
  const link = linkOf(query);
  const statuses = statusesOf(query);
  const filters = [`r.app = ${params.add(app)}`];
  if (link) filters.push(`r.${link[0]} = ${params.add(query[link[1]] as string)}`);
  else {
    if (functionId !== undefined) filters.push(`r.function_id = ${params.add(functionId)}`);
    if (statuses?.length === 1) filters.push(`r.status = ${params.add(statuses[0] as string)}`);
  }
  if (before !== undefined) filters.push(`r.id < ${params.add(before)}`);
  if (from !== undefined) filters.push(`r.id >= ${params.add(from)}`);
  return `FROM backstitch.runs AS r WHERE ${filters.join(" AND ")} ORDER BY r.id DESC`;
}

type Filter = (params: Params) => string;

function testedFilters(query: RunQuery): Filter[] {
  const { functionId, eventName, label } = query;
  const link = linkOf(query);
  const statuses = statusesOf(query);
  const filters: Filter[] = [];
  for (const [column, name] of links) {
    const value = query[name];
    if (value !== undefined && column !== link?.[0]) filters.push((params) => `r.${column} = ${params.add(value)}`);
  }
  if (link && functionId !== undefined) filters.push((params) => `r.function_id = ${params.add(functionId)}`);
  if (statuses && (link || statuses.length !== 1)) {
    filters.push((params) => `r.status = ANY(${params.add(statuses)}::text[])`);
  }
  if (eventName !== undefined) filters.push((params) => `e.name = ${params.add(eventName)}`);
  if (label !== undefined) {
    filters.push((params) => `strpos(' > ' || r.label || ' > ', ' > ' || ${params.add(label)} || ' > ') > 0`);
  }
  return filters;
}

/** Apps one after the other: one jump in the index per app. */
export async function listApps(db: Session): Promise<string[]> {
  const rows = await db.all<{ app: string }>(
    `WITH RECURSIVE apps AS (
       (SELECT app FROM backstitch.events ORDER BY app LIMIT 1)
       UNION ALL
       SELECT (SELECT e.app FROM backstitch.events AS e WHERE e.app > a.app ORDER BY e.app LIMIT 1)
       FROM apps AS a WHERE a.app IS NOT NULL)
     SELECT app FROM apps WHERE app IS NOT NULL`,
  );
  return rows.map(({ app }) => app);
}

/** Of one state of the database, so that frames and their pieces fit. */
export async function listParked(db: Session, { after = "", limit }: ParkedPage): Promise<ParkedRun[]> {
  const rows = await db.all<ParkedRow>(
    `SELECT ${parkedColumns} FROM backstitch.runs
     WHERE id > $1 AND ended_at IS NULL ORDER BY id LIMIT $2`,
    after,
    limit,
  );
  return shownRuns(db, rows);
}
