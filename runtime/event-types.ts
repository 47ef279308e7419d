/** Event types: a name, and a schema of the data, declared once and used to send, to trigger and to wait. */
import { BackstitchError } from "./faults.ts";
import { validate } from "./invalid-event.ts";
import { checkKeys, checkName } from "./options.ts";
import { isSchema, type SchemaInput, type StandardSchemaV1 } from "./standard-schema.ts";
import type { Untyped } from "./types.ts";

/** Fields of an event beside its data. */
export interface EventCreateOptions {
  /** An event whose id was sent before is ignored. Default: a new UUID. */
  readonly id?: string | undefined;
  /** When it happened, in milliseconds since the epoch; its runs do not start before. Default: now. */
  readonly ts?: number | undefined;
}

/** Arguments of `create`: the data are left out where the schema allows it. */
export type EventCreateArgs<Schema> = Schema extends StandardSchemaV1
  ? undefined extends SchemaInput<Schema>
    ? [data?: SchemaInput<Schema>, options?: EventCreateOptions]
    : [data: SchemaInput<Schema>, options?: EventCreateOptions]
  : [data?: Untyped, options?: EventCreateOptions];

/** An event to send, made by an event type. */
export interface CreatedEvent<Name extends string = string, Data = unknown> extends EventCreateOptions {
  readonly name: Name;
  readonly data: Data;
  /** Holds the data to the schema. `send` calls it. @throws InvalidEventError when they do not fit */
  validate(): Promise<void>;
}

const staticVendor = "backstitch";
/** Copies of the package share it. */
const mark = Symbol.for("backstitch.eventType");

/** A name and a schema of the data. Made by `eventType`. */
export class EventType<
  Name extends string = string,
  Schema extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
> {
  readonly name: Name;
  readonly schema: Schema;

  /** @internal Made by `eventType`. */
  constructor(name: Name, schema: Schema) {
    this.name = name;
    this.schema = schema;
    Object.defineProperty(this, mark, { value: true });
    schemaNumber(this);
  }

  /** The event type itself, so that it can stand where a trigger does. */
  get event(): this {
    return this;
  }

  /**
   * An event of this type, for `send`. Nothing is validated yet, because a schema may be async.
   *
   * @example await client.send(orderPlaced.create({ items, placedAt: new Date() }, { id: order.id }));
   */
  create(
    ...[data, options]: EventCreateArgs<Schema>
  ): CreatedEvent<Name, Schema extends StandardSchemaV1 ? SchemaInput<Schema> : Untyped> {
    const { name, schema } = this;
    if (options !== undefined) checkKeys(options, ["id", "ts"], `create() of event type "${name}"`, "BS2006");
    return {
      ...options,
      name,
      data: data as CreatedEvent<Name, Untyped>["data"],
      // Of the object that it is called on, which may be a changed copy.
      async validate() {
        if (schema === undefined) return;
        const result = await validate(name, this.data === undefined ? {} : this.data, schema);
        if ("error" in result) throw result.error;
      },
    };
  }
}

/** An event type of any name and data. */
export type AnyEventType = EventType;

/**
 * Declares an event: given as `event` of a trigger or a wait, its data are typed and held to the schema; `create` makes
 * events to send. Handlers get what the schema gives (converted values and defaults too), senders give what it takes.
 *
 * @param options `schema` is one of any library with Standard Schema (zod, valibot, arktype, …), or `staticSchema<T>()`
 * @throws BackstitchError BS2018 when the name is empty or the schema is none
 * @example
 * const orderPlaced = eventType("order/placed", { schema: z.object({ items: z.array(Item), placedAt: z.date() }) });
 */
export function eventType<Name extends string, Schema extends StandardSchemaV1 | undefined = undefined>(
  name: Name,
  options: { readonly schema?: Schema } = {},
): EventType<Name, Schema> {
  checkName(name, "name", "eventType()", "BS2018");
  const where = `eventType("${name as string}")`;
  checkKeys(options, ["schema"], where, "BS2018");
  const { schema } = options;
  if (schema !== undefined && !isSchema(schema)) {
    throw new BackstitchError("BS2018", {
      where: `\`schema\` of ${where} has no \`~standard\` of version 1`,
      fix: "Give a schema of a library that implements Standard Schema, such as z.object({ … }), or staticSchema<Data>().",
    });
  }
  return new EventType(name, schema as Schema);
}

/**
 * A schema that only the type checker knows: nothing is validated at run time.
 *
 * @example const rowAdded = eventType("app/row.added", { schema: staticSchema<{ rowId: number }>() });
 */
export function staticSchema<Data>(): StandardSchemaV1<Data> {
  const validateNothing = (value: unknown) => ({ value: value as Data });
  return { "~standard": { version: 1, vendor: staticVendor, validate: validateNothing } };
}

/** Copies of the package make event types that are none of this class. */
export function isEventType(value: unknown): value is EventType {
  return typeof value === "object" && value !== null && mark in value;
}

/**
 * Schemas by the names of their events, in the order in which they were declared. They are kept no longer than whoever
 * declared them keeps them.
 */
const declared = new Map<string, WeakRef<StandardSchemaV1>[]>();
/** A program that declares more of one name does so again and again. */
const mostOfName = 100;

/**
 * Tells the schema of an event type from others of its name: the same number in each process that loads the same modules.
 * Undefined when there is nothing to hold an event to.
 */
export function schemaNumber({ name, schema }: Pick<AnyEventType, "name" | "schema">): number | undefined {
  if (schema === undefined || schema["~standard"].vendor === staticVendor) return undefined;
  const ofName = declared.get(name) ?? [];
  const known = ofName.findIndex((each) => each.deref() === schema);
  if (known >= 0) return known;
  if (ofName.length === mostOfName) return undefined;
  declared.set(name, [...ofName, new WeakRef(schema)]);
  return ofName.length;
}

/** Undefined when this process did not declare it. */
export function numberedSchema(name: string, number: number): StandardSchemaV1 | undefined {
  return declared.get(name)?.[number]?.deref();
}
