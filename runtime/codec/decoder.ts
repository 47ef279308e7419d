/**
 * Turns parsed JSON into values, in place where it can: plain objects and arrays are those that JSON.parse made.
 *
 * Definitions are decoded in stages, so that cycles close:
 * 1. every container gets its shell;
 * 2. containers are filled and made values are made, each after what it refers to wherever no cycle forbids it;
 * 3. late values are made in their order, and the places that refer to them are patched.
 *
 * Until it is made, a late value is represented by a symbol of its own, which `isLate` tells from those of the text.
 */
import { SafeMap, SafeSet } from "./collections.ts";
import { DecodeError, messageOf, type PathKey } from "./errors.ts";
import { type CodecExtension, extensionTags, MAX_DEPTH } from "./format.ts";
import { completionOrder, referencesIn } from "./order.ts";
import { isHole, isObject, isUniqueSymbol, planTagged, primitiveOf, undress } from "./readers.ts";

/** How one encoded object comes to life: a container exists before its contents, a made value after its parts. */
export type Plan =
  | { readonly kind: "container"; readonly shell: object; fill(): void }
  | { readonly kind: "made"; make(): unknown };

interface LateValue {
  readonly extension: CodecExtension;
  readonly payload: unknown;
  readonly placeholder: symbol;
  readonly patches: ((value: unknown) => void)[];
  /** Gives the made value the properties that stand around it in the text. */
  readonly finish: ((value: unknown, hasProperties: boolean) => void) | undefined;
}

/** Most characters of a text that a message repeats: a text chooses how long its names are. */
const longestMessage = 300;

export type EncodedObject = Record<string, unknown>;

export class Decoder {
  private readonly raw: readonly unknown[];
  private readonly extensions: readonly CodecExtension[];
  /** By definition; undefined for late values. */
  private readonly plans: (Plan | undefined)[] = [];
  private readonly planned = new SafeSet<number>();
  /** The value, or the placeholder, of each definition that others can refer to by now. */
  private readonly values = new SafeMap<number, unknown>();
  private readonly lates = new SafeMap<number, LateValue>();
  private readonly lateOf = new SafeMap<symbol, LateValue>();
  /** Definitions whose own level is not counted, as in encoding. */
  private readonly isExtension = new SafeSet<number>();
  /** Number of places that were found to wait for a late value. */
  private waitingPlaces = 0;
  private readonly afterLates: (() => void)[] = [];
  private depth = 0;
  private readonly path: PathKey[] = [];

  constructor(definitions: readonly unknown[], extensions: readonly CodecExtension[]) {
    this.raw = definitions;
    this.extensions = extensions;
  }

  decode(root: unknown): unknown {
    const references = this.raw.map((raw, index) =>
      this.inDefinition(index, () => {
        const targets = referencesIn(raw);
        for (const target of targets) this.requireDefinition(target);
        return targets as number[];
      }),
    );
    // Symbols come first: objects that are made while they are planned may hold one.
    for (const [index, raw] of this.raw.entries()) {
      if (!isUniqueSymbol(raw)) continue;
      this.inDefinition(index, () => this.values.set(index, carryOut(this.plan(raw))));
    }
    for (const index of this.raw.keys()) if (!this.values.has(index)) this.planOnce(index);
    const referencesOf = (index: number) => (this.plans[index] === undefined ? [] : (references[index] as number[]));
    const isMade = (index: number) => this.plans[index]?.kind === "made";
    for (const { index, isOwnPart } of completionOrder(this.raw.length, referencesOf, isMade)) {
      if (isOwnPart) this.inDefinition(index, () => this.fail("the definition is one of its own parts"));
      this.completeOne(index);
    }
    let result: unknown;
    this.path.push("value");
    this.put(root, (value) => {
      result = value;
    });
    this.path.pop();
    this.makeLates();
    return result;
  }

  /** Where decoding stands, as a path into the text: `value` or `definitions`, then keys and positions. */
  get place(): string {
    const place = this.path.slice(0, 24).join("/");
    return place.length > longestMessage || this.path.length > 24 ? `${place.slice(0, longestMessage)}…` : place;
  }

  fail(message: string, options?: { readonly cause?: unknown }): never {
    const short = message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
    throw new DecodeError(`The text cannot be decoded at ${this.place}: ${short}`, options);
  }

  /** The value of an encoded one, or the placeholder of a late value. */
  revive(raw: unknown): unknown {
    if (typeof raw !== "object" || raw === null) return raw;
    const keys = Array.isArray(raw) ? undefined : Object.keys(raw);
    const tag = keys && this.tagOf(keys);
    if (tag !== undefined) {
      const payload = (raw as EncodedObject)[tag];
      if (tag === "$ref") return this.referred(payload);
      const primitive = primitiveOf(this, tag, payload);
      if (primitive) return primitive.value;
    }
    if (this.depth === MAX_DEPTH) this.fail(`the value is nested deeper than ${MAX_DEPTH} levels`);
    this.depth++;
    const value = carryOut(this.plan(raw, keys, tag));
    this.depth--;
    return value;
  }

  /** Revives, while definitions are planned, what is made without looking at others: the buffer of a view. */
  reviveEarly(raw: unknown): unknown {
    const target = typeof raw === "object" && raw !== null ? (raw as EncodedObject)["$ref"] : undefined;
    if (target === undefined) return this.revive(raw);
    this.requireDefinition(target);
    if (!this.values.has(target)) {
      this.planOnce(target);
      const plan = this.plans[target];
      if (plan?.kind === "made") this.values.set(target, plan.make());
    }
    return this.referred(target);
  }

  private planOnce(index: number): void {
    if (this.planned.has(index)) return;
    this.planned.add(index);
    this.inDefinition(index, () => this.planDefinition(this.raw[index], index));
  }

  /** Revives what is found under some keys of the text. */
  reviveAt(raw: unknown, ...keys: PathKey[]): unknown {
    this.path.push(...keys);
    const value = this.revive(raw);
    this.path.length -= keys.length;
    return value;
  }

  /** Revives a value and puts it in its place: now, and again when it is a late value that was made. */
  put(raw: unknown, set: (value: unknown) => void): void {
    const value = this.revive(raw);
    set(value);
    this.patchLater(value, set);
  }

  /** As `put`, for what is found under a key of the text. */
  putAt(raw: unknown, key: PathKey, set: (value: unknown) => void): void {
    this.path.push(key);
    this.put(raw, set);
    this.path.pop();
  }

  /** True for what stands in the place of a late value that is not made yet. */
  isLate(value: unknown): boolean {
    return typeof value === "symbol" && this.lateOf.has(value);
  }

  /** If a revived value is a placeholder, calls `patch` once the late value is made. */
  patchLater(value: unknown, patch: (value: unknown) => void): void {
    const late = typeof value === "symbol" ? this.lateOf.get(value) : undefined;
    if (late === undefined) return;
    late.patches.push(patch);
    this.waitingPlaces++;
  }

  /** Revives named values and defines them on a target, as properties that only differ in being enumerable or not. */
  defineAll(target: object, raw: unknown, enumerable: boolean): void {
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) this.fail("an object of properties is expected");
    for (const [key, item] of Object.entries(raw)) {
      this.path.push(key);
      const name = this.propertyName(key);
      this.put(item, (value) => {
        Object.defineProperty(target, name, { value, enumerable, writable: true, configurable: true });
      });
      this.path.pop();
    }
  }

  /** Revives the elements of an array in place. */
  fillElements(array: unknown[]): void {
    for (let i = 0; i < array.length; i++) {
      const raw = array[i];
      if (typeof raw !== "object" || raw === null) continue;
      if (isHole(raw)) {
        delete array[i];
        continue;
      }
      this.path.push(i);
      const value = this.revive(raw);
      this.path.pop();
      if (value !== raw) array[i] = value;
      if (typeof value === "symbol") {
        this.patchLater(value, (made) => {
          array[i] = made;
        });
      }
    }
  }

  /**
   * Revives parts for code that is not ours. That code may copy them, so a late value among them is also patched where
   * `use` left it as a property of the object that it answers.
   */
  withParts(payload: unknown, what: string, use: (parts: unknown) => unknown): object | symbol {
    const before = this.waitingPlaces;
    const parts = this.revive(payload);
    if (this.isLate(parts)) this.fail(`the parts of ${what} cannot be a late value`);
    const holder = this.foreign(what, () => use(parts));
    if (typeof holder === "symbol") return holder;
    if (!isObject(holder)) this.fail(`${what} was made as ${typeof holder}, and an object is expected`);
    if (this.waitingPlaces > before) this.patchProperties(holder);
    return holder;
  }

  /** Runs `fill`, then `finish`: at once, or after the late values when `fill` left a place for one. */
  fillThen(fill: () => void, finish: () => void): void {
    const before = this.waitingPlaces;
    fill();
    if (this.waitingPlaces > before) this.afterLates.push(finish);
    else finish();
  }

  /** Plan of an encoded object or array that is neither a reference nor a primitive. */
  plan(
    raw: object,
    keys: readonly string[] = Object.keys(raw),
    tag = Array.isArray(raw) ? undefined : this.tagOf(keys),
  ): Plan {
    if (Array.isArray(raw)) return { kind: "container", shell: raw, fill: () => this.fillElements(raw) };
    if (tag !== undefined) return planTagged(this, tag, (raw as EncodedObject)[tag]);
    if (!keys.some((key) => key.startsWith("$"))) {
      return { kind: "container", shell: raw, fill: () => this.fillRecord(raw as EncodedObject, keys) };
    }
    const shell = {};
    return { kind: "container", shell, fill: () => this.defineAll(shell, raw, true) };
  }

  /** As `fillElements`, for the properties of a plain object. All are own, so even `__proto__` is assigned as data. */
  private fillRecord(record: EncodedObject, keys: readonly string[]): void {
    for (const key of keys) {
      const raw = record[key];
      if (typeof raw !== "object" || raw === null) continue;
      this.path.push(key);
      const value = this.revive(raw);
      this.path.pop();
      if (value !== raw) record[key] = value;
      if (typeof value === "symbol") {
        this.patchLater(value, (made) => {
          record[key] = made;
        });
      }
    }
  }

  /** The tag of an encoded object; undefined for a plain one, whose keys may be escaped ones. */
  private tagOf(keys: readonly string[]): string | undefined {
    for (const key of keys) {
      if (!key.startsWith("$") || key.startsWith("$$")) continue;
      if (keys.length > 1) this.fail(`an object with the tag ${JSON.stringify(key)} has other keys`);
      return key;
    }
    return undefined;
  }

  private propertyName(key: string): string {
    if (!key.startsWith("$")) return key;
    return key.startsWith("$$") ? key.slice(1) : this.fail("a property name that begins with $ must be escaped as $$");
  }

  private referred(target: unknown): unknown {
    this.requireDefinition(target);
    if (!this.values.has(target)) this.fail(`definition ${target} is one of its own parts`);
    return this.values.get(target);
  }

  private requireDefinition(target: unknown): asserts target is number {
    if (typeof target !== "number" || !Number.isInteger(target) || target < 0 || target >= this.raw.length) {
      this.fail(`there is no definition ${JSON.stringify(target)}`);
    }
  }

  private planDefinition(raw: unknown, index: number): void {
    if (typeof raw !== "object" || raw === null) this.fail("a definition must be an object or an array");
    const { inner, finish } = undress(this, raw);
    const keys = Object.keys(inner);
    const tag = Array.isArray(inner) ? undefined : this.tagOf(keys);
    const extensionTag = tag?.slice(1);
    if (tag === undefined || extensionTag === undefined || !extensionTags.has(extensionTag)) {
      if (tag === "$ref" || (tag && primitiveOf(this, tag, inner[tag]))) this.fail(`a definition cannot be a ${tag}`);
      return this.accept(index, this.plan(raw));
    }
    const extension = this.extensions.find((candidate) => candidate.tag === extensionTag);
    if (extension === undefined) this.fail(`a ${extensionTag} can only be decoded as part of a frame`);
    const payload = inner[tag];
    if (finish && !extension.late) this.fail(`a ${extensionTag} has no properties of its own`);
    this.isExtension.add(index);
    if (extension.late === undefined) return this.accept(index, this.planExtension(extension, payload));
    const placeholder = Symbol(`${extensionTag} ${index}, which is not made yet`);
    const late: LateValue = { extension, payload, placeholder, patches: [], finish };
    this.lates.set(index, late);
    this.lateOf.set(placeholder, late);
    this.plans[index] = undefined;
    this.values.set(index, placeholder);
  }

  private accept(index: number, plan: Plan): void {
    this.plans[index] = plan;
    if (plan.kind === "container") this.values.set(index, plan.shell);
  }

  private planExtension(extension: CodecExtension, payload: unknown): Plan {
    const what = `the ${extension.tag}`;
    const { make } = extension;
    if (make) {
      return { kind: "made", make: () => this.withParts(payload, what, (parts) => make.call(extension, parts)) };
    }
    const shell = this.foreign(what, () => extension.create?.());
    if (shell === undefined) this.fail(`the extension for ${what} has neither create, make nor late`);
    const fill = () => {
      this.withParts(payload, what, (parts) => {
        extension.fill?.(shell, parts);
        return shell;
      });
    };
    return { kind: "container", shell, fill };
  }

  private completeOne(index: number): void {
    const plan = this.plans[index];
    if (plan === undefined) return;
    this.depth = this.isExtension.has(index) ? 0 : 1;
    const value = this.inDefinition(index, () => carryOut(plan));
    this.depth = 0;
    this.values.set(index, value);
  }

  private makeLates(): void {
    const ready = [...this.lates].map(([index, late]) =>
      this.inDefinition(index, () => {
        const what = `the ${late.extension.tag}`;
        const parts = this.revive(late.payload);
        if (this.isLate(parts)) this.fail(`the parts of ${what} cannot be a late value`);
        return { index, late, parts, order: this.foreign(what, () => late.extension.order?.(parts) ?? 0) };
      }),
    );
    ready.sort((a, b) => a.order - b.order || a.index - b.index);
    for (const { index, late, parts } of ready) {
      this.inDefinition(index, () => {
        const value = this.foreign(`the ${late.extension.tag}`, () => late.extension.late?.(parts));
        this.values.set(index, value);
        for (const patch of late.patches) patch(value);
        late.finish?.(value, hasProperties(late.extension, value));
      });
    }
    for (const finish of this.afterLates) finish();
  }

  private patchProperties(holder: object): void {
    for (const key of Reflect.ownKeys(holder)) {
      this.patchLater(Object.getOwnPropertyDescriptor(holder, key)?.value, (value) => {
        Object.defineProperty(holder, key, { value });
      });
    }
  }

  /** Runs code that is not ours; what it throws becomes the cause of a DecodeError. */
  private foreign<T>(what: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      return this.fail(`making ${what} failed: ${messageOf(error)}`, { cause: error });
    }
  }

  /** A failure leaves the path as it is, so that the message can say where it was. */
  private inDefinition<T>(index: number, run: () => T): T {
    this.path.push("definitions", index);
    const result = run();
    this.path.length -= 2;
    return result;
  }
}

function carryOut(plan: Plan): unknown {
  if (plan.kind === "made") return plan.make();
  plan.fill();
  return plan.shell;
}

/** A value of an extension that is more than its parts. */
function hasProperties({ keysOf }: CodecExtension, value: unknown): boolean {
  return typeof value === "function" || (isObject(value) && keysOf?.(value) !== undefined);
}
