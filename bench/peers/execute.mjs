/** Runs one workload on one system: a process of its own on an empty store, beside the server that the system needs. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts, RestateNode } from "../dist/restate-node.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const longestMs = 240_000;

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
    const ended = await this.#run([], { module, prepares: true });
    if (ended.status !== 0) throw failure(ended);
  }

  /**
   * @param tracer traces what keeps the store
   * @returns milliseconds, as bench/peers/process.mjs prints them
   * @throws Error whose cause is what the process said
   */
  async execute(system, plan, { resumes = false, tracer } = {}) {
    const { where, pid, stop } = await this.#surround(system);
    let trace;
    try {
      trace = await tracer?.attach(pid);
      const given = { module: system.module, ...where, ...plan };
      if (resumes) {
        const killed = await this.#run([], { ...given, dies: true });
        if (killed.signal !== "SIGKILL" || killed.isLate) throw failure(killed);
      }
      const ended = await this.#run(trace?.command ?? [], { ...given, resumed: resumes });
      if (ended.status !== 0) throw failure(ended);
      // What a system prints comes before.
      return JSON.parse(ended.stdout.slice(ended.stdout.lastIndexOf("{")));
    } finally {
      await trace?.detach();
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
      child.once("error", reject);
      if (child.pid === undefined) return;
      const ended = { stdout: "", stderr: "", isLate: false };
      for (const name of ["stdout", "stderr"]) {
        child[name].setEncoding("utf8").on("data", (text) => {
          ended[name] += text;
        });
      }
      const end = () => endGroup(child.pid);
      const timer = setTimeout(() => {
        ended.isLate = true;
        end();
      }, longestMs);
      process.once("exit", end);
      child.once("exit", end);
      child.once("close", (status, signal) => {
        clearTimeout(timer);
        process.off("exit", end);
        resolve({ ...ended, status, signal });
      });
    });
  }
}

function failure({ isLate, status, signal, stderr }) {
  const message = isLate ? `it took more than ${longestMs / 1_000} seconds` : "it failed";
  return new Error(message, { cause: `${message}: it ended with ${status ?? signal}. ${stderr.slice(-400)}` });
}

function endGroup(leader) {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
