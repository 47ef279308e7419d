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
  const client = new Backstitch({ id: appIn(first.value), ...keeperOf(database) });
  try {
    return await client.moves.import(
      (async function* () {
        yield first.value;
        yield* { [Symbol.asyncIterator]: () => lines };
      })(),
    );
  } catch (error) {
    if (error instanceof BackstitchError || error instanceof StoreError) throw new Failure(error.message);
    throw error;
  } finally {
    input.destroy();
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
