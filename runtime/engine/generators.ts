/**
 * Generator functions of compiled code. What the author gets is a generator of the language, which goes over that of the
 * compiled body: so methods, states and errors are the language's. One of a loaded run stands where it stood, and its body
 * is re-entered when somebody asks it.
 */
import { types } from "node:util";
import { SafeWeakMap } from "../codec/index.ts";
import type { CodeInfo } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import type { Invocation } from "./closures.ts";
import {
  type Driver,
  type GeneratorBody,
  type GeneratorCode,
  GeneratorFrame,
  innerPrototype,
} from "./generator-frame.ts";
import { type Held, markGenerator } from "./generator-marks.ts";
import { stepOf } from "./generator-steps.ts";
import { nameFunction } from "./natural.ts";

const codes = new SafeWeakMap<object, GeneratorCode>();

const generatorFunctions: object = Object.getPrototypeOf(function* () {});

/** What a table belongs to. */
interface Around {
  readonly activation: Activation;
  readonly invocation: Invocation;
}

/** The function that the author calls. */
export function generatorFunction(
  around: Around,
  info: CodeInfo,
  body: (...args: never[]) => Generator,
  name: string,
  binds = false,
): object {
  const { activation, invocation } = around;
  const code = { info, body: body as unknown as GeneratorBody, binds, drive: driver() };
  (body as { prototype?: unknown }).prototype = innerPrototype;
  const { compiled }: { compiled: (this: unknown, ...args: unknown[]) => object } = {
    compiled(...args) {
      const frame = new GeneratorFrame(activation, code, args, { closure: compiled, invocation, self: this });
      // As the engine does, it is made in front of the defaults of parameters.
      const generator = makeGenerator(compiled, code, { frame });
      frame.bindParameters();
      return generator;
    },
  };
  Object.defineProperty(compiled, "length", { value: body.length - 1, configurable: true });
  nameFunction(compiled, name);
  Object.defineProperty(compiled, "prototype", { value: code.drive.prototype, writable: true });
  Object.setPrototypeOf(compiled, generatorFunctions);
  codes.set(compiled, code);
  return compiled;
}

/** A generator method of a class: its key, what is known of its code, and as of any generator function. */
export type GeneratorMethod = readonly [key: PropertyKey, info: CodeInfo, binds?: boolean, side?: "static"];

/** Puts the functions that the author calls in the places of the compiled bodies; before anybody can see these. */
export function replaceMethods(around: Around, made: object, methods: readonly GeneratorMethod[]): void {
  // Of several with one key the last is there.
  for (const [key, info, binds, side] of methods.toReversed()) {
    const owner = side === "static" ? made : ((made as { prototype: unknown }).prototype as object);
    const property = Object.getOwnPropertyDescriptor(owner, key) as PropertyDescriptor;
    // Another member of the same name came behind it.
    if (!types.isGeneratorFunction(property.value)) continue;
    const body = property.value as (...args: never[]) => Generator;
    Object.defineProperty(owner, key, { ...property, value: generatorFunction(around, info, body, body.name, binds) });
  }
}

export function generatorCodeOf(fn: object): GeneratorCode | undefined {
  return codes.get(fn);
}

/** A generator that belongs to no frame yet. */
export function loadedGenerator(fn: object, code: GeneratorCode): { generator: Generator; held: Held } {
  const held: Held = { frame: undefined };
  return { generator: makeGenerator(fn, code, held), held };
}

/** Has a generator that never ran stand in front of its code, so that its frame knows whether it was ended there. */
export function hold(generator: Generator, frame: GeneratorFrame): void {
  if (frame.isStarted || frame.isEnded) return;
  frame.isHeld = true;
  if (stepOf(generator, "next").done) frame.ended();
  frame.isHeld = false;
}

/** Has a loaded generator stand where its frame stands. */
export function standAgain(generator: Generator, frame: GeneratorFrame): void {
  if (frame.isEnded) stepOf(generator, "return");
  else if (frame.label === "") hold(generator, frame);
  else stepOf(generator, "next");
}

/** It inherits from what the function has as `prototype` when it is called. */
function makeGenerator(fn: object, { drive }: GeneratorCode, held: Held): Generator {
  const { prototype } = fn as { prototype: unknown };
  if (drive.prototype !== prototype) drive.prototype = prototype;
  const generator = drive(held);
  markGenerator(generator, held);
  return generator;
}

function driver(): Driver {
  const drive = function* (held: Held): Generator<unknown, unknown> {
    const frame = held.frame as GeneratorFrame;
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
