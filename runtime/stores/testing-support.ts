/** For the tests of the stores: temporary folders, and real processes that run TypeScript sources. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";

/** A folder that is made before the tests of a file and removed after them. */
export function temporaryFolder(): () => string {
  let path: string;
  beforeAll(() => {
    path = mkdtempSync(join(tmpdir(), "backstitch-stores-"));
  });
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return () => path;
}

/** Bundles a script of the sources before the tests, so that plain Node can run it. Gives the path of the bundle. */
export function bundledScript(source: URL): () => string {
  let folder: string;
  beforeAll(async () => {
    // Inside the repository, because the bundle must find the packages that are not bundled.
    const cache = fileURLToPath(new URL("../../.cache/", import.meta.url));
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, "stores-"));
    await build({
      entryPoints: [fileURLToPath(source)],
      outfile: join(folder, "script.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => join(folder, "script.mjs");
}

/** A running script: lines come from its standard output. */
export class Script {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<string>;

  constructor(file: string, ...args: readonly string[]) {
    const child = spawn(process.execPath, [file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    this.#process = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? String(code))));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The next line of output; undefined when there is no more. */
  async line(): Promise<string | undefined> {
    const next = await this.#lines.next();
    return next.done ? undefined : next.value;
  }

  /** All further lines. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== undefined; line = await this.line()) lines.push(line);
    return lines;
  }

  /** Lets a script that waits for its standard input go on. */
  go(): void {
    this.#process.stdin?.end();
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.#process.kill(signal);
  }

  /** The exit code, or the signal that ended it. */
  ended(): Promise<string> {
    return this.#ended;
  }
}
