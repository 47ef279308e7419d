/** Waits for events of a type: only an event that fits the schema meets them, and they are given what the schema makes of it. */
import { encode } from "./codec/index.ts";
import type { Logger } from "./engine/contract.ts";
import { numberedSchema, schemaNumber } from "./event-types.ts";
import { unstorableData } from "./events.ts";
import { validate } from "./invalid-event.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";
import type { BackstitchEvent } from "./types.ts";

/** What the filter of a wait says. */
export interface WaitFilter {
  readonly schema: StandardSchemaV1 | undefined;
  /** Text in CEL, or what `cancelOn` puts in its place. */
  readonly condition: string | undefined;
}

/**
 * The filter of a wait, which stores keep as a text: the schema by its number.
 *
 * @param schema of the event type that the wait was given
 * @param condition text in CEL, or what `cancelOn` puts in its place
 */
export function filterText(
  name: string,
  schema: StandardSchemaV1 | undefined,
  condition: string | undefined,
): string | undefined {
  const number = schemaNumber({ name, schema });
  return number === undefined ? condition : `@schema ${number} ${condition ?? ""}`;
}

/** A schema that this process did not declare holds nothing. */
export function waitFilter(name: string, text: string | undefined): WaitFilter {
  const [, number, condition] = /^@schema (\d+) (.*)$/s.exec(text ?? "") ?? [];
  if (number === undefined) return { schema: undefined, condition: text };
  return { schema: numberedSchema(name, Number(number)), condition: condition || undefined };
}

/** An event as waits of one schema are given it. */
export interface HeldEvent {
  readonly event: BackstitchEvent;
  readonly text: string;
}

/** What is wrong with an event is logged once, whoever waits for it, and kept with it; the waits go on. */
export class HeldEvents {
  readonly #event: BackstitchEvent;
  readonly #logger: Logger;
  readonly #held = new Map<StandardSchemaV1 | undefined, Promise<HeldEvent | undefined>>();
  #problem: Error | undefined;

  constructor(event: BackstitchEvent, logger: Logger) {
    this.#event = event;
    this.#logger = logger;
  }

  /** What is wrong with it, by one of the schemas that were asked. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /** Undefined when the event does not fit. */
  by(schema: StandardSchemaV1 | undefined): Promise<HeldEvent | undefined> {
    const held = this.#held.get(schema) ?? this.#hold(schema);
    this.#held.set(schema, held);
    return held;
  }

  async #hold(schema: StandardSchemaV1 | undefined): Promise<HeldEvent | undefined> {
    const { name, data } = this.#event;
    const validated = schema ? await validate(name, data, schema) : { data };
    if ("error" in validated) return this.#tell(validated.error);
    const event = { ...this.#event, data: validated.data };
    try {
      return { event, text: encode(event) };
    } catch (error) {
      return this.#tell(unstorableData(`the data that the schema gives for event "${name}"`, error));
    }
  }

  #tell(error: Error): undefined {
    const { id, name } = this.#event;
    const told = `backstitch: event ${id} ("${name}") does not fit the event type of those who wait for it: they wait on`;
    if (this.#problem === undefined) this.#logger.error({ err: error }, told);
    this.#problem ??= error;
  }
}
