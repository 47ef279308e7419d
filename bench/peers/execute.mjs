/** Runs one workload on one system: a process of its own on an empty store, beside the server that the system needs. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts, RestateNode } from "../dist/restate-node.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const longestMs = 120_000;

/** @param postgres the server that all measurements share, each with a database of its own */
export class Executor {
  #node;
  #folder;
  #postgres;

  constructor({ node, folder, postgres }) {
    this.#node = node;
    this.#folder = folder;
    this.#postgres = postgres;
  }

  /** What an adapter does before all measurements. */
  async prepare({ module }) {
    const { status, stderr } = await this.#run([], { module, prepares: true });
    if (status !== 0) throw new Error(`it could not be prepared: ${stderr.slice(-400)}`);
  }

  /** @returns milliseconds, as bench/peers/process.mjs prints them */
  async execute(system, plan, { resumes = false, tracer } = {}) {
    const { where, pid, stop } = await this.#surround(system);
    try {
      const trace = await tracer?.attach(pid);
      const given = { module: system.module, ...where, ...plan };
      if (resumes) {
        const { signal, stderr } = await this.#run([], { ...given, dies: true });
        if (signal !== "SIGKILL") throw new Error(`the process did not die in its last step: ${stderr.slice(-400)}`);
      }
      const { stdout, stderr, status } = await this.#run(trace?.command ?? [], { ...given, resumed: resumes });
      await trace?.detach();
      if (status !== 0) throw new Error(stderr.slice(-400) || `it took more than ${longestMs / 1_000} seconds`);
      // What a system prints comes before.
      return JSON.parse(stdout.slice(stdout.lastIndexOf("{")));
    } finally {
      await stop();
    }
  }

  async #surround({ server }) {
    const file = join(this.#folder, crypto.randomUUID());
    if (server === "postgres") {
      return { where: { database: await this.#postgres.newDatabase() }, pid: this.#postgres.pid, stop() {} };
    }
    if (server !== "restate") return { where: { file }, stop() {} };
    const [node] = await RestateNode.cluster(1, this.#folder);
    await node.start();
    const [port] = await freePorts(1);
    return {
      where: { restate: { ingress: node.ingress, admin: node.admin, port } },
      pid: node.pid,
      stop: () => node.close(),
    };
  }

  /** Resolves when a process is gone, with all that it started: it leads a group of its own. */
  #run(prefix, given) {
    const [command, ...args] = [...prefix, this.#node, join(here, "process.mjs"), JSON.stringify(given)];
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"], detached: true });
      const texts = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"]) {
        child[name].setEncoding("utf8").on("data", (text) => {
          texts[name] += text;
        });
      }
      const end = () => endGroup(child.pid);
      const timer = setTimeout(end, longestMs);
      process.once("exit", end);
      child.once("error", reject);
      child.once("exit", end);
      child.once("close", (status, signal) => {
        clearTimeout(timer);
        process.off("exit", end);
        resolve({ ...texts, status, signal });
      });
    });
  }
}

function endGroup(leader) {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
