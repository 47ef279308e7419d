/** What a step writes, to the log and to the file once the log is checkpointed, and the CPU time that it takes. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { complete, makeClient, observed, sqlite } from "./runs.mjs";
import { cpuMicroseconds } from "./statistics.mjs";
import { inFolder } from "./workspace.mjs";

/** @param items lengths of the array that a loop accumulates, at which its steps are measured */
export async function measureBytes(items) {
  return inFolder(async (folder) => {
    const constant = { frame: "constant", ...(await measureWindow(join(folder, "loop.db"), "loop", 100, 1_000, {})) };
    const rows = [constant];
    for (const item of items) {
      const file = join(folder, `collect-${item}.db`);
      const growing = await measureWindow(file, "collect", 50, 500, { filled: item - 50 });
      rows.push({ frame: `array of ${item} items of 100 B`, ...growing });
    }
    return rows;
  });
}

/** Means over `steps` steps after the first `before`. The log is emptied at both ends and not in between. */
async function measureWindow(file, workflow, before, steps, data) {
  let texts = 0;
  const plain = sqlite({ path: file });
  const store = observed(plain, {
    commit: (_results, [batch]) => {
      for (const commit of batch) texts += textBytes(commit);
    },
  });
  const sizes = [];
  const client = makeClient(store);
  await complete(client, workflow, { ...data, steps: before + steps + 1 }, (index) => {
    if (index !== before && index !== before + steps) return;
    plain.connection.pragma("wal_autocheckpoint = 0");
    const log = statSync(`${file}-wal`).size;
    plain.connection.pragma("wal_checkpoint(TRUNCATE)");
    sizes.push({ log, file: statSync(file).size, texts, cpu: cpuMicroseconds() });
  });
  await client.close();
  const [start, end] = sizes;
  return {
    cpuMicroseconds: Math.round((end.cpu - start.cpu) / steps),
    textBytes: Math.round((end.texts - start.texts) / steps),
    logBytes: Math.round(end.log / steps),
    fileBytes: Math.round((end.file - start.file) / steps),
  };
}

/** What the engine hands to the store: the frame, and the texts of the step. */
function textBytes({ frame, label, steps, pieces = [] }) {
  const texts = [
    frame,
    label,
    ...pieces.map(({ text }) => text),
    ...steps.flatMap(({ id, kind, status, output }) => [id, kind, status, output]),
  ];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), 0);
}
