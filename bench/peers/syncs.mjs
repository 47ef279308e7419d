/** How often a system waits for the disk, counted by strace: what it says of itself is not taken on trust. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const calls = ["fsync", "fdatasync", "sync_file_range", "msync"];
const few = 10;
const many = 60;

export const canCountSyncs = spawnSync("strace", ["-V"]).status === 0;

/** Calls per step of a run, without those of start and end: the difference of a long run and a short one. */
export async function syncsPerStep(executor, system, folder) {
  const counts = [];
  for (const steps of [few, many]) {
    const tracer = new Tracer(join(folder, `${crypto.randomUUID()}.trace`));
    await executor.execute(system, { workload: "loop", steps }, { tracer });
    counts.push(tracer.count());
  }
  return (counts[1] - counts[0]) / (many - few);
}

class Tracer {
  #file;
  #options;

  constructor(file) {
    this.#file = file;
    this.#options = ["-f", "-o", file, "-e", `trace=${calls}`];
  }

  /**
   * @param pid the server that keeps the store, traced from now on; without it the measuring process is traced
   * @returns what stands before the measuring process, and how to end
   */
  async attach(pid) {
    if (pid === undefined) return { command: ["strace", ...this.#options], async detach() {} };
    const child = spawn("strace", [...this.#options, "-p", String(pid)], { stdio: ["ignore", "ignore", "pipe"] });
    const gone = new Promise((resolve) => child.once("exit", resolve));
    await new Promise((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (text) => text.includes("attached") && resolve());
      child.once("exit", (status) => reject(new Error(`strace could not attach to ${pid}: it ended with ${status}`)));
    });
    return {
      command: [],
      async detach() {
        child.kill("SIGINT");
        await gone;
      },
    };
  }

  /** A call that is interrupted by another thread has a second line, "resumed", which does not match. */
  count() {
    return readFileSync(this.#file, "utf8").match(new RegExp(`\\b(?:${calls.join("|")})\\(`, "g"))?.length ?? 0;
  }
}
