/**
 * Instances of classes with private members. Only the constructor of a class can give an object its private names, so
 * it is called once more after a reload, told to do nothing else: `$.bare` stands in front of its code and of the
 * initialisers of its fields.
 */
import { types } from "node:util";
import { NotEncodableError } from "../codec/index.ts";
import { describe, functionName, hasHiddenState, inherits, prototypeOf } from "../codec/kinds.ts";
import { classOfPrototype, instanceProblem, type PrivateFields, privateFieldsOf } from "./classes.ts";
import { hidersOf } from "./hiders.ts";

/** What each class of the chain keeps to itself, outermost first. */
export type PrivateState = readonly object[];

let isBare = false;

/** Constructors are called for the private names of their classes only. */
export function bare(): boolean {
  return isBare;
}

interface Level {
  readonly made: object;
  readonly fields: PrivateFields;
}

/** The classes whose private members an object with this prototype has, outermost first. None when one is closed. */
function levelsOf(prototype: object): Level[] {
  const levels: Level[] = [];
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at)) {
    const made = classOfPrototype(at);
    const fields = made && privateFieldsOf(made, at);
    if (fields === "closed") return [];
    if (made && fields) levels.unshift({ made, fields });
  }
  return levels;
}

/**
 * @param hiders the classes whose private names the object has
 * @throws NotEncodableError when it cannot be made again: it is no instance of them all, or more than an object
 */
export function requireInstance(value: object, hiders: readonly object[]): void {
  const problem = problemOf(value, hiders);
  if (problem !== undefined) throw new NotEncodableError([], problem);
}

/**
 * What instances of a function inherit from is not visited while it is as the function made it.
 *
 * @throws NotEncodableError when it has private names
 */
export function requireOwnPrototype(fn: object, isOfRun: (made: object) => boolean): void {
  const prototype = prototypeOf(fn);
  const foreign = prototype && hidersOf(prototype)?.find(isOfRun);
  if (foreign) throw new NotEncodableError(["prototype"], foreignTo(foreign));
}

function problemOf(value: object, hiders: readonly object[]): string | undefined {
  const foreign = hiders.find((made) => types.isProxy(value) || !inherits(value, prototypeOf(made) as object));
  if (foreign) return foreignTo(foreign);
  const prototype: object = Object.getPrototypeOf(value);
  const levels = levelsOf(prototype);
  const isObject = typeof value !== "function" && !hasHiddenState(value) && classOfPrototype(prototype) !== undefined;
  if (!isObject || !hiders.every((made) => levels.some((level) => level.made === made))) {
    return `${describe(value)} cannot be stored: ${instanceProblem(hiders[0] as object)}`;
  }
  const lacking = levels.find(({ made }) => !hiders.includes(made));
  return lacking && `an object that inherits from ${named(lacking.made)} without its private members cannot be stored`;
}

/** Why an object cannot be stored that has private names of a class from which it does not inherit. */
export function foreignTo(made: object): string {
  return `an object with private members of ${named(made)}, from which it does not inherit, cannot be stored`;
}

function named(made: object): string {
  return `the class ${functionName(made) ?? ""}`.trimEnd();
}

/** @throws TypeError when the object was not made by the classes of its prototypes */
export function privateStateOf(instance: object): PrivateState {
  return levelsOf(Object.getPrototypeOf(instance)).map(({ fields }) => fields.get(instance));
}

/** An object with this prototype and the private names of its classes, and nothing else. */
export function bareInstance(prototype: object): object {
  let instance: object | undefined;
  const before = isBare;
  isBare = true;
  try {
    for (const { made } of levelsOf(prototype)) instance = withNamesOf(made, instance ?? Object.create(prototype));
  } finally {
    isBare = before;
  }
  if (instance === undefined) throw new Error("the class has no private members any more");
  for (const key of Reflect.ownKeys(instance)) Reflect.deleteProperty(instance, key);
  Object.setPrototypeOf(instance, prototype);
  return instance;
}

/** What `super(…)` of a class gives, which then gets the private names. A class without heritage makes its own object. */
function withNamesOf(made: object, instance: object): object {
  const parent: unknown = Object.getPrototypeOf(made);
  const Given = function Given() {
    return instance;
  };
  Object.setPrototypeOf(made, Given);
  try {
    return Reflect.construct(made as new () => object, [], made as new () => object);
  } finally {
    Object.setPrototypeOf(made, parent as object | null);
  }
}

/** Gives a bare instance what its classes kept to themselves, when all values of the run are there. */
export function restorePrivateState(instance: object, state: PrivateState): void {
  for (const [index, { fields }] of levelsOf(Object.getPrototypeOf(instance)).entries()) {
    const values = state[index];
    if (values) fields.set(instance, values);
  }
}
