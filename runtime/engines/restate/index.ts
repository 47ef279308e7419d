/** Durable functions on Restate, which keeps runs, timers and events, and sends work to workers by itself. */
import { BackstitchError } from "../../faults.ts";
import { checkInteger, checkKeys, checkName } from "../../options.ts";
import type { Store } from "../../store.ts";
import type { Engine } from "../engine.ts";
import type { ProjectionSettings } from "./projection.ts";
import { RestateEngine } from "./restate-engine.ts";
import { RestateServer } from "./server.ts";

export type { Engine } from "../engine.ts";

/** Where Restate's server is, and where it finds the workers of this process. */
export interface RestateOptions {
  /** Address of the server's ingress, e.g. "http://127.0.0.1:8080". */
  readonly ingress: string;
  /** Address of its admin interface, e.g. "http://127.0.0.1:9070". */
  readonly admin: string;
  /** Sent with each request to both, e.g. `{ authorization: "Bearer …" }`. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Port at which workers listen, 0 to 65,535. Default 9080. Keep it: what a worker had not finished when it was killed is
   * sent to the address that it had.
   */
  readonly port?: number | undefined;
  /** Address of this machine at which they listen. Default "127.0.0.1". */
  readonly host?: string | undefined;
  /**
   * How Restate's server reaches them, e.g. "http://workers.internal:9080", which may be a load balancer in front of many.
   * Default: where they listen.
   */
  readonly url?: string | undefined;
  /** Turns of a run that one invocation journals at most, 1 to 10,000. Default 100. */
  readonly stepsPerInvocation?: number | undefined;
  /**
   * Milliseconds that a step may take before the server believes its worker dead and sends the run elsewhere, 1,000 and up.
   * Default 86,400,000, which is a day.
   */
  readonly longestStepMs?: number | undefined;
  /**
   * A store of its own, in which workers keep what is shown of runs, so that they are found by its indexes: `sqlite({ path })`
   * or `postgres({ url })`. Default: Restate's own tables are scanned.
   */
  readonly projection?: Store | undefined;
  /** Milliseconds between two looks for what the projection lacks, 100 and up. Default 600,000. */
  readonly reconcileMs?: number | undefined;
}

const where = "restate()";
const optionKeys = [
  "ingress",
  "admin",
  "headers",
  "port",
  "host",
  "url",
  "stepsPerInvocation",
  "longestStepMs",
  "projection",
  "reconcileMs",
];

/**
 * Runs functions on Restate in the place of a store. Workers need Node 22 and the package `@restatedev/restate-sdk`.
 *
 * @throws BackstitchError BS2013 when an option is wrong
 * @example
 * ```ts
 * import { Backstitch } from "backstitch";
 * import { restate } from "backstitch/restate";
 *
 * const engine = restate({ ingress: "http://127.0.0.1:8080", admin: "http://127.0.0.1:9070" });
 * const client = new Backstitch({ id: "shop", engine });
 * ```
 */
export function restate(options: RestateOptions): Engine {
  checkKeys(options, optionKeys, where);
  const { headers = {}, port = 9_080, host = "127.0.0.1", url } = options;
  const { stepsPerInvocation = 100, longestStepMs = 86_400_000 } = options;
  checkInteger(port, "port", { least: 0, most: 65_535 }, where);
  checkName(host, "host", where);
  checkInteger(stepsPerInvocation, "stepsPerInvocation", { least: 1, most: 10_000 }, where);
  checkInteger(longestStepMs, "longestStepMs", { least: 1_000, most: 2 ** 40 }, where);
  for (const name of ["ingress", "admin"] as const) checkAddress(options[name], name);
  if (url !== undefined) checkAddress(url, "url");
  const { ingress, admin } = options;
  const server = new RestateServer({ ingress, admin, headers });
  const settings = { host, port, url, stepsPerInvocation, longestStepMs };
  const shown = projectionOf(options);
  return { attach: (parts) => new RestateEngine(parts, server, settings, shown) };
}

function projectionOf({ projection: store, reconcileMs = 600_000 }: RestateOptions): ProjectionSettings | undefined {
  checkInteger(reconcileMs, "reconcileMs", { least: 100, most: 2 ** 31 }, where);
  if (store === undefined) return undefined;
  if (typeof (store as Partial<Store> | null)?.projection?.put !== "function") {
    throw new BackstitchError("BS2013", {
      where: `\`projection\` of ${where} is no store`,
      fix: 'Give what `sqlite({ path: "shown.db" })` of "backstitch/sqlite" or `postgres({ url })` of "backstitch/postgres" gives.',
    });
  }
  let opened: Promise<void> | undefined;
  const open = () => {
    // One that could not be opened is tried again.
    opened ??= store.open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const close = async () => {
    const isOpen = await opened?.then(
      () => true,
      () => false,
    );
    opened = undefined;
    if (isOpen) await store.close();
  };
  return { store, reconcileMs, open, close };
}

function checkAddress(value: unknown, name: string): void {
  checkName(value, name, where);
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return;
  throw new BackstitchError("BS2013", {
    where: `\`${name}\` of ${where} is ${JSON.stringify(value)}`,
    fix: 'Give an address that begins with http, e.g. "http://127.0.0.1:8080".',
  });
}
