/** On what the figures were taken. */
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { root } from "./workspace.mjs";

export function machineFacts() {
  const processors = cpus();
  return {
    cpu: `${processors.length} x ${processors[0]?.model.trim() ?? "unknown"}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    driver: process.getBuiltinModule?.("node:sqlite") ? "node:sqlite" : `libsql ${versionOf("libsql")}`,
    typescript: versionOf("typescript"),
    tsPatch: versionOf("ts-patch"),
  };
}

/** Processes that were ready to run, on average over the last minute. */
export function load() {
  return Number(loadavg()[0].toFixed(2));
}

function versionOf(name) {
  try {
    return JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;
  } catch {
    return "missing";
  }
}
