/** Takes in a stream of runs, into whatever keeps them. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Backstitch, BackstitchError, type Imported } from "../../runtime/index.ts";
import { StoreError } from "../../runtime/stores/sqlite/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import { keeperOf } from "../project/databases.ts";
import { requirePath } from "../project/manifests.ts";

/** @param file default: the standard input */
export async function importInto(database: string, file: string | undefined): Promise<Imported> {
  if (file !== undefined) requirePath(file);
  const input = file === undefined ? process.stdin : createReadStream(file);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) throw new Failure("There is nothing to import: the stream is empty.");
  const all = (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => lines };
  })();
  try {
    return await withKeeper(database, appIn(first.value), (client) => client.moves.import(all));
  } finally {
    input.destroy();
  }
}

/** A client of whatever is to keep the runs of an app, for as long as it is used. @throws Failure when it refuses */
export async function withKeeper<Value>(
  database: string,
  app: string,
  use: (client: Backstitch) => Promise<Value>,
): Promise<Value> {
  const client = new Backstitch({ id: app, ...keeperOf(database) });
  try {
    return await use(client);
  } catch (error) {
    if (error instanceof BackstitchError || error instanceof StoreError) throw new Failure(error.message);
    throw error;
  } finally {
    await client.close();
  }
}

/** Of the first line: whoever reads it all says what is wrong with it. */
function appIn(line: string): string {
  try {
    const { app } = JSON.parse(line) as { readonly app?: unknown };
    if (typeof app === "string" && app !== "") return app;
  } catch {
    // It is no JSON.
  }
  throw new Failure(
    "This was not written by `backstitch runs export`: its first line is no head of a stream.",
    exitCodes.failed,
  );
}
