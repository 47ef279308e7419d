/** Whether values of a type can be stored, as far as the type tells; the runtime has the last word. */
import type { ObjectShape, Property, Shape, TypeQueries, TypeRef } from "./type-queries.ts";

/**
 * Why a value cannot be stored. A function, a promise and a generator can when compiled code made them, which no type tells.
 * `open` is a type that says nothing.
 */
export type Reason = "class" | "live" | "weak" | "iterator" | "symbol" | "function" | "promise" | "open";

export interface Finding {
  readonly reason: Reason;
  /** From the value to what cannot be stored: "", ".client.socket", "[]". */
  readonly path: string;
  /** What stands there. */
  readonly type: TypeRef;
  readonly shape: Shape;
}

const containers = new Set(["Map", "Set", "ReadonlyMap", "ReadonlySet"]);
/** Types of the language and of Node that the codec knows. */
const storable = new Set(
  `Date RegExp RegExpMatchArray RegExpExecArray TemplateStringsArray URL Error EvalError
  RangeError ReferenceError SyntaxError TypeError URIError AggregateError SuppressedError ArrayBuffer DataView Int8Array
  Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array Float32Array Float64Array
  BigInt64Array BigUint64Array Buffer NonSharedBuffer String Number Boolean BigInt`.split(/\s+/),
);
/** Types of the language that say little about the value. */
const openTypes = new Set([
  "Object",
  "Disposable",
  "AsyncDisposable",
  "Iterable",
  "ArrayLike",
  "ThisType",
  "NodeJS.Dict",
]);
const weak = new Set(["WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry", "WeakKey"]);
const iterators = /^(?:Async)?(?:Generator|Iterator|IterableIterator|IteratorObject)$|Iterator$/;
const generators = /^(?:Async)?(?:Generator|Iterator|IterableIterator|IteratorObject)$/;
const functions = new Set(["Function", "CallableFunction", "NewableFunction"]);
const promises = new Set(["Promise", "PromiseLike"]);
/** Types of this package whose values the runtime makes again, or knows how to store. */
const ownTypes = ["Step", "Context", "Handle", "Logger", "RunLogger", "Backstitch", "Inngest", "FetchedResponse"];

/** Deeper than any data that somebody wrote down; types that go on for ever end here. */
const mostDepth = 8;

/** Findings by type: a big type occurs many times in a program. */
export type Known = Map<TypeRef, Finding | null>;

/** The worst of what a type holds: what can never be stored, else what depends on the value, else what says nothing. */
export function findUnstorable(queries: TypeQueries, type: TypeRef, known: Known): Finding | undefined {
  return new Search(queries, known).find(type, 0);
}

class Search {
  readonly #queries: TypeQueries;
  readonly #known: Known;
  /** Types that are being looked at. */
  readonly #open = new Set<TypeRef>();
  /** Something was left out because it was open, or too deep: what held nothing may hold something after all. */
  #isCut = false;

  constructor(queries: TypeQueries, known: Known) {
    this.#queries = queries;
    this.#known = known;
  }

  find(type: TypeRef, depth: number): Finding | undefined {
    const known = this.#known.get(type);
    if (known !== undefined) return known ?? undefined;
    if (depth > mostDepth || this.#open.has(type)) {
      this.#isCut = true;
      return undefined;
    }
    this.#open.add(type);
    const finding = this.#findIn(type, this.#queries.shapeOf(type), depth + 1);
    this.#open.delete(type);
    if (finding || !this.#isCut || this.#open.size === 0) this.#known.set(type, finding ?? null);
    return finding;
  }

  #findIn(type: TypeRef, shape: Shape, depth: number): Finding | undefined {
    const at = (reason: Reason): Finding => ({ reason, path: "", type, shape });
    switch (shape.kind) {
      case "primitive":
        return undefined;
      case "any":
      case "unknown":
        return at("open");
      case "symbol":
      case "function":
        return at(shape.kind);
      case "union":
        return this.#inUnion(type, shape.types, depth);
      case "intersection":
        return this.#inIntersection(shape.types, depth);
      case "array":
        return within("[]", worst(shape.elements.map((element) => this.find(element, depth))));
      case "object":
        return this.#inObject(type, shape, depth);
    }
  }

  /** A key, `string | number | symbol`, is hardly ever a symbol. */
  #inUnion(type: TypeRef, types: readonly TypeRef[], depth: number): Finding | undefined {
    const isSymbol = (part: TypeRef) => this.#queries.shapeOf(part).kind === "symbol";
    if (!types.some(isSymbol) || !types.some((part) => /^(?:string|number)$/.test(this.#queries.textOf(part)))) {
      return worst(types.map((part) => this.find(part, depth)));
    }
    const rest = types.filter((part) => !isSymbol(part)).map((part) => this.find(part, depth));
    return worst([...rest, { reason: "open", path: "", type, shape: this.#queries.shapeOf(type) }]);
  }

  /** `string & { brand: … }` is a string. */
  #inIntersection(types: readonly TypeRef[], depth: number): Finding | undefined {
    if (types.some((part) => this.#queries.shapeOf(part).kind === "primitive")) return undefined;
    return worst(types.map((part) => this.find(part, depth)));
  }

  #inObject(type: TypeRef, shape: ObjectShape, depth: number): Finding | undefined {
    const at = (reason: Reason): Finding => ({ reason, path: "", type, shape });
    const { name = "", home } = shape;
    if (home === "backstitch" && ownTypes.includes(name)) return undefined;
    if (home === "language") {
      if (containers.has(name)) return this.#inArguments(shape, depth);
      if (storable.has(name) || shape.bases.includes("Error")) return undefined;
      if (openTypes.has(name)) return at("open");
      if (functions.has(name)) return at("function");
      if (weak.has(name)) return at("weak");
      if (promises.has(name)) return at("promise");
      if (iterators.test(name)) return at("iterator");
      if (shape.isClass || shape.properties.some(({ isMethod }) => isMethod)) return at("live");
    }
    if (shape.isMarked || (shape.isClass && this.#queries.isRegistered(type))) return undefined;
    // An error of an unknown class is stored as an Error of that name.
    if (shape.isClass) return shape.bases.includes("Error") ? undefined : at("class");
    if (shape.properties.length === 0 && shape.indexed.length === 0) return name === "" ? at("open") : undefined;
    return this.#inProperties(shape, depth);
  }

  #inArguments({ typeArguments }: ObjectShape, depth: number): Finding | undefined {
    return within("[]", worst(typeArguments.map((argument) => this.find(argument, depth))));
  }

  #inProperties({ properties, indexed }: ObjectShape, depth: number): Finding | undefined {
    const inIndexed = indexed.map((element) => within("[]", this.find(element, depth)));
    return worst([...properties.map((property) => this.#inProperty(property, depth)), ...inIndexed]);
  }

  #inProperty(property: Property, depth: number): Finding | undefined {
    const type = property.type();
    return type && within(`.${property.name}`, this.find(type, depth));
  }
}

/** A generator, or an iterator of the language. */
export function isIteratorType(shape: Shape): boolean {
  return shape.kind === "object" && shape.home === "language" && iterators.test(shape.name ?? "");
}

/** What a generator is called whose function the type does not tell: it may be one of compiled code. */
export function isGeneratorType(shape: Shape): boolean {
  return isIteratorType(shape) && generators.test((shape as ObjectShape).name ?? "");
}

function within(path: string, finding: Finding | undefined): Finding | undefined {
  return finding && { ...finding, path: path + finding.path };
}

function worst(findings: readonly (Finding | undefined)[]): Finding | undefined {
  let result: Finding | undefined;
  for (const finding of findings) if (finding && rank(finding) > (result ? rank(result) : -1)) result = finding;
  return result;
}

const rank = ({ reason }: Finding) => (reason === "open" ? 0 : reason === "function" || reason === "promise" ? 1 : 2);
