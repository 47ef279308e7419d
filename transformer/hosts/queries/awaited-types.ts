/** What `await` makes of a type, found out from its `then`: TypeScript 7 cannot be asked for it, nor to make a union. */
import type * as native from "typescript-7/unstable/sync";
import type { TypeQueries, TypeRef } from "../../check/type-queries.ts";
import type { CommonQueries } from "./any-checker.ts";

/** A union that the checker does not have: strings and numbers, from `string | Promise<number>`. */
class AwaitedUnion {
  readonly types: readonly native.Type[];

  constructor(types: readonly native.Type[]) {
    this.types = types;
  }
}

type Awaited = native.Type | AwaitedUnion;

/** Adds `awaited` to the queries, which then know the unions that it makes. */
export function withAwaited(
  queries: CommonQueries,
  checker: native.Checker,
  enums: Pick<typeof native, "TypeFlags" | "SignatureKind">,
): TypeQueries {
  const types = new AwaitedTypes(checker, enums);
  return {
    ...queries,
    textOf: (type) =>
      type instanceof AwaitedUnion
        ? type.types.map((part) => queries.textOf(part as TypeRef)).join(" | ")
        : queries.textOf(type),
    shapeOf: (type) =>
      type instanceof AwaitedUnion ? { kind: "union", types: type.types as readonly TypeRef[] } : queries.shapeOf(type),
    returned: (type) => (type instanceof AwaitedUnion ? undefined : queries.returned(type)),
    isRegistered: (type) => !(type instanceof AwaitedUnion) && queries.isRegistered(type),
    awaited: (type) => types.of(type as Awaited) as TypeRef | undefined,
  };
}

class AwaitedTypes {
  readonly #checker: native.Checker;
  readonly #mayHaveThen: number;
  readonly #call: native.SignatureKind;
  readonly #unions = new Map<string, AwaitedUnion>();
  /** Types that are being looked at. */
  readonly #open = new Set<native.Type>();

  constructor(
    checker: native.Checker,
    { TypeFlags, SignatureKind }: Pick<typeof native, "TypeFlags" | "SignatureKind">,
  ) {
    this.#checker = checker;
    this.#mayHaveThen = TypeFlags.Object | TypeFlags.Intersection | TypeFlags.Instantiable;
    this.#call = SignatureKind.Call;
  }

  /** Undefined for what is never fulfilled, such as a promise of itself. */
  of(type: Awaited): Awaited | undefined {
    if (type instanceof AwaitedUnion) return type;
    if (this.#open.has(type)) return undefined;
    const parts = type.isUnionType() ? type.getTypes() : this.#promised(type);
    if (!parts) return type;
    this.#open.add(type);
    const awaited = parts.flatMap((part) => this.of(part) ?? []);
    this.#open.delete(type);
    return this.#union(awaited, [type, ...awaited]);
  }

  /** `T` of `then(onfulfilled: (value: T) => …)`; undefined when there is no such method. */
  #promised(type: native.Type): readonly native.Type[] | undefined {
    const then = (type.flags & this.#mayHaveThen) !== 0 ? this.#checker.getPropertyOfType(type, "then") : undefined;
    const method = then && this.#checker.getTypeOfSymbol(then);
    const signatures = method ? this.#signatures(method) : [];
    if (signatures.length === 0) return undefined;
    const callbacks = signatures.flatMap((signature) => this.#firstParameter(signature)).flatMap(membersOf);
    return callbacks.flatMap((callback) => this.#signatures(callback)).flatMap((own) => this.#firstParameter(own));
  }

  #signatures(type: native.Type): readonly native.Signature[] {
    return this.#checker.getSignaturesOfType(type, this.#call);
  }

  #firstParameter(signature: native.Signature): native.Type[] {
    const type = signature.parameters.length > 0 ? this.#checker.getParameterType(signature, 0) : undefined;
    return type ? [type] : [];
  }

  /** @param known where the union may exist already */
  #union(parts: readonly Awaited[], known: readonly Awaited[]): Awaited | undefined {
    const members = [...new Set(parts.flatMap(membersOf))];
    const isSame = (own: readonly native.Type[]) =>
      own.length === members.length && own.every((member) => members.includes(member));
    const existing = known.find((type) => isSame(membersOf(type)));
    if (existing || members.length <= 1) return existing ?? members[0];
    const key = members.map(({ id }) => id).join();
    const union = this.#unions.get(key) ?? new AwaitedUnion(members);
    this.#unions.set(key, union);
    return union;
  }
}

function membersOf(type: Awaited): readonly native.Type[] {
  if (type instanceof AwaitedUnion) return type.types;
  return type.isUnionType() ? type.getTypes() : [type];
}
