/** What `step.fetch` gives: a response whose body is at hand, so that it can be stored. */
import { registerClass } from "./codec/index.ts";
import type { FetchedResponse } from "./step-types.ts";

/** What is stored of a response. */
interface Kept {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly type: Response["type"];
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null when there is none, as for status 204. */
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** `Response`, with the members that are not replaced. */
const Base = Response as new (body: null, init: { readonly headers: [string, string][] }) => Pick<Response, "headers">;

/** See `FetchedResponse`, whose members it has. */
class StoredResponse extends Base {
  readonly #kept: Kept;

  static {
    registerClass(StoredResponse, {
      name: "backstitch.Response",
      encode: (response) => response.#now(),
      decode: (kept: Kept) => new StoredResponse(kept),
    });
  }

  constructor(kept: Kept) {
    super(null, { headers: kept.headers.map(([name, value]) => [name, value]) });
    this.#kept = kept;
  }

  get status(): number {
    return this.#kept.status;
  }

  get statusText(): string {
    return this.#kept.statusText;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get url(): string {
    return this.#kept.url;
  }

  get redirected(): boolean {
    return this.#kept.redirected;
  }

  get type(): Response["type"] {
    return this.#kept.type;
  }

  get body(): Response["body"] {
    return this.#unread().body;
  }

  get bodyUsed(): boolean {
    return false;
  }

  clone(): StoredResponse {
    return new StoredResponse(this.#now());
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#unread().arrayBuffer();
  }

  blob(): ReturnType<Response["blob"]> {
    return this.#unread().blob();
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  formData(): ReturnType<Response["formData"]> {
    return this.#unread().formData();
  }

  json(): ReturnType<Response["json"]> {
    return this.#unread().json();
  }

  text(): Promise<string> {
    return this.#unread().text();
  }

  /** For people and logs. */
  toJSON(): object {
    const { status, statusText, url, body } = this.#kept;
    const cookies = this.headers.getSetCookie();
    const headers = { ...Object.fromEntries(this.headers), ...(cookies.length > 0 && { "set-cookie": cookies }) };
    return { status, statusText, url, headers, body: body && Buffer.from(body).toString() };
  }

  #now(): Kept {
    return { ...this.#kept, headers: [...this.headers] };
  }

  #unread(): Response {
    return new Response(this.#kept.body, { headers: this.headers });
  }
}

/** Reads the body of a response that came. */
export async function readResponse(response: Response): Promise<FetchedResponse> {
  if (response instanceof StoredResponse) return response;
  const { status, statusText, url, redirected, type, headers } = response;
  const body = response.body && new Uint8Array(await response.arrayBuffer());
  const kept = { status, statusText, url, redirected, type, headers: [...headers], body };
  return new StoredResponse(kept) as unknown as FetchedResponse;
}
