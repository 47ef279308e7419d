/** `EventSchemas` of Inngest v3: the events of a client, declared by types or by schemas. */
import { isSchema, type SchemaOutput, type StandardSchemaV1 } from "../standard-schema.ts";
import type { EventMap, Untyped } from "../types.ts";
import type { RunEvents } from "./run-events.ts";

/** The later declaration of an event replaces the earlier one. */
type Joined<Earlier, Later> = {
  [Name in keyof Earlier | keyof Later]: Name extends keyof Later
    ? Later[Name]
    : Name extends keyof Earlier
      ? Earlier[Name]
      : never;
};

type OfUnion<Each extends { name: string }> = {
  [One in Each as One["name"]]: One extends { data: infer Data } ? { data: Data } : { data?: undefined };
};

/** A schema of the data, or an object that holds it as `data`. */
type Declared = StandardSchemaV1 | { readonly data?: StandardSchemaV1 };

type OfSchemas<Given> = { -readonly [Name in keyof Given]: OfSchema<Given[Name]> };

type OfSchema<Given> = Given extends StandardSchemaV1
  ? { data: SchemaOutput<Given> }
  : Given extends { readonly data: infer Schema extends StandardSchemaV1 }
    ? { data: SchemaOutput<Schema> }
    : { data?: undefined };

/** `z.object({ name: z.literal("app/name"), data: z.object({ … }) })` */
type Literal = StandardSchemaV1<Untyped, { name: string }> & { readonly shape: Untyped };

type OfZod<Given> = Given extends readonly Literal[] ? OfUnion<SchemaOutput<Given[number]>> : OfSchemas<Given>;

/**
 * Declares the events of a client. What is declared by types exists for the type checker only. What is declared by schemas
 * is held to them too, when it is sent and when it is received.
 *
 * @example
 * new EventSchemas().fromRecord<{ "app/user.created": { data: { id: string } } }>()
 * @example
 * new EventSchemas().fromZod({ "app/user.created": { data: z.object({ id: z.string() }) } })
 */
export class EventSchemas<Events = RunEvents> {
  /** For the type checker only. */
  declare readonly events?: Events;
  /** @internal By the name of their event. */
  readonly schemas: ReadonlyMap<string, StandardSchemaV1>;

  constructor(schemas: ReadonlyMap<string, StandardSchemaV1> = new Map()) {
    this.schemas = schemas;
  }

  /** By a type: event names with what they hold. */
  fromRecord<Record extends EventMap<Record>>(): EventSchemas<Joined<Events, Record>> {
    return new EventSchemas<Joined<Events, Record>>(this.schemas);
  }

  /** By a union of the types of the events. */
  fromUnion<Each extends { name: string; data?: unknown }>(): EventSchemas<Joined<Events, OfUnion<Each>>> {
    return new EventSchemas<Joined<Events, OfUnion<Each>>>(this.schemas);
  }

  /** By schemas of zod: by event name, or a list of objects with a literal `name`. */
  fromZod<const Given extends { readonly [name: string]: Declared } | readonly Literal[]>(
    given: Given,
  ): EventSchemas<Joined<Events, OfZod<Given>>> {
    const named = Array.isArray(given) ? (given as readonly Literal[]).map(ofLiteral) : Object.entries(given);
    return this.#with(named);
  }

  /** By schemas of any library with Standard Schema, by event name. */
  fromSchema<const Given extends { readonly [name: string]: Declared }>(
    given: Given,
  ): EventSchemas<Joined<Events, OfSchemas<Given>>> {
    return this.#with(Object.entries(given));
  }

  #with<More>(named: readonly (readonly [string, Declared])[]): EventSchemas<More> {
    const schemas = new Map(this.schemas);
    for (const [name, given] of named) {
      const schema = isSchema(given) ? given : given.data;
      if (schema !== undefined) schemas.set(name, schema);
    }
    return new EventSchemas<More>(schemas);
  }
}

function ofLiteral({ shape }: Literal): readonly [string, Declared] {
  return [shape.name.value, { data: shape.data }];
}
