/** A worker of this engine: serves the functions of a client to Restate, and tells its server where. */
import {
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import type { Request } from "@restatedev/restate-sdk";
import { BackstitchError } from "../../faults.ts";
import { checkKeys, checkName } from "../../options.ts";
import { newWorkerIdentity } from "../../stores/worker-identity.ts";
import { checkedStop, type StopOptions, type Worker, type WorkerOptions, workerOptionKeys } from "../../worker.ts";
import type { EngineParts } from "../engine.ts";
import type { HostParts } from "./host-parts.ts";
import type { BegunMessage } from "./messages.ts";
import { type ServiceKind, serviceName } from "./names.ts";
import type { Projection } from "./projection.ts";
import { loadSdk } from "./sdk.ts";
import type { RestateServer } from "./server.ts";
import { servicesOf } from "./services.ts";
import { retriesOf } from "./start-message.ts";
import type { Tables } from "./tables.ts";

/** Where a worker listens, and how long a step may take. */
export interface HostSettings {
  readonly host: string;
  readonly port: number;
  /** As the server reaches it; undefined is where it listens. */
  readonly url: string | undefined;
  readonly stepsPerInvocation: number;
  readonly longestStepMs: number;
}

/** What is shown of runs, and where it comes from. */
export interface ShownRuns {
  readonly projection: Projection;
  readonly tables: Tables;
}

/** Services that others call and wait for. They call nobody. */
const leaves = ["mailbox", "signal", "pool", "history", "move", "attempts"] as const;

/** Services whose invocations execute code of the author, and can kill their worker by that. */
const executing = ["run", "task"] as const;

/** Header of a request of the server: how often it has tried it again since something was stored. */
const retriesHeader = "x-backstitch-retries";

export class RestateWorker implements Worker {
  readonly id = newWorkerIdentity();
  readonly #parts: EngineParts;
  readonly #recorded: HostParts["recorded"];
  readonly #server: RestateServer;
  readonly #settings: HostSettings;
  readonly #title: string;
  readonly #functions: WorkerOptions["functions"];
  readonly #shown: ShownRuns | undefined;
  /** Aborts when it stops. */
  readonly #stops = new AbortController();
  #keepingUp: Promise<void> | undefined;
  readonly #sessions = new Set<ServerHttp2Session>();
  /** Invocations under way. */
  #running = 0;
  #stopping = false;
  #listening: Promise<Http2Server> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(
    parts: EngineParts,
    recorded: HostParts["recorded"],
    server: RestateServer,
    settings: HostSettings,
    options: WorkerOptions,
    shown: ShownRuns | undefined,
  ) {
    checkKeys(options, workerOptionKeys, "client.worker()");
    if (options.name !== undefined) checkName(options.name, "name", "client.worker()");
    this.#parts = parts;
    this.#recorded = recorded;
    this.#server = server;
    this.#settings = settings;
    this.#functions = options.functions;
    this.#shown = shown;
    this.#title = options.name === undefined ? "worker" : `worker "${options.name}"`;
  }

  async start(): Promise<void> {
    if (this.#listening !== undefined || this.#stopped !== undefined) {
      throw new BackstitchError("BS2014", {
        where: `${this.#title} was started or stopped before`,
        fix: "Make another one with client.worker().",
      });
    }
    this.#checkFunctions();
    this.#listening = this.#begin();
    try {
      await this.#listening;
    } catch (error) {
      this.#listening = undefined;
      throw error;
    }
  }

  async stop(options: StopOptions = {}): Promise<void> {
    const timeoutMs = checkedStop(options);
    this.#stopped ??= this.#end(timeoutMs);
    await this.#stopped;
  }

  #checkFunctions(): void {
    const all = this.#parts.functions();
    const own = this.#functions ?? all;
    if (own.length > 0 && own.every((fn) => fn?.id !== undefined) && all.every((fn) => own.includes(fn))) return;
    throw new BackstitchError("BS2014", {
      where: `${this.#title} of client "${this.#parts.app}" has no functions, or not all of the client's`,
      fix: "Import the modules that call createFunction() before worker.start(), and leave `functions` out: Restate sends any run of an app to any of its workers.",
    });
  }

  async #begin(): Promise<Http2Server> {
    const sdk = await loadSdk();
    const byId = new Map(this.#parts.functions().map((fn) => [fn.id, fn]));
    const host: HostParts = {
      ...this.#parts,
      race: sdk.RestatePromise.race,
      recorded: this.#recorded,
      project: this.#shown && ((run) => this.#shown?.projection.note(run)),
      functionOf: (id) => byId.get(id),
      lostBefore: (request, place) => this.#lostBefore(request, place),
      stopping: () => this.#stopping,
      stepsPerInvocation: this.#settings.stepsPerInvocation,
    };
    const services = servicesOf(sdk, host, this.#settings.longestStepMs);
    const endpoint = sdk.endpoint();
    for (const service of services) endpoint.bind(service);
    endpoint.setLogger(({ level, context }, ...message) => {
      // What it warns of outside of any invocation is about how it is set up.
      const isTold = level === "error" || (level === "warn" && context !== undefined);
      if (isTold) this.#parts.logger[level](`backstitch: Restate's SDK:`, ...message);
    });
    const server = await this.#listen(endpoint.http2Handler());
    try {
      await this.#server.register(this.#settings.url ?? addressOf(server));
      for (const { id, triggers } of this.#parts.functions()) {
        if (!triggers.some(({ schedule }) => schedule)) continue;
        await this.#server.call({ service: serviceName(this.#parts.app, "cron"), key: id, handler: "look" }, {});
      }
    } catch (error) {
      this.#close(server);
      throw error;
    }
    this.#keepingUp = this.#shown?.projection.keepUp(this.#shown.tables, this.#stops.signal);
    return server;
  }

  #listen(serve: (request: Http2ServerRequest, response: Http2ServerResponse) => void): Promise<Http2Server> {
    const server = createServer((request, response) => {
      // The server tries it again, at another worker or at the next one. What invocations under way wait for is still served.
      if (this.#stopping && !this.#isOf(leaves, request)) return void response.writeHead(503).end();
      this.#running++;
      response.once("close", () => this.#running--);
      if (!this.#isOf(executing, request)) return serve(request, response);
      void retriesOf(request).then((retries) => {
        request.headers[retriesHeader] = String(retries);
        serve(request, response);
      });
    });
    server.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      // A connection that breaks is the server's to make anew.
      session.on("error", () => {});
    });
    const { host, port } = this.#settings;
    return new Promise((resolve, reject) => {
      server.once("error", (cause) => {
        const fix = "Give restate() a free `port`, and a `host` of this machine.";
        reject(new BackstitchError("BS2014", { where: `${this.#title} cannot listen at ${host}:${port}`, fix, cause }));
      });
      server.listen(port, host, () => resolve(server));
    });
  }

  #isOf(kinds: readonly ServiceKind[], { url }: Http2ServerRequest): boolean {
    return kinds.some((kind) => url.includes(`/${serviceName(this.#parts.app, kind)}/`));
  }

  /** An invocation that was not tried before has killed nobody, and nobody is asked. */
  async #lostBefore({ id, attemptHeaders }: Request, place: number): Promise<number> {
    if (Number(attemptHeaders.get(retriesHeader) ?? 0) === 0) return 0;
    const to = { service: serviceName(this.#parts.app, "attempts"), key: id, handler: "begin" };
    const message: BegunMessage = { place, worker: this.id };
    // The attempt before those that were counted was the first one.
    return 1 + (await this.#server.call<number>(to, message));
  }

  async #end(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    const server = await this.#listening?.catch(() => undefined);
    if (server === undefined) return;
    const deadline = Date.now() + timeoutMs;
    while (this.#running > 0 && Date.now() < deadline) await pause(5);
    if (this.#running > 0) {
      this.#parts.logger.warn(`backstitch: ${this.#title} stops with ${this.#running} runs unfinished; aborting them`);
    }
    this.#close(server);
    this.#stops.abort();
    await this.#keepingUp;
  }

  /** Streams that are left are broken off: what they did not journal is done again. */
  #close(server: Http2Server): void {
    server.close();
    for (const session of this.#sessions) session.destroy();
  }
}

function addressOf(server: Http2Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("the server does not listen on a port");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
