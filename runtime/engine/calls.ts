/** How compiled functions are called: each call is a frame, and its caller gets the handle. */
import { BackstitchError } from "../faults.ts";
import type { CodeInfo } from "../manifest.ts";
import type { Activation } from "./activation.ts";
import { ambientActivation } from "./ambient.ts";
import type { CallOrigin } from "./call-frame.ts";
import { homeOf } from "./closures.ts";
import type { Frame, FrameOrigin } from "./frame.ts";
import { Handle } from "./handle.ts";
import { nameFunction } from "./natural.ts";
import { type CompiledBody, type CompiledCode, handOver, noteUse, referenceTo, rememberCode } from "./registry.ts";

const asyncFunctions: object = Object.getPrototypeOf(async () => {});

/** A function that can be called as a compiled one is. Its `this` is the callee's. */
type Callable = (this: unknown, ...args: unknown[]) => Handle | Promise<unknown>;

/** The callable of a compiled function that is no closure, or of one that callers know by its code id too. */
export function callableOf(code: CompiledCode, name: string): Callable {
  const { compiled }: { compiled: Callable } = {
    compiled(...args) {
      const activation = ambientActivation();
      if (activation === undefined) throw calledFromOutside(code.info.code);
      const invocation = activation.closures.get(compiled)?.invocation;
      return entered(prepare(activation, code, this, args, invocation && { closure: compiled, invocation }));
    },
  };
  return asWritten(compiled, code.body, name);
}

/** What programs can see of an async function. Like one, a method is no constructor and has no prototype. */
function asWritten(compiled: Callable, body: CompiledBody, name: string): Callable {
  Object.defineProperty(compiled, "length", { value: body.length - 1, configurable: true });
  nameFunction(compiled, name);
  return Object.setPrototypeOf(compiled, asyncFunctions);
}

/** The callable of a durable function that is a closure: known by itself, because its body closes over records. */
export function nested(info: CodeInfo, body: (...args: never[]) => Promise<unknown>, name: string): Callable {
  const code = { info, body: body as unknown as CompiledBody };
  const { compiled }: { compiled: Callable } = {
    compiled(...args) {
      const home = homeOf(compiled);
      if (home === undefined) throw calledFromOutside(info.code);
      const { activation, record } = home;
      const origin = { closure: compiled, invocation: record.invocation };
      if (ambientActivation() !== activation) {
        // Other code for which the run waits might be the caller, too: such a call may be of either kind.
        if (activation.callbacks > 0) return calledByCallback(activation, code, { ...origin, self: this }, args);
        if (!activation.outside) return calledTooLate(activation, name);
      }
      return entered(prepare(activation, code, this, args, origin));
    },
  };
  asWritten(compiled, code.body, name);
  rememberCode(compiled, code);
  return compiled;
}

/** From inside a method: enters its body, which closes over `this`. While the body is fetched it is only handed over. */
export function enterMethod(info: CodeInfo, self: unknown, args: ArrayLike<unknown>, body: CompiledBody): Handle {
  const activation = ambientActivation();
  if (handOver(info.code, body)) return undefined as unknown as Handle;
  if (activation === undefined) throw calledFromOutside(info.code);
  const code = { info, body, outer: activation.code(referenceTo(info))?.outer };
  return entered(activation.newCall(code, kept(args, info), { self }));
}

function prepare(
  activation: Activation,
  code: CompiledCode,
  self: unknown,
  args: readonly unknown[],
  origin: FrameOrigin | undefined,
): Frame {
  if (origin === undefined) noteUse(activation.owner.handler, code);
  // What cannot be seen is not kept: the object of a call need not be one that can be stored.
  const seen = self !== undefined && seesThis(code.body) ? self : undefined;
  return activation.newCall(code, kept(args, code.info), { ...origin, self: seen });
}

function kept(args: ArrayLike<unknown>, info: CodeInfo): readonly unknown[] {
  return Array.prototype.slice.call(args, 0, info.arity);
}

function entered(frame: Frame): Handle {
  frame.enter();
  if (frame.raisedByCall) throw frame.raisedByCall.error;
  return frame.call;
}

/** An arrow function has the `this` of the code around it; most functions do not look at theirs. */
function seesThis(body: CompiledBody): boolean {
  const text = Function.prototype.toString.call(body);
  return /^(async\s+)?function\b/.test(text) && /\b(this|eval)\b/.test(text);
}

function calledByCallback(
  activation: Activation,
  { info, body }: CompiledCode,
  origin: CallOrigin,
  args: readonly unknown[],
): Promise<unknown> {
  return Reflect.apply(body, origin.self, [activation.newDetached(info, args, origin), ...args]);
}

function calledTooLate(activation: Activation, name: string): Handle {
  activation.block("BS2101", {
    where: `the async function ${name || "(anonymous)"} of run ${activation.owner.run} was called by code that is not compiled, while no await of the run was waiting for that code`,
    fix: "Await the code that calls it, or call it from compiled code.",
  });
  return new Handle(`the call of ${name}`, activation);
}

function calledFromOutside(code: string): BackstitchError {
  return new BackstitchError("BS2011", {
    where: `the durable function ${code} was called from code that is not compiled, or inside a step's callback`,
    fix: "Await it directly in a handler or in another durable function.",
  });
}
