/** `step.fetch`: a request as data that can be stored, and the attempt to make it. */
import { readResponse } from "../fetched-response.ts";
import { checkKeys } from "../options.ts";
import type { FetchedResponse } from "../step-types.ts";
import type { Activation } from "./activation.ts";
import type { Handle } from "./handle.ts";
import { makeOp, refused } from "./make-op.ts";

const what = "step.fetch";
/** What else `fetch` knows of a request, `signal` among it, cannot be stored. */
const fields = [
  "method",
  "redirect",
  "credentials",
  "cache",
  "mode",
  "referrer",
  "referrerPolicy",
  "integrity",
  "keepalive",
] as const;

/** What is stored of a request beside its URL: what differs from `fetch(url)`. */
interface StoredInit extends Partial<Record<(typeof fields)[number], unknown>> {
  readonly headers?: [name: string, value: string][];
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** What is wrong with a request shows where its handle is awaited: it is never tried. */
export function fetchTool(activation: Activation, input: unknown, init: unknown): Handle {
  try {
    const [url, stored] = storedRequest(input, init);
    return makeOp(activation, what, `${what}: ${new URL(url).hostname}`, () => ({
      kind: "fetch",
      input: [url, stored],
    }));
  } catch (error) {
    return refused(activation, what, error instanceof Error ? error.message : String(error));
  }
}

/** One attempt. Any response counts, whatever its status; it fails when none comes, or only a part of one. */
export async function performFetch([url, init]: readonly unknown[], signal: AbortSignal): Promise<FetchedResponse> {
  return readResponse(await fetch(url as string, { ...(init as RequestInit), signal }));
}

/** What a test or a middleware gave in place of the response may be one of any making. */
export async function keptResponse(made: unknown): Promise<unknown> {
  const value = await made;
  return value instanceof Response ? readResponse(value) : value;
}

function storedRequest(input: unknown, init: unknown = {}): readonly [url: string, init: StoredInit] {
  checkKeys(init, [...fields, "headers", "body"], what);
  const { body: given, ...rest } = init as RequestInit;
  const body = storedBody(given);
  const request: Named = new Request(input as string, { ...rest, ...(body !== undefined && { body: given }) });
  if (body === undefined && request.body !== null) {
    throw new TypeError("a Request with a body cannot be stored: give its URL, and the body in `init`");
  }
  const usual: Named = new Request(request.url);
  const changed = fields.filter((field) => request[field] !== usual[field]);
  const headers = [...request.headers];
  const stored: StoredInit = {
    ...Object.fromEntries(changed.map((field) => [field, request[field]])),
    ...(headers.length > 0 && { headers }),
    ...(body !== undefined && { body }),
  };
  return [request.url, stored];
}

/** Types of requests differ in which fields they know. */
type Named = Request & Partial<Record<(typeof fields)[number], unknown>>;

function storedBody(body: unknown): StoredInit["body"] | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body !== "object") return String(body);
  if (body instanceof URLSearchParams) return body.toString();
  if (body instanceof ArrayBuffer) return new Uint8Array(body.slice(0));
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  const kind = body.constructor?.name ?? "object";
  throw new TypeError(
    `\`body\` is a ${kind}, which cannot be stored: give text, bytes or URLSearchParams, or make the request in step.run`,
  );
}
