/** Which waits an event meets. */
import { referred } from "./cancel-on.ts";
import { encode } from "./codec/index.ts";
import type { Logger } from "./engine/contract.ts";
import { valueAt } from "./engine/value-at.ts";
import { compileExpression, type Expression, type MatchScope } from "./expressions.ts";
import { toEvent } from "./receive.ts";
import type { Met, Store, StoredEvent, StoredWait, WaitMatch } from "./store.ts";
import type { BackstitchEvent, RegisteredFunction } from "./types.ts";

/** Waits read in one go. */
const pageSize = 200;

/**
 * Asks the store for those whose match the event has, and for those that have none. A wait that begins later does not
 * count: an event is only for those that wait already.
 */
export async function waitsMetBy(
  store: Store,
  stored: StoredEvent,
  functions: readonly RegisteredFunction[],
  logger: Logger,
): Promise<Met[]> {
  const { app, name } = stored;
  const matches: (WaitMatch | undefined)[] = [undefined];
  let event: BackstitchEvent | undefined;
  for (const path of await store.waitPaths(app, name)) {
    event ??= toEvent(stored);
    const value = valueAt(event, path);
    if (value !== undefined) matches.push({ path, value: encode(value) });
  }
  const met: Met[] = [];
  for (const match of matches) {
    for await (const wait of waitsFor(store, app, name, match)) {
      if (wait.until !== undefined && wait.until <= stored.receivedAt) continue;
      event ??= toEvent(stored);
      if (wait.filter !== undefined && !(await holds(wait, event, { store, functions, logger }))) continue;
      met.push({ wait, text: encode(event) });
    }
  }
  return met;
}

async function* waitsFor(
  store: Store,
  app: string,
  name: string,
  match: WaitMatch | undefined,
): AsyncGenerator<StoredWait> {
  for (let after = 0; ; ) {
    const page = await store.waitsFor({ app, name, match, after, limit: pageSize });
    yield* page;
    if (page.length < pageSize) return;
    after = (page.at(-1) as StoredWait).id;
  }
}

/** Whether the event satisfies the condition of a wait, over the event of the run that waits. */
async function holds(
  { run, filter = "" }: StoredWait,
  async: BackstitchEvent,
  { store, functions, logger }: { store: Store; functions: readonly RegisteredFunction[]; logger: Logger },
): Promise<boolean> {
  const condition = conditionOf(filter, functions);
  const waiting = condition && (await store.getRun(run));
  if (waiting === undefined) return false;
  const scope: MatchScope = { event: toEvent(waiting.event), async };
  return condition?.holds(scope, logger) === true;
}

/** Undefined when the function is not registered any more whose condition it is. */
function conditionOf(filter: string, functions: readonly RegisteredFunction[]): Expression | undefined {
  const reference = referred(filter);
  if (reference) {
    const { cancelOn = [] } = functions.find(({ id }) => id === reference.functionId) ?? {};
    return cancelOn[reference.index]?.condition;
  }
  return compileExpression(filter, { field: "`if` of a wait", variables: ["event", "async"], gives: "condition" });
}
