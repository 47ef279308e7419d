/** Resident memory and time per step of a long loop, in a process of its own. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { bench, inFolder } from "./workspace.mjs";

/** @param steps at least 2,000; time is compared between the first and the last tenth */
export async function measureMemory(steps) {
  return inFolder((folder) => {
    const program = join(bench, "memory-process.mjs");
    const text = execFileSync(process.execPath, [program, join(folder, "loop.db"), String(steps)], {
      encoding: "utf8",
    });
    return JSON.parse(text);
  });
}
