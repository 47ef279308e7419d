/**
 * Classes that compiled code declares. A class is a closure: it is made again by the table of its invocation, from the
 * values of its heritage and computed keys. Its first static block tells what its definition consists of, before any
 * static code of the author runs, so that what the author adds can be told from it.
 *
 *   v.C = $.class("C", { base: v.A }, v);
 *   C: (c, v) => class C extends c.base { static { $.made(c, this); } static count = start(); … }
 *
 * After a reload that block throws: the class is complete by then, and its static code must not run again.
 */
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import { prototypeOf } from "../codec/kinds.ts";
import { hidersOf } from "./hiders.ts";
import { addedKeys, type Natural, nameFunction, naturalOf } from "./natural.ts";
import type { ScopeRecord } from "./scopes.ts";

/** Own properties by key. */
type Properties = ReadonlyMap<PropertyKey, PropertyDescriptor>;

interface Definition {
  readonly own: Properties;
  readonly ofPrototype: Properties;
  /** Private methods that may be values, by their names. */
  readonly privates: Properties;
  /** What the class inherits from, and what its instances inherit from beyond its prototype. */
  readonly parents: readonly [unknown, unknown];
  readonly prototype: object;
  /** The private members of its instances, as text; undefined when they have none. */
  readonly hidden: string | undefined;
  readonly statics: PrivateStatics | undefined;
  /** How its instances are made again without its constructor; undefined when they cannot be, or have nothing private. */
  readonly instances: PrivateFields | undefined;
  readonly fields: FieldMakers | undefined;
}

/** What a class tells of itself. */
type Told = Pick<Definition, "hidden" | "statics" | "instances" | "fields">;

/** Makes the functions of fields that use their objects, the `this` of each, and the classes in fields, of their values. */
export type FieldMakers = Readonly<Record<string, (this: object | undefined, values?: ScopeRecord) => object>>;

/** The private static fields of a class, which only code inside of it can reach. */
export interface PrivateStatics {
  get(): object;
  set(values: object): void;
}

/** The private fields of the instances of a class. */
export interface PrivateFields {
  get(instance: object): object;
  set(instance: object, values: object): void;
}

/** A function or the prototype of a class, as a path from it: all of its properties, or one half of one. */
interface Member {
  readonly natural: Natural | undefined;
  readonly owner: object;
  readonly side: "static" | "prototype" | "private" | "field";
  /** `prototype` is that of a generator method, from which its generators inherit. */
  readonly kind?: "value" | "get" | "set" | "prototype";
  readonly key?: string | symbol;
  /** Of the function of a field; with its number among what the run made. */
  readonly field?: FieldFunction;
  readonly order?: number;
}

interface FieldFunction {
  readonly id: string;
  readonly self: object;
  readonly name: string;
}

/** Order, class, side; of a function also its kind and key. The prototype itself has the side only. */
export type MemberImage =
  | readonly [number, object, string, string?, PropertyKey?]
  | readonly [number, object, FieldFunction];

const definitions = new SafeWeakMap<object, Definition>();
const members = new SafeWeakMap<object, Member>();
/** The prototypes with which generator methods were made. */
const generatorPrototypes = new SafeWeakMap<object, object>();
/** The keys of private methods by their names. */
const privateKeys = new SafeMap<string, symbol>();
/** Classes by the values that they are made with. */
const madeOf = new SafeWeakMap<ScopeRecord, object>();

/** Ends the evaluation of a class that is made again. */
class MadeAgain {
  readonly made: object;

  constructor(made: object) {
    this.made = made;
  }
}

/** The first static block of a class. `hidden` names the private members that its instances have. */
export function noteDefinition(values: ScopeRecord, made: object, told: Partial<Told> = {}): void {
  const prototype = Object.getOwnPropertyDescriptor(made, "prototype")?.value as object;
  const privates = takePrivates(made, prototype);
  const own = propertiesOf(made);
  const ofPrototype = propertiesOf(prototype);
  const parents = [Object.getPrototypeOf(made), Object.getPrototypeOf(prototype)] as const;
  const { hidden, statics, instances, fields } = told;
  definitions.set(made, { own, ofPrototype, privates, parents, prototype, hidden, statics, instances, fields });
  madeOf.set(values, made);
  members.set(prototype, { owner: made, side: "prototype", natural: undefined });
  noteMembers(made, "static", own);
  noteMembers(made, "prototype", ofPrototype);
  noteMembers(made, "private", privates);
  if (values.made) throw new MadeAgain(made);
}

function noteMembers(owner: object, side: Member["side"], properties: Properties): void {
  for (const [key, property] of properties) {
    for (const kind of ["value", "get", "set"] as const) {
      const fn: unknown = property[kind];
      if (typeof fn !== "function" || fn === owner) continue;
      members.set(fn, { owner, side, kind, key: key as string | symbol, natural: naturalOf(fn as () => unknown) });
      const prototype = kind === "value" ? prototypeOf(fn) : undefined;
      if (prototype === undefined) continue;
      const natural: Natural = { name: "", length: 0, parent: Object.getPrototypeOf(prototype) };
      members.set(prototype, { owner, side, kind: "prototype", key: key as string | symbol, natural });
      generatorPrototypes.set(fn, prototype);
    }
  }
}

/** A key that no author has: before their code sees a class, there is nothing under it any more. */
export function privateKey(name: string): symbol {
  const key = privateKeys.get(name) ?? Symbol(name);
  privateKeys.set(name, key);
  return key;
}

export function privateMethod(values: ScopeRecord, name: string): unknown {
  return definitions.get(madeWith(values))?.privates.get(name)?.value;
}

/** Takes the functions of private methods out of a class and its prototype, and gives them their names. */
function takePrivates(...owners: readonly object[]): Properties {
  const found = new SafeMap<PropertyKey, PropertyDescriptor>();
  for (const owner of owners) {
    for (const key of Object.getOwnPropertySymbols(owner)) {
      const name = key.description ?? "";
      if (privateKeys.get(name) !== key) continue;
      const property = Object.getOwnPropertyDescriptor(owner, key) as PropertyDescriptor;
      nameFunction(property.value as () => unknown, name);
      found.set(name, property);
      Reflect.deleteProperty(owner, key);
    }
  }
  return found;
}

/** The function of a field that uses its object. */
export function fieldFunction(values: ScopeRecord, field: FieldFunction, order: number): object {
  return makeField(madeWith(values), field, order);
}

/** The class that was made with these values. */
export function madeWith(values: ScopeRecord): object {
  return madeOf.get(values) as object;
}

/** The class in a field, made by the class around it. */
export function innerClass(values: ScopeRecord, id: string): object {
  return Reflect.apply(makerOf(values.around as object, id), undefined, [values]);
}

function makerOf(owner: object, id: string): FieldMakers[string] {
  const maker = definitions.get(owner)?.fields?.[id];
  if (maker === undefined) throw new Error(`the class has no field ${id} any more`);
  return maker;
}

function makeField(owner: object, field: FieldFunction, order: number): object {
  const fn = Reflect.apply(makerOf(owner, field.id), field.self, []) as () => unknown;
  if (fn.name === "") nameFunction(fn, field.name);
  members.set(fn, { owner, side: "field", kind: "value", field, order, natural: naturalOf(fn) });
  return fn;
}

function propertiesOf(object: object): Properties {
  const found = new SafeMap<PropertyKey, PropertyDescriptor>();
  for (const key of Reflect.ownKeys(object)) {
    found.set(key, Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor);
  }
  return found;
}

/** What an entry of a table makes. A class that is made again ends its own evaluation. */
export function madeBy(make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    if (error instanceof MadeAgain) return error.made;
    throw error;
  }
}

export function isDefined(value: object): boolean {
  return definitions.has(value);
}

/** The class that a function or prototype belongs to. */
export function ownerOf(value: object): object | undefined {
  return members.get(value)?.owner;
}

/** Why instances of a class cannot be made again; undefined when they can. */
export function instanceProblem(owner: object): string | undefined {
  const hidden = definitions.get(owner)?.hidden;
  return hidden && `its class has private members (${hidden}), which only its constructor can make`;
}

/**
 * The private fields of a class, for objects that inherit from `prototype`; undefined when nothing of them is private,
 * "closed" when they have private members that cannot be made again.
 */
export function privateFieldsOf(made: object, prototype: object): PrivateFields | "closed" | undefined {
  const definition = definitions.get(made);
  if (definition?.prototype !== prototype || definition.hidden === undefined) return undefined;
  // A constructor that is called for private names only is given another parent meanwhile.
  return Object.isExtensible(made) ? (definition.instances ?? "closed") : "closed";
}

/** The class whose prototype this is. */
export function classOfPrototype(prototype: object): object | undefined {
  const member = members.get(prototype);
  return member?.kind === undefined ? member?.owner : undefined;
}

/** What a class, its prototype or a method of it inherits from when the class is made again. */
export function parentOf(value: object): unknown {
  const own = definitions.get(value);
  if (own) return own.parents[0];
  const member = members.get(value);
  return member?.natural ? member.natural.parent : member && definitions.get(member.owner)?.parents[1];
}

/**
 * The properties of a class, of its prototype or of a method, that are not as its definition made them; those that are gone
 * are stored with the class.
 *
 * @throws NotEncodableError when a method has lost its name or length: it would come back
 */
export function changedKeys(value: object): (string | symbol)[] {
  const { natural, kind } = members.get(value) ?? {};
  if (kind === "prototype") return Reflect.ownKeys(value);
  if (natural) return addedKeys(value, natural);
  const before = definitions.get(value)?.own ?? (definitions.get(ownerOf(value) as object) as Definition).ofPrototype;
  return Reflect.ownKeys(value).filter((key) => {
    const known = before.get(key);
    return known === undefined || !isSame(known, Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor);
  });
}

/** The keys of what was deleted from an object that had these properties. */
function goneKeys(object: object, before: Properties): PropertyKey[] {
  return [...before.keys()].filter((key) => !Object.hasOwn(object, key));
}

/**
 * Puts beside the values of a class what is stored with it: its private static fields, the keys of members that were
 * deleted, and its prototype and methods when they were changed, because perhaps nothing else refers to them.
 */
export function keepState(made: object, [values]: readonly ScopeRecord[]): void {
  const definition = definitions.get(made);
  if (definition === undefined || values === undefined) return;
  const { prototype, statics, own, ofPrototype, privates } = definition;
  const gone = [goneKeys(made, own), goneKeys(prototype, ofPrototype)];
  if (gone.some((keys) => keys.length > 0)) values.gone = gone;
  else delete values.gone;
  if (statics) values.statics = statics.get();
  if (isChanged(prototype)) values.prototype = prototype;
  else delete values.prototype;
  const methods = [own, ofPrototype, privates].flatMap(functionsIn).filter(isChanged);
  if (methods.length > 0) values.methods = methods;
  else delete values.methods;
}

/** A prototype or method that is not as its class made it. */
function isChanged(member: object): boolean {
  return (
    members.has(member) &&
    (!Object.isExtensible(member) ||
      hidersOf(member) !== undefined ||
      prototypeOf(member) !== generatorPrototypes.get(member) ||
      Object.getPrototypeOf(member) !== parentOf(member) ||
      changedKeys(member).length > 0)
  );
}

function functionsIn(properties: Properties): object[] {
  return [...properties.values()].flatMap(({ value, get, set }) => {
    const functions = [value, get, set].filter((fn): fn is object => typeof fn === "function");
    return functions.flatMap((fn) => [fn, generatorPrototypes.get(fn) ?? []].flat());
  });
}

/** Puts the private static fields of a class back and deletes what was gone, when all values of the run are there. */
export function restoreState(made: object, [values]: readonly ScopeRecord[]): void {
  const definition = definitions.get(made);
  if (definition === undefined || values === undefined) return;
  if (values.statics) definition.statics?.set(values.statics);
  const [own, ofPrototype] = (values.gone ?? [[], []]) as readonly PropertyKey[][];
  for (const key of own ?? []) Reflect.deleteProperty(made, key);
  for (const key of ofPrototype ?? []) Reflect.deleteProperty(definition.prototype, key);
}

function isSame(a: PropertyDescriptor, b: PropertyDescriptor): boolean {
  return (
    Object.is(a.value, b.value) &&
    a.get === b.get &&
    a.set === b.set &&
    a.writable === b.writable &&
    a.enumerable === b.enumerable &&
    a.configurable === b.configurable
  );
}

/** `order` is that of the class, behind which its members are found. */
export function memberImage(value: object, order: number): MemberImage {
  const { owner, side, kind, key, field, order: own } = members.get(value) as Member;
  if (field && own !== undefined) return [own, owner, field];
  return kind === undefined || key === undefined ? [order + 0.5, owner, side] : [order + 0.5, owner, side, kind, key];
}

function propertiesAt(definition: Definition, side: string): Properties | undefined {
  if (side === "static") return definition.own;
  if (side === "private") return definition.privates;
  return side === "prototype" ? definition.ofPrototype : undefined;
}

/** Undefined when the class has no such member. */
export function memberOfImage([order, owner, side, kind, key]: MemberImage): object | undefined {
  const definition = definitions.get(Object(owner));
  if (typeof side === "object") return makeField(owner, side, order);
  if (definition === undefined) return undefined;
  if (kind === undefined) return side === "prototype" ? definition.prototype : undefined;
  const property = propertiesAt(definition, side)?.get(key as PropertyKey);
  if (kind === "prototype") return generatorPrototypes.get(Object(property?.value));
  if (kind !== "value" && kind !== "get" && kind !== "set") return undefined;
  const found: unknown = property?.[kind];
  return typeof found === "function" ? found : undefined;
}
