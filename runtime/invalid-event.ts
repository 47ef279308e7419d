/** Events held to their schemas, when they are sent and when a run receives them. */
import { registerClass } from "./codec/index.ts";
import { BackstitchError } from "./faults.ts";
import type { SchemaIssue, StandardSchemaV1 } from "./standard-schema.ts";

/** One thing that is wrong with an event. */
export interface EventIssue {
  /** Where in the event, e.g. `data.items[0].sku`. */
  readonly path: string;
  readonly message: string;
}

/** So many issues are in the message; `issues` has all of them. */
const mostShown = 5;

/**
 * An event does not fit its schema (BS2016). `client.send()` throws it and stores nothing; a run that was started by such
 * an event, sent by a process without the schema, fails with it at once and keeps the event.
 *
 * @example
 * try { await client.send(orderPlaced.create(body)); }
 * catch (error) { if (error instanceof InvalidEventError) return reply(400, error.issues); }
 */
export class InvalidEventError extends BackstitchError {
  readonly issues: readonly EventIssue[];

  /** @internal */
  constructor(event: string, issues: readonly EventIssue[], cause?: unknown) {
    const shown = issues.slice(0, mostShown).map(({ path, message }) => `at ${path}: ${message.replace(/\.$/, "")}`);
    if (issues.length > mostShown) shown.push(`and ${issues.length - mostShown} more`);
    super("BS2016", {
      where: `event "${event}" ${shown.join("; ")}`,
      fix: "Correct the data, or the schema of the event.",
      ...(cause === undefined ? {} : { cause }),
    });
    this.name = "InvalidEventError";
    this.issues = issues;
  }
}

registerClass(InvalidEventError);

/** What a schema made of an event's data. */
export type Validated = { readonly data: unknown } | { readonly error: InvalidEventError };

/** A schema that throws lets nothing pass: nobody knows whether the event is right. */
export async function validate(event: string, data: unknown, schema: StandardSchemaV1): Promise<Validated> {
  try {
    const result = await schema["~standard"].validate(data);
    if (result.issues === undefined) return { data: result.value };
    return { error: new InvalidEventError(event, result.issues.map(toIssue)) };
  } catch (error) {
    const message = `the schema threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
    return { error: new InvalidEventError(event, [{ path: "data", message }], error) };
  }
}

function toIssue({ path = [], message }: SchemaIssue): EventIssue {
  const keys = path.map((part) => (typeof part === "object" ? part.key : part));
  const steps = keys.map((key) => {
    if (typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key)) return `.${key}`;
    return typeof key === "string" ? `[${JSON.stringify(key)}]` : `[${String(key)}]`;
  });
  return { path: `data${steps.join("")}`, message };
}
