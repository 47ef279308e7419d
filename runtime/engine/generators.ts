/**
 * Generator functions of compiled code. What the author gets is a generator of the language, which goes over that of the
 * compiled body: so methods, states and errors are the language's. One of a loaded run stands where it stood, and its body
 * is re-entered when somebody asks it.
 */
import { SafeWeakMap } from "../codec/index.ts";
import type { CodeInfo } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import type { Invocation } from "./closures.ts";
import { type Driver, type GeneratorBody, type GeneratorCode, GeneratorFrame, stepOf } from "./generator-frame.ts";
import { type Held, markGenerator } from "./generator-marks.ts";
import { nameFunction } from "./natural.ts";

const codes = new SafeWeakMap<object, GeneratorCode>();

const generatorFunctions: object = Object.getPrototypeOf(function* () {});

/** The function that the author calls. `around` is what its table belongs to. */
export function generatorFunction(
  around: { readonly activation: Activation; readonly invocation: Invocation },
  info: CodeInfo,
  body: (...args: never[]) => Generator,
  name: string,
  binds = false,
): object {
  const { activation, invocation } = around;
  const code = { info, body: body as unknown as GeneratorBody, binds, drive: driver() };
  const { compiled }: { compiled: (this: unknown, ...args: unknown[]) => object } = {
    compiled(...args) {
      const frame = new GeneratorFrame(activation, code, args, { closure: compiled, invocation, self: this });
      frame.bindParameters();
      return makeGenerator(compiled, code, { frame });
    },
  };
  Object.defineProperty(compiled, "length", { value: body.length - 1, configurable: true });
  nameFunction(compiled, name);
  Object.defineProperty(compiled, "prototype", { value: code.drive.prototype, writable: true });
  Object.setPrototypeOf(compiled, generatorFunctions);
  codes.set(compiled, code);
  return compiled;
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
