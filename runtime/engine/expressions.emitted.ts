// @ts-nocheck emitted code falls through its switches and has no types
/** Expressions that suspend, patterns, views of collections, methods of classes, in emitted form. */
import { $ as backstitch } from "../internal.ts";
import { CODE_FORMAT } from "../manifest.ts";
import { handler } from "./testing-support.ts";

/** A promise that a test settles. */
class Gate {
  resolve = (_value) => {};
  promise = new Promise((resolve) => {
    this.resolve = resolve;
  });
}

export const gates = { slow: new Gate(), outside: new Gate() };

/** Not stored: the emitted code reads it again. */
const services = {
  add: (n) => n + 1,
  get found() {
    return (n) => n + 1;
  },
};

/** `services.add(await s)` */
export const foreign = handler("foreign", { labels: { s: { "~": ["m"] } } }, async ($, { event, step }) => {
  const t = $.scope("~");
  $.code({ s: () => () => 2 });
  switch ($.pc) {
    case "":
    case "s":
      return $.method(t, "m", services, event.data.key)(await $.at("s", () => step.run("s", $.fn("s"))));
  }
});

/** `list.push(await s)`, `o.m?.(await s)`, with methods of every kind. */
export const methods = handler(
  "methods",
  { labels: { s: { "": ["kind", "o", "log"], "~": ["m", "o"] } } },
  async ($, { event, step }) => {
    const v = $.scope("");
    const t = $.scope("~");
    $.code({ s: () => () => 2, double: () => (n) => n * 2 });
    switch ($.pc) {
      case "":
        v.kind = event.data.kind;
        v.o = {
          list: () => [1],
          text: () => "abcdef",
          closure: () => ({ at: $.fn("double") }),
          object: () => ({ count: 1, plain: true }),
          own: () => ({ at() {} }),
          missing: () => ({}),
          nothing: () => null,
        }[v.kind]();
      case "s":
        try {
          v.result = $.method(t, "m", ($.live ? (t.o = v.o) : t.o), v.kind === "list" ? "push" : v.kind === "text" ? "slice" : v.kind === "object" ? "hasOwnProperty" : "at")(
            await $.at("s", () => step.run("s", $.fn("s"))),
          );
        } catch (error) {
          v.result = `${error.name}: ${error.message}`;
        }
    }
    return [v.result, v.kind === "closure" ? undefined : v.o];
  },
);

export const optional = handler("optional", { labels: { s: { "~": ["m"], "": ["o"] } } }, async ($, { event, step }) => {
  const v = $.scope("");
  const t = $.scope("~");
  $.code({ s: () => () => 2, double: () => (n) => n * 2 });
  switch ($.pc) {
    case "":
      v.o = event.data.has ? { m: $.fn("double") } : {};
    case "s":
      return [$.methodIf(t, "m", v.o, "m")?.(await $.at("s", () => step.run("s", $.fn("s"))))];
  }
});

/** `f(await a)` awaited itself, and the sum of two awaited operands. */
export const operands = handler(
  "operands",
  { labels: { a: {}, b: { "~": ["a"] }, f: {} } },
  async ($, { event, step }) => {
    const t = $.scope("~");
    $.code({ s: () => (n) => n });
    const f = (n) => step.run("f", $.fn("s"), n * 10);
    const run = (n) => step.run(`s${n}`, $.fn("s"), n);
    switch ($.pc) {
      case "":
      case "a":
      case "b":
      case "f":
        return await $.wait("f", $.in("f") || f(
          ($.live || $.in("a") ? (t.a = await $.at("a", () => run(1))) : t.a) + (await $.at("b", () => run(2))),
        ));
    }
  },
);

/** `for (const x of collection.entries())`, over what was evaluated before. */
export const views = handler(
  "views",
  { labels: { s: { "": ["seen"] } }, cursors: { s: ["x"] } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ s: () => (n) => n });
    switch ($.pc) {
      case "":
        v.seen = [];
      case "s":
        for (const x of $.eachOf("x", $.live && $.entries(event.data.of, event.data.view))) {
          v.seen.push(await $.at("s", () => step.run("s", $.fn("s"), x)));
          if (event.data.of instanceof Map) event.data.of.delete("a");
        }
    }
    return v.seen;
  },
);

/** `const [a, b = await s, ...rest] = iterable` */
export const patterns = handler(
  "patterns",
  { labels: { s: { "": ["a"] } } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ s: () => () => "default" });
    switch ($.pc) {
      case "":
      case "s":
        [
          ($.in("s") || ((v.a = $.next("~p")), (v.next = $.next("~p"))),
          (v.b = $.in("s") || v.next === undefined ? await $.at("s", () => step.run("s", $.fn("s"))) : v.next),
          (v.rest = event.data.rest ? $.rest("~p") : undefined),
          $).end,
        ] = $.open("~p", $.live && (event.data.iterable ?? event.data.make?.()));
    }
    return [v.a, v.b, v.rest];
  },
);

/** Patterns over an iterator of the author's, without a suspension: how it is closed. */
export const closings = handler("closings", { labels: {} }, async ($) => {
  const log = [];
  const iterator = (items, more = {}) => ({
    [Symbol.iterator]() {
      return this;
    },
    next: () => (items.length > 0 ? { done: false, value: items.shift() } : { done: true }),
    return: () => (log.push("return"), {}),
    ...more,
  });
  const fail = () => { throw new Error("left"); };
  [(log.push($.next("a"), $.next("a")), $).end] = $.open("a", iterator([1, 2, 3]));
  [(log.push($.next("b"), $.next("b"), $.next("b")), $).end] = $.open("b", iterator([1]));
  try {
    [($.next("c"), $).end] = $.open("c", iterator([], { next() { throw new Error("next threw"); } }));
  } catch (error) { log.push(error.message); }
  try {
    [(fail(), $).end] = $.open("d", iterator([1], { return() { log.push("return throws"); throw new Error("lost"); } }));
  } catch (error) { log.push(error.message); }
  try { [$.end] = $.open("e", iterator([1], { return: () => 5 })); } catch (error) { log.push(error.name); }
  [(log.push($.rest("f")), $).end] = $.open("f", iterator([1, 2, 3]));
  const symbol = Symbol("s");
  const rest = $.without({ a: 1, b: 2, 3: 4, [symbol]: 5 }, ["a", 3]);
  log.push(Object.keys(rest), rest[symbol], $.key({}, 5), $.key({}, { toString: () => "k" }), $.key({}, symbol) === symbol);
  try { $.without(null, []); } catch (error) { log.push(error.name); }
  return log;
});

const info = (code, labels) => ({ code, hash: "", format: CODE_FORMAT, labels });

/** A method of a class that is known to the codec in the test. */
export class Cart {
  items = 2;
  charge(...args) {
    return backstitch.enter(info("expressions/Cart.charge", { s: { "": ["factor"] } }), this, args, async ($, step, factor) => {
      const v = $.scope("", (v) => { v.factor = factor; });
      $.code({ s: (v) => () => this.items * v.factor });
      switch ($.pc) {
        case "":
        case "s":
          v.paid = await $.at("s", () => step.run("s", $.fn("s", v)));
      }
      this.items++;
      return v.paid;
    });
  }
}
backstitch.register(info("expressions/Cart.charge", {}), (self) => self.charge);
backstitch.register(info("expressions/Cart.charge", { s: { "": ["factor"] } }), (self) => self.charge);

export const classes = handler("classes", { labels: { one: { "": ["cart"] } } }, async ($, { step }) => {
  const v = $.scope("");
  switch ($.pc) {
    case "":
      v.cart = new Cart();
    case "one":
      v.one = await $.at("one", () => v.cart.charge(step, 10));
  }
  return [v.one, v.cart.items];
});

/** `arguments`, changed and kept. */
export const ownArguments = handler("own-arguments", { labels: { s: { "": ["args"] } } }, async ($, { step }) => {
  const v = $.scope("");
  $.code({ s: () => () => 1 });
  switch ($.pc) {
    case "":
      v.args = $.arguments;
      v.args[1] = "more";
    case "s":
      await $.at("s", () => step.run("s", $.fn("s")));
  }
  return [v.args === $.arguments, v.args[1], v.args.length, v.args[0].step === step, Object.prototype.toString.call(v.args)];
});

/** Two that wait for one handle go on in the order in which they began to wait. */
export const order = handler("order", { labels: { all: { "": ["log", "p"] } }, kept: { "": ["log", "p"] } }, async ($, { step }) => {
  const v = $.scope("");
  $.code({
    s: () => () => "s",
    log: (v) => (name) => void v.log.push(name),
    wait: (v) => $.nested(info("order/wait", { s: { "": ["name"] } }), async ($, name) => {
      const w = $.scope("", (w) => { w.name = name; });
      switch ($.pc) {
        case "":
        case "s":
          await $.at("s", () => v.p);
      }
      v.log.push(w.name);
    }, "wait"),
  });
  switch ($.pc) {
    case "":
      v.log = [];
      v.p = step.run("p", $.fn("s"));
    case "all":
      await $.at("all", () => {
        const wait = $.fn("wait", v);
        const log = $.fn("log", v);
        return $.all([wait("a"), v.p.then(log), wait("b"), v.p.finally(log), wait("c")]);
      });
  }
  return v.log;
});

/** A callback that runs beside an ordinary await. */
export const beside = handler("beside", { labels: { quick: { "": ["slow"] }, outside: { "": ["slow"] }, slow: {} } }, async ($, { step }) => {
  const v = $.scope("");
  $.code({ slow: () => () => gates.slow.promise, quick: () => () => "quick" });
  switch ($.pc) {
    case "":
      v.slow = step.run("slow", $.fn("slow"));
    case "quick":
      await $.at("quick", () => step.run("quick", $.fn("quick")));
      gates.slow.resolve("slow");
    case "outside":
      await $.at("outside", () => gates.outside.promise);
    case "slow":
      return await $.at("slow", () => v.slow);
  }
});
