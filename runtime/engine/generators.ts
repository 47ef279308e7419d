/**
 * Generator functions of compiled code. What the author gets is a generator of the language, which goes over that of the
 * compiled body, or is that one itself when it is async: so methods, states and errors are the language's. One of a loaded run stands where it stood, and its body
 * is re-entered when somebody asks it.
 */
import { types } from "node:util";
import { SafeWeakMap } from "../codec/index.ts";
import type { CodeInfo } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import { AsyncGeneratorFrame } from "./async-generator-frame.ts";
import type { CallOrigin } from "./call-frame.ts";
import type { Invocation } from "./closures.ts";
import type { GeneratorFrame } from "./generator-frame.ts";
import { type Held, markGenerator } from "./generator-marks.ts";
import { asyncStepOf, type Method, nativeMethods, stepOf } from "./generator-steps.ts";
import { nameFunction } from "./natural.ts";
import { SyncGeneratorFrame } from "./sync-generator-frame.ts";

/** The compiled form of a generator function. */
type GeneratorBody = (this: unknown, frame: GeneratorFrame, ...args: unknown[]) => Generator | AsyncGenerator;

/** A generator function of one call of the function around it. */
export interface GeneratorCode {
  readonly info: CodeInfo;
  readonly body: GeneratorBody;
  /** The body binds its parameters by itself, up to a first `yield` of ours. */
  readonly binds: boolean;
  readonly isAsync: boolean;
  /** Makes the author's generators, which inherit from its `prototype`. */
  readonly drive: Driver;
}

interface Driver {
  (held: Held): Generator | AsyncGenerator;
  prototype: unknown;
}

const codes = new SafeWeakMap<object, GeneratorCode>();

const generatorFunctions: object = Object.getPrototypeOf(function* () {});
const asyncGeneratorFunctions: object = Object.getPrototypeOf(async function* () {});

/** What the generators of compiled bodies inherit from: whatever becomes of the language's, these go on. */
const innerPrototype = {
  __proto__: null,
  ...nativeMethods,
  [Symbol.iterator](): unknown {
    return this;
  },
};

/** What a table belongs to. */
interface Around {
  readonly activation: Activation;
  readonly invocation: Invocation;
}

/** Binds the parameters of an async one at the call. */
export type ParameterBinder = (this: unknown, frame: AsyncGeneratorFrame, ...args: unknown[]) => void;

/** The function that the author calls. */
export function generatorFunction(
  around: Around,
  info: CodeInfo,
  body: (...args: never[]) => Generator | AsyncGenerator,
  name: string,
  binds = false,
  bind?: ParameterBinder,
): object {
  const { activation, invocation } = around;
  if (!types.isGeneratorFunction(body)) return rewrittenFunction(around, info, body, name);
  const isAsync = Object.getPrototypeOf(body) === asyncGeneratorFunctions;
  const drive = isAsync ? asyncDriver() : driver();
  const code = { info, body: body as unknown as GeneratorBody, binds, isAsync, drive };
  if (!isAsync) (body as { prototype?: unknown }).prototype = innerPrototype;
  const { compiled }: { compiled: (this: unknown, ...args: unknown[]) => object } = {
    compiled(...args) {
      const frame = frameOf(activation, code, args, { closure: compiled, invocation, self: this });
      // Behind another one, an async generator would answer a job later: the author gets that of the body, unless the frame
      // has to know what it is asked.
      const own = frame instanceof AsyncGeneratorFrame && !info.completions ? frame : undefined;
      // As the engine does, it is made in front of the defaults of parameters.
      const generator = makeGenerator(compiled, code, { frame }, own);
      if (frame instanceof SyncGeneratorFrame) frame.bindParameters();
      else if (bind) Reflect.apply(bind, this, [frame, ...args]);
      return generator;
    },
  };
  Object.defineProperty(compiled, "length", { value: (bind ?? body).length - 1, configurable: true });
  nameFunction(compiled, name);
  Object.defineProperty(compiled, "prototype", { value: code.drive.prototype, writable: true });
  Object.setPrototypeOf(compiled, isAsync ? asyncGeneratorFunctions : generatorFunctions);
  codes.set(compiled, code);
  return compiled;
}

/**
 * An async generator function that was rewritten behind us for an older language. What it makes is no generator of the
 * language, and cannot be stored.
 */
function rewrittenFunction({ activation, invocation }: Around, info: CodeInfo, body: object, name: string): object {
  const code = { info, body: body as GeneratorBody, binds: false, isAsync: true, drive: asyncDriver() };
  const { compiled }: { compiled: (this: unknown, ...args: unknown[]) => object } = {
    compiled(...args) {
      const frame = new AsyncGeneratorFrame(activation, code, args, { closure: compiled, invocation, self: this });
      return frame.own();
    },
  };
  Object.defineProperty(compiled, "length", { value: code.body.length - 1, configurable: true });
  nameFunction(compiled, name);
  return compiled;
}

/** The compiled form of a method, and no other member of its name that came behind it. */
function isCompiled(method: unknown): boolean {
  if (typeof method !== "function") return false;
  return types.isGeneratorFunction(method) || /\.holds\(/.test(Function.prototype.toString.call(method));
}

/** A generator method of a class: its key, what is known of its code, and as of any generator function. */
export type GeneratorMethod = readonly [key: PropertyKey, info: CodeInfo, binds?: boolean, side?: "static"];

/** Puts the functions that the author calls in the places of the compiled bodies; before anybody can see these. */
export function replaceMethods(around: Around, made: object, methods: readonly GeneratorMethod[]): void {
  // Of several with one key the last is there.
  for (const [key, info, binds, side] of methods.toReversed()) {
    const owner = side === "static" ? made : ((made as { prototype: unknown }).prototype as object);
    const property = Object.getOwnPropertyDescriptor(owner, key) as PropertyDescriptor;
    if (!isCompiled(property.value)) continue;
    const body = property.value as (...args: never[]) => Generator | AsyncGenerator;
    Object.defineProperty(owner, key, { ...property, value: generatorFunction(around, info, body, body.name, binds) });
  }
}

export function generatorCodeOf(fn: object): GeneratorCode | undefined {
  return codes.get(fn);
}

/** A generator that `restore` gives its arguments and its place, when these are decoded. */
export interface GeneratorShell {
  readonly generator: object;
  restore(args: readonly unknown[], self: unknown, place: (frame: GeneratorFrame) => void): GeneratorFrame;
}

/**
 * Of async ones the author gets that of the body again when it can be called before its arguments are known. `origin` has the
 * `this` when that is known.
 */
export function loadedGenerator(activation: Activation, code: GeneratorCode, origin: CallOrigin): GeneratorShell {
  const fn = origin.closure as object;
  const held: Held = { frame: undefined };
  const early = bindsLater(code, "self" in origin) ? new AsyncGeneratorFrame(activation, code, [], origin) : undefined;
  const generator = makeGenerator(fn, code, held, early);
  const restore: GeneratorShell["restore"] = (args, self, place) => {
    const frame = early ?? frameOf(activation, code, args, { ...origin, self });
    if (early) early.takes(args);
    held.frame = frame;
    place(frame);
    standAgain(generator, frame);
    return frame;
  };
  return { generator, restore };
}

/** The body takes its arguments from its frame. */
function bindsLater({ body, info, isAsync }: GeneratorCode, knowsThis: boolean): boolean {
  if (!isAsync || info.completions) return false;
  const text = Function.prototype.toString.call(body);
  return (knowsThis || !usesThis(text)) && (info.parameters === undefined || /\.isLoaded\b/.test(text));
}

/** Whether it may be seen what the `this` of a call is. */
export function usesThis(text: string): boolean {
  return /\b(?:this|super|eval)\b/.test(text);
}

function frameOf(
  activation: Activation,
  code: GeneratorCode,
  args: readonly unknown[],
  origin: CallOrigin,
): SyncGeneratorFrame | AsyncGeneratorFrame {
  const Kind = code.isAsync ? AsyncGeneratorFrame : SyncGeneratorFrame;
  return new Kind(activation, code, args, origin);
}

/**
 * Has a generator that never ran stand in front of its code, so that its frame knows whether it was ended there. Answers what an
 * async one answers when it stands there.
 */
export function hold(generator: object, frame: GeneratorFrame): Promise<unknown> | undefined {
  if (frame.isStarted || frame.isEnded) return undefined;
  frame.isHeld = true;
  const asked = ask(generator, frame, "next");
  if (!frame.isStarted) frame.ended();
  frame.isHeld = false;
  return asked;
}

/** Has a loaded generator stand where its frame stands. The run is not entered before an async one does. */
function standAgain(generator: object, frame: GeneratorFrame): void {
  const isInFront = frame.label === "" && !frame.isEnded;
  const asked = isInFront ? hold(generator, frame) : ask(generator, frame, frame.isEnded ? "return" : "next");
  if (asked === undefined) return;
  const { activation } = frame;
  activation.started();
  const stands = () => {
    if (frame instanceof AsyncGeneratorFrame && frame.isLoaded) frame.stands();
    activation.stopped();
  };
  void asked.then(stands, stands);
}

/** Of an async one, the answer. */
function ask(generator: object, { code }: GeneratorFrame, method: Method): Promise<unknown> | undefined {
  if (code.isAsync) return asyncStepOf(generator as AsyncGenerator, method);
  stepOf(generator as Generator, method);
  return undefined;
}

/** It inherits from what the function has as `prototype` when it is called. `own`: the frame of one that is that of its body. */
function makeGenerator(fn: object, { drive, body }: GeneratorCode, held: Held, own?: AsyncGeneratorFrame): object {
  const { prototype } = fn as { prototype: unknown };
  const maker = (own ? body : drive) as { prototype?: unknown };
  if (maker.prototype !== prototype) maker.prototype = prototype;
  const generator = own ? own.own() : drive(held);
  markGenerator(generator, held);
  return generator;
}

function driver(): Driver {
  const drive = function* (held: Held): Generator<unknown, unknown> {
    const frame = held.frame as SyncGeneratorFrame;
    frame.isStarted = true;
    try {
      if (frame.isHeld) yield;
      return yield* frame.steps();
    } finally {
      frame.ended();
    }
  };
  return drive as Driver;
}

function asyncDriver(): Driver {
  const drive = async function* (held: Held): AsyncGenerator<unknown, unknown> {
    const frame = held.frame as AsyncGeneratorFrame;
    frame.isStarted = true;
    try {
      if (frame.isHeld) yield;
      return yield* frame.steps();
    } finally {
      frame.ended();
    }
  };
  return drive as Driver;
}
