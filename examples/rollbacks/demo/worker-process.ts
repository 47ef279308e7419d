/** The worker in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("../worker.js", import.meta.url));

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #isWanted = true;

  constructor() {
    // The channel tells the worker when this process is gone.
    this.#child = spawn(process.execPath, [entry], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#ended = once(this.#child, "exit");
    process.once("exit", () => this.#child.kill("SIGKILL"));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What ended it, when nobody asked for that. */
  get failure(): string | undefined {
    const { exitCode, signalCode } = this.#child;
    if (!this.#isWanted || (exitCode === null && signalCode === null)) return undefined;
    return `the worker (pid ${this.pid}) ended by itself: ${signalCode ?? `exit code ${exitCode}`}`;
  }

  /** Ends it with a signal and waits until it is gone. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.#isWanted = false;
    this.#child.kill(signal);
    await this.#ended;
  }
}
