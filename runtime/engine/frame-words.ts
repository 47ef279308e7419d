/** The part of `$` that does not depend on where its frame stands. */

import { SafeSet } from "../codec/index.ts";
import { intrinsicName } from "../codec/intrinsics.ts";
import type { CodeInfo } from "../manifest.ts";
import type { Untyped } from "../types.ts";
import type { Activation } from "./activation.ts";
import { nested } from "./calls.ts";
import { isCancellation } from "./causes.ts";
import {
  type FieldMakers,
  fieldFunction,
  innerClass,
  madeWith,
  noteDefinition,
  type PrivateFields,
  type PrivateStatics,
  privateKey,
  privateMethod,
} from "./classes.ts";
import type { Invocation } from "./closures.ts";
import { combine } from "./combinations.ts";
import { type ViewKind, viewOf } from "./cursors.ts";
import { newDeferred } from "./deferred.ts";
import { directEval, refuse } from "./direct-eval.ts";
import { promiseOf } from "./handle.ts";
import { noteHider } from "./hiders.ts";
import { above, newHome, settle } from "./homes.ts";
import { bare, foreignTo } from "./instances.ts";
import { boundCall, rememberedMethod, rememberMethod } from "./methods.ts";
import { nameFunction, nameOfKey } from "./natural.ts";
import { newRecord, type ScopeRecord } from "./scopes.ts";
import { isThenable, observed } from "./thenables.ts";

/** Has no methods at all. */
const nothing: unknown = Object.freeze(Object.create(null));

export abstract class FrameWords {
  /** The label to go to while re-entering; "" while live. */
  abstract pc: string;
  abstract readonly activation: Activation;
  abstract readonly invocation: Invocation;
  #key: PropertyKey = "";

  abstract fn(id: string, ...scopes: ScopeRecord[]): Untyped;

  /** Re-entry met something else than the way to its label. */
  protected abstract strayed(met: string): void;

  /** A scope of a native function: what closures made in it capture. It is stored whole. */
  env(init?: (record: ScopeRecord) => void): ScopeRecord {
    const record = newRecord();
    init?.(record);
    return record;
  }

  /** A class, by the values of its heritage and computed keys. */
  class(id: string, values: Readonly<Record<string, unknown>>, ...scopes: ScopeRecord[]): Untyped {
    const kept = newRecord();
    for (const [name, value] of Object.entries(values)) kept[name] = value;
    const made = this.fn(id, kept, ...scopes);
    kept.made = true;
    return made;
  }

  /** A heritage in front of computed keys, which are not evaluated when it is wrong. */
  base(value: unknown): Untyped {
    if (value === null) return value;
    try {
      Reflect.construct(Object, [], value as never);
    } catch {
      throw new TypeError(`Class extends value ${String(value)} is not a constructor or null`);
    }
    return value;
  }

  /** The first act of a class. After a reload it is the last one: static code has run. */
  made(
    values: ScopeRecord,
    made: object,
    hidden?: string,
    statics?: PrivateStatics,
    instances?: PrivateFields,
    fields?: FieldMakers,
  ): void {
    noteDefinition(values, made, { hidden, statics, instances, fields });
  }

  /** The first field of a class with private members: this object has them. What no frame holds would lose them. */
  hides(values: ScopeRecord, object: object): void {
    const made = madeWith(values);
    noteHider(object, made);
    if (intrinsicName(object) === undefined && this.activation.outer.pathOf(object) === undefined) return;
    this.activation.block("BS2102", {
      where: `${foreignTo(made)}: it is not of run ${this.activation.owner.run}`,
      fix: "Keep what belongs to such an object in a Map, or copy the object.",
    });
  }

  /** Where the function of a private method stands in its class, until `made` takes it. */
  privateKey(name: string): symbol {
    return privateKey(name);
  }

  /** The function of a private method. */
  private(values: ScopeRecord, name: string): Untyped {
    return privateMethod(values, name);
  }

  /** The function of a field that uses its object. */
  field(values: ScopeRecord, id: string, self: object, key: PropertyKey = id): Untyped {
    return bare() ? undefined : fieldFunction(values, { id, self, name: nameOfKey(key) }, ++this.activation.lastMade);
  }

  /** A class in a field, which only the class around it can make. */
  innerClass(around: ScopeRecord, id: string, values: Readonly<Record<string, unknown>>): Untyped {
    return this.class(id, { ...values, around: madeWith(around) });
  }

  /** The entry of such a class in its table. */
  inner(values: ScopeRecord, id: string): Untyped {
    return innerClass(values, id);
  }

  /** In a class with private members: its constructor is called for its private names, and is to do nothing else. */
  get bare(): boolean {
    return bare();
  }

  /** The first act of a `catch` that does not ask for the error: it does not catch cancellation. */
  passOn(error: unknown): void {
    if (isCancellation(error)) throw error;
  }

  /** An assignment to a constant: its value was evaluated, now it throws. */
  constant(_name: string): never {
    throw new TypeError("Assignment to constant variable.");
  }

  /** What stands for a direct `eval`: its texts find `names`, and `self` as their `this`. */
  evaluator(self: unknown, names: object, ...unassigned: string[]): Untyped {
    return directEval(this.activation, self, { names, unassigned });
  }

  /** An assignment by such a text to what the runtime gives a handler. */
  unassignable(name: string): never {
    return refuse(this.activation, name);
  }

  /** The value for a slot whose declaration may not have run. */
  write(record: ScopeRecord, name: string, value: unknown): Untyped {
    if (Object.hasOwn(record, name)) return value;
    throw new ReferenceError(`Cannot access '${name}' before initialization`);
  }

  /**
   * A slot as part of a pattern or as the head of a loop, `[$.checked(v, "x").value] = list`: its assignment throws what
   * the language throws when its declaration has not run by then, or when it is a constant.
   */
  checked(record: ScopeRecord, name: string, kind?: "constant"): { value: unknown } {
    const assign = (value: unknown) => {
      this.write(record, name, value);
      if (kind === "constant") this.constant(name);
      record[name] = value;
    };
    return {
      set value(value: unknown) {
        assign(value);
      },
    };
  }

  /** The accessors of an object literal, whose properties stand in their places already. */
  accessors(
    object: object,
    accessors: Readonly<Record<string, { readonly get?: () => unknown; readonly set?: (value: unknown) => void }>>,
  ): Untyped {
    for (const [name, functions] of Object.entries(accessors)) {
      Object.defineProperty(object, name, { ...functions, enumerable: true, configurable: true });
    }
    return object;
  }

  /** The properties of a literal that stand behind accessors: one half of an accessor leaves the other. */
  extended(object: object, source: object): Untyped {
    for (const key of Reflect.ownKeys(source)) {
      const property = Object.getOwnPropertyDescriptor(source, key) as PropertyDescriptor;
      if ("get" in property && property.get === undefined) delete property.get;
      if ("set" in property && property.set === undefined) delete property.set;
      Object.defineProperty(object, key, property);
    }
    const prototype: unknown = Object.getPrototypeOf(source);
    if (prototype !== Object.prototype) Object.setPrototypeOf(object, prototype as object | null);
    return object;
  }

  /** An accessor under a computed key, behind the properties in front of it. */
  accessor(
    object: object,
    key: unknown,
    functions: { readonly get?: () => unknown; readonly set?: (value: unknown) => void },
  ): Untyped {
    const known = this.key(0, key);
    for (const [kind, fn] of Object.entries(functions)) this.#name(fn, `${kind} ${nameOfKey(known)}`);
    Object.defineProperty(object, known, { ...functions, enumerable: true, configurable: true });
    return object;
  }

  /** `Proxy`, where a proxy is made. */
  get Proxy(): Untyped {
    return this.activation.proxies.maker;
  }

  /** `f.bind`, where it is called. */
  bind(f: unknown): Untyped {
    return this.activation.bound.caller(f);
  }

  /** The tag of a template, or a method that is one: it gets the strings that belong to the place. */
  tag(site: string, ...target: readonly [of: unknown, key?: PropertyKey]): Untyped {
    const [of, key] = target;
    const isMethod = target.length > 1;
    const fn = isMethod ? (of as Record<PropertyKey, unknown>)[key as PropertyKey] : of;
    return (strings: TemplateStringsArray, ...values: unknown[]) => {
      if (typeof fn !== "function") throw new TypeError("the tag of a template is not a function");
      const known = this.activation.templates.strings(this.invocation.code, site, strings);
      return Reflect.apply(fn, isMethod ? of : undefined, [known, ...values]);
    };
  }

  /** In place of the object of a method that uses `super`, until it is there. */
  home(): ScopeRecord {
    return newHome();
  }

  /** An object literal whose methods use `super`. */
  homed(object: object): Untyped {
    settle(object, this.activation.closures);
    return object;
  }

  /** What a method's own object in the table inherits from. */
  above(home: ScopeRecord): object {
    return above(home);
  }

  all(iterable: Iterable<unknown>): Untyped {
    return combine(this.activation, "all", iterable);
  }

  allSettled(iterable: Iterable<unknown>): Untyped {
    return combine(this.activation, "allSettled", iterable);
  }

  any(iterable: Iterable<unknown>): Untyped {
    return combine(this.activation, "any", iterable);
  }

  race(iterable: Iterable<unknown>): Untyped {
    return combine(this.activation, "race", iterable);
  }

  /** `Promise.resolve`: a handle is one already. */
  resolve(value?: unknown): Untyped {
    if (this.activation.owns(value)) return value;
    if (isThenable(value)) return observed(Promise.resolve(value));
    return promiseOf("Promise.resolve", this.activation, { ok: true, value });
  }

  /** `new Promise(executor)`, when nothing but code of the run has what settles it. */
  promise(executor: (...settlers: object[]) => unknown): Untyped {
    return newDeferred(this.activation, executor);
  }

  reject(error?: unknown): Untyped {
    return promiseOf("Promise.reject", this.activation, { ok: false, error });
  }

  /** `object[key]`, fetched before its arguments, which suspend. Re-entering, it is the function that was fetched then. */
  method(temporaries: ScopeRecord, slot: string, object: unknown, key: PropertyKey): Untyped {
    return this.#call(this.#fetched(temporaries, slot, object, key), object, key);
  }

  /** As `method`, for `object.key?.(…)`: undefined when there is no such method. */
  methodIf(temporaries: ScopeRecord, slot: string, object: unknown, key: PropertyKey): Untyped {
    const fn = this.#fetched(temporaries, slot, object, key);
    return fn === undefined || fn === null ? undefined : this.#call(fn, object, key);
  }

  /** The object of a method in `(object?.method)(…)`: one without methods in the place of null and undefined. */
  some(object: unknown): unknown {
    return object ?? nothing;
  }

  /** A computed key, converted once. For null and undefined it stays: the access is to throw what the language throws. */
  key(object: unknown, key: unknown): PropertyKey {
    if (object === null || object === undefined || typeof key === "symbol") return key as PropertyKey;
    return Reflect.ownKeys({ [key as string]: 0 })[0] as PropertyKey;
  }

  /** The computed key of a property whose value is a function or a class: it names what is made next. */
  keyed(key: unknown): PropertyKey {
    this.#key = this.key(0, key);
    return this.#key;
  }

  /** The key that `keyed` was given last. */
  get lastKey(): PropertyKey {
    return this.#key;
  }

  named(fn: object): Untyped {
    this.#name(fn, nameOfKey(this.#key));
    return fn;
  }

  #name(fn: object, name: string): void {
    const record = this.activation.closures.get(fn);
    nameFunction(fn, name);
    if (!record) return;
    record.name = name;
    record.natural &&= { ...record.natural, name };
  }

  /** What `...rest` of an object pattern takes. */
  without(object: unknown, keys: readonly unknown[]): Untyped {
    if (object === null || object === undefined)
      throw new TypeError(`Cannot destructure '${object}' as it is ${object}.`);
    const excluded = new SafeSet(keys.map((key) => this.key(0, key)));
    const rest: object = {};
    const source = Object(object) as Record<PropertyKey, unknown>;
    for (const key of Reflect.ownKeys(source)) {
      if (excluded.has(key) || !Reflect.getOwnPropertyDescriptor(source, key)?.enumerable) continue;
      const value = source[key];
      Object.defineProperty(rest, key, { value, enumerable: true, writable: true, configurable: true });
    }
    return rest;
  }

  /** `object.keys()` and so on as what a loop goes over: storable for collections of the language. */
  entries(object: Untyped, method: ViewKind): Iterable<Untyped> {
    return viewOf(object, method);
  }

  /** The callable of a durable function that is a closure. */
  nested(info: CodeInfo, body: (...args: never[]) => Promise<unknown>, name: string): Untyped {
    return nested(info, body, name);
  }

  #call(fn: unknown, object: unknown, key: PropertyKey): (...args: unknown[]) => unknown {
    return key === "bind" ? (...args) => this.activation.bound.call(fn, object, args) : boundCall(fn, object, key);
  }

  #fetched(temporaries: ScopeRecord, slot: string, object: unknown, key: PropertyKey): unknown {
    if (this.pc === "") return rememberMethod(temporaries, slot, object, key);
    return rememberedMethod(temporaries, slot, object, key);
  }
}
