/** The same for runs that are named, or that filters mean. */
import { BackstitchError, type BulkResult, type RunFilter, type Runs } from "../../runtime/index.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { type FilterOptions, filterOf, isEmpty } from "./filters.ts";
import { type DatabaseOptions, withDatabase } from "./open.ts";
import { json } from "./values.ts";

export interface ActOptions extends DatabaseOptions, FilterOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What a command does with runs. */
export interface Act {
  /** For messages: `cancelled`. */
  readonly done: string;
  /** Why it was not done, when it was not: `had ended`. */
  readonly idle: string;
  /** Gives false when there was nothing to do, and the new run when it made one. */
  one(runs: Runs, id: string): Promise<boolean | { readonly id: string }>;
  all(runs: Runs, filter: RunFilter, dryRun: boolean): Promise<BulkResult>;
}

export async function act(
  ids: readonly string[],
  options: ActOptions,
  what: Act,
  terminal: Terminal,
): Promise<ExitCode> {
  const filter = filterOf(options, Date.now());
  if (ids.length > 0 && (options.all || !isEmpty(filter))) {
    throw new Failure("Name runs, or give filters or --all, not both.", exitCodes.usage);
  }
  if (ids.length === 0 && isEmpty(filter) && !options.all) {
    throw new Failure("Name runs, or say which are meant with filters such as --function, or --all.", exitCodes.usage);
  }
  return ids.length > 0 ? actOnEach(ids, options, what, terminal) : actOnAll(filter, options, what, terminal);
}

async function actOnEach(
  ids: readonly string[],
  options: ActOptions,
  what: Act,
  { data, messages }: Terminal,
): Promise<ExitCode> {
  const results = await withDatabase(options, async (database) => {
    // Before anything is done: a run that does not exist may be a slip of the pen.
    const found: { id: string; runs: Runs }[] = [];
    for (const id of ids) found.push({ id, runs: await database.around(id) });
    const acted: Acted[] = [];
    for (const { id, runs } of found) acted.push(options.dryRun ? { id, done: false } : await actOn(runs, id, what));
    return acted;
  });
  if (options.json) data.write(json(results));
  else for (const { run } of results) if (run !== undefined) data.write(`${run}\n`);
  if (options.dryRun) {
    if (!options.json) messages.write(`${count(ids.length)} would be ${what.done}. Nothing was done.\n`);
    return exitCodes.ok;
  }
  for (const { id, done, reason } of results) {
    if (!done) messages.write(`Run ${id} ${reason === undefined ? `${what.idle}.` : `was left: ${reason}`}\n`);
  }
  const done = results.filter((each) => each.done).length;
  if (!options.json) messages.write(`${count(done)} ${what.done}.\n`);
  return done === ids.length ? exitCodes.ok : exitCodes.failed;
}

/** What came of it for one run. */
interface Acted {
  readonly id: string;
  readonly done: boolean;
  /** The new run. */
  readonly run?: string;
  /** Why it was refused. */
  readonly reason?: string;
}

async function actOn(runs: Runs, id: string, what: Act): Promise<Acted> {
  try {
    const result = await what.one(runs, id);
    return { id, done: result !== false, ...(typeof result === "object" && { run: result.id }) };
  } catch (error) {
    if (!(error instanceof BackstitchError)) throw error;
    return { id, done: false, reason: error.message };
  }
}

async function actOnAll(
  filter: RunFilter,
  options: ActOptions,
  what: Act,
  { data, messages }: Terminal,
): Promise<ExitCode> {
  const dryRun = options.dryRun ?? false;
  const result = await withDatabase(options, async (database) => what.all(await database.all(), filter, dryRun));
  const { matched, done, refused } = result;
  if (options.json) data.write(json(result));
  for (const { id, reason } of refused) messages.write(`Run ${id} was left: ${reason}\n`);
  if (!options.json) {
    messages.write(
      dryRun
        ? `${count(matched)} would be ${what.done}. Nothing was done.\n`
        : `${done} of ${count(matched)} ${what.done}.\n`,
    );
  }
  return refused.length > 0 ? exitCodes.failed : exitCodes.ok;
}

function count(runs: number): string {
  return `${runs} ${runs === 1 ? "run" : "runs"}`;
}
