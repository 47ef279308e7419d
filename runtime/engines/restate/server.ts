/** Restate's server over HTTP: calls through its ingress, queries and deployments through its admin interface. */
import { BackstitchError } from "../../faults.ts";

/** Where the server is. */
export interface ServerAddress {
  readonly ingress: string;
  readonly admin: string;
  /** Sent with each request, e.g. `{ authorization: "Bearer …" }`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What is called: a service or an object of it. */
export interface Target {
  /** As Restate knows it. */
  readonly service: string;
  readonly key?: string;
  readonly handler: string;
}

/** Longest text of an answer that an error shows. */
const shownLength = 500;

export class RestateServer {
  readonly #address: ServerAddress;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  /** Hands a message over; resolves when the server has stored it. */
  async send(target: Target, message: unknown): Promise<void> {
    await this.#post(this.#address.ingress, `${pathOf(target)}/send`, message);
  }

  /** Waits for the answer. */
  async call<Answer>(target: Target, message: unknown): Promise<Answer> {
    const text = await this.#post(this.#address.ingress, pathOf(target), message);
    return (text === "" ? null : JSON.parse(text)) as Answer;
  }

  /** Rows of Restate's own tables. */
  async query<Row>(sql: string): Promise<Row[]> {
    const text = await this.#post(this.#address.admin, "query", { query: sql });
    return (JSON.parse(text) as { readonly rows: Row[] }).rows;
  }

  /** Makes the services known that are served at this address; those that were there before go on there. */
  async register(uri: string): Promise<void> {
    await this.#post(this.#address.admin, "deployments", { uri, force: true });
  }

  /** Whether the server answers at all. */
  async check(): Promise<void> {
    await this.query("SELECT 1 AS one");
  }

  async #post(base: string, path: string, body: unknown): Promise<string> {
    const url = `${base.replace(/\/+$/, "")}/${path}`;
    const headers = { "content-type": "application/json", accept: "application/json", ...this.#address.headers };
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body ?? null) });
      text = await response.text();
    } catch (cause) {
      throw unreachable(`${url} does not answer: ${reasonOf(cause)}`, cause);
    }
    if (response.ok) return text;
    throw unreachable(`${url} answers ${response.status}: ${text.slice(0, shownLength)}`, undefined);
  }
}

/** A text in a query. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function pathOf({ service, key, handler }: Target): string {
  return [service, ...(key === undefined ? [] : [key]), handler].map(encodeURIComponent).join("/");
}

function reasonOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  return cause instanceof Error ? cause.message : String(error);
}

function unreachable(where: string, cause: unknown): BackstitchError {
  return new BackstitchError("BS2131", {
    where,
    fix: "Check that Restate's server runs, that `ingress` and `admin` of restate() are its addresses, and that a worker of this app was started once.",
    ...(cause !== undefined && { cause }),
  });
}
