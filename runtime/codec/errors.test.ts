/** Errors are what a durable run lives by: class, own properties, stack and cause must survive. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode, encode, handledBy, NotEncodableError, noteHandled } from "./index.ts";
import { PaymentError } from "./testing/extensions.ts";
import { difference } from "./testing/same-graph.ts";

function again<T>(value: T): T {
  const text = encode(value);
  const back = decode(text) as T;
  expect(encode(back)).toBe(text);
  return back;
}

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

describe("errors", () => {
  it.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])(
    "keep the class %s",
    (Class) => {
      const error = Object.assign(new Class("boo", { cause: { id: 1n } }), { code: "E1", at: new Date(0) });
      const back = again(error);
      expect(difference(error, back)).toBeUndefined();
      expect(back).toBeInstanceOf(Class);
      expect(back.stack).toBe(error.stack);
      expect(Object.keys(back)).toEqual(["code", "at"]);
    },
  );

  it("keep whether the message is their own", () => {
    expect(Object.hasOwn(again(new Error()), "message")).toBe(false);
    expect(Object.hasOwn(again(new Error("")), "message")).toBe(true);
  });

  it("keep a cause that was given as undefined, and one that was assigned", () => {
    expect(Object.hasOwn(again(new Error("x", { cause: undefined })), "cause")).toBe(true);
    const assigned = new Error("x");
    assigned.cause = 1;
    expect(Object.keys(again(assigned))).toEqual(["cause"]);
  });

  it("keep a cycle of causes, and errors of an AggregateError", () => {
    const inner = new Error("inner");
    const outer = new AggregateError([inner, "text"], "all failed", { cause: inner });
    inner.cause = outer;
    expect(difference(outer, again(outer))).toBeUndefined();
    expect(again(outer).errors[0].cause.errors).toHaveLength(2);
  });

  it("of disposal keep their class, on a Node that has it", () => {
    const [hidden, text] = ['{"message":"m","error":1,"suppressed":2}', "SuppressedError"];
    const back = decode(`[1,{"$error":["${text}",${hidden},{}]}]`) as Error & Record<string, unknown>;
    expect([back.name, back.message, back["error"], back["suppressed"]]).toEqual([text, "m", 1, 2]);
    expect(Object.keys(back)).toEqual([]);
    const known = (globalThis as { SuppressedError?: typeof Error }).SuppressedError;
    expect(back.constructor).toBe(known ?? Error);
    expect(difference(back, again(back))).toBeUndefined();
  });

  it("keep a registered class without calling its constructor", () => {
    const error = new PaymentError("declined", "card_declined");
    const back = again(error);
    expect(back).toBeInstanceOf(PaymentError);
    expect(difference(error, back)).toBeUndefined();
    expect(Object.prototype.toString.call(back)).toBe("[object Error]");
  });

  it("of an unknown class become their nearest known class and keep their name", () => {
    class HttpError extends TypeError {
      status = 502;
    }
    HttpError.prototype.name = "HttpError";
    const back = again(new HttpError("bad gateway"));
    expect([back.constructor, back.name, back.message, back.status]).toEqual([
      TypeError,
      "HttpError",
      "bad gateway",
      502,
    ]);
    expect(Object.keys(back)).toEqual(["status"]);

    class Named extends PaymentError {
      override name = "Named";
    }
    expect([again(new Named("x", "y")).constructor, again(new Named("x", "y")).name]).toEqual([PaymentError, "Named"]);
  });

  it("made in the old way are errors too", () => {
    function OldError(this: Error) {
      this.message = "old";
    }
    OldError.prototype = Object.create(Error.prototype, { name: { value: "OldError" } });
    const back = again(Reflect.construct(OldError, []) as Error);
    expect([back instanceof Error, back.name, back.message]).toEqual([true, "OldError", "old"]);
  });

  it("of Node keep their code", () => {
    const missing = again(thrownBy(() => readFileSync("/nowhere/at all")) as NodeJS.ErrnoException);
    expect([missing.code, missing.syscall, missing.path]).toEqual(["ENOENT", "open", "/nowhere/at all"]);
    expect(again(thrownBy(() => new URL("no url")) as NodeJS.ErrnoException).code).toBe("ERR_INVALID_URL");
    expect(again(thrownBy(() => Buffer.alloc(-1)))).toBeInstanceOf(RangeError);
  });

  it("of the web platform keep name, message and code", () => {
    const abort = thrownBy(() => AbortSignal.abort().throwIfAborted()) as DOMException;
    const back = again(abort);
    expect(back).toBeInstanceOf(DOMException);
    expect([back.name, back.message, back.code, back.stack]).toEqual([abort.name, abort.message, 20, abort.stack]);
  });

  it("leave out the marks of libraries: symbol keys and hidden functions", () => {
    const marked = Object.assign(new Error("x"), { [Symbol.for("mark")]: true, code: 1 });
    Object.defineProperty(marked, "toString", { value: () => "x", configurable: true, writable: true });
    expect(Reflect.ownKeys(again(marked))).toEqual(["stack", "message", "code"]);
  });

  it("whose stack cannot be read come back without one", () => {
    const prepare = Error.prepareStackTrace;
    Error.prepareStackTrace = () => {
      throw new Error("broken");
    };
    try {
      expect(Reflect.ownKeys(decode(encode(new Error("x"))) as Error)).toEqual(["message"]);
    } finally {
      Error.prepareStackTrace = prepare;
    }
  });

  it("keep being frozen", () => {
    const error = Object.freeze(new PaymentError("x", "y"));
    expect(difference(error, again(error))).toBeUndefined();
  });

  it("of the codec itself can be stored", () => {
    const refused = thrownBy(() => encode([() => 1]));
    const back = again(refused) as NotEncodableError;
    expect(back).toBeInstanceOf(NotEncodableError);
    expect([back.path, back.reason]).toEqual([[0], "a function cannot be stored"]);
  });
});

describe("what was handled when an error was thrown", () => {
  it("is kept beside the error, whatever the cycles", () => {
    const inner = new Error("inner");
    const error = new Error("outer", { cause: inner });
    noteHandled(error, inner);
    noteHandled(inner, new Map([["a", error]]));
    const back = again(error);
    expect(difference(error, back)).toBeUndefined();
    expect(handledBy(back)?.error).toBe(back.cause);
    expect(handledBy(back.cause)?.error).toEqual(new Map([["a", back]]));
  });

  it("is looked up where the caller says", () => {
    const error = new Error("x");
    const back = decode(encode(error, [], () => ({ error: "declined" })));
    expect(handledBy(back)).toEqual({ error: "declined" });
    expect(handledBy(error)).toBeUndefined();
  });

  it("must be storable", () => {
    const error = new Error("x");
    noteHandled(error, { at: new WeakMap() });
    expect(() => encode({ error })).toThrow(".error.handled.at: a WeakMap cannot be stored");
  });
});
