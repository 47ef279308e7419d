// @ts-nocheck emitted code falls through its switches and has no types
/** Handlers that meet trouble, in emitted form. `world` is what tests watch and steer. */
import net from "node:net";
import { handler } from "./testing-support.ts";

export const world = { log: [], outside: async () => "fetched", throws: 0, made: 0, stray: false };

/** a; ordinary await; b. */
export const ordinaryAwait = handler(
  "ordinary-await",
  { labels: { a: {}, outside: { "": ["a"] }, b: { "": ["a", "fetched"] } } },
  async ($, { step }) => {
    const v = $.scope("");
    $.code({ a: () => () => (world.log.push("a"), "a"), b: (v) => () => `${v.a} ${v.fetched}` });
    switch ($.pc) {
      case "":
      case "a":
        v.a = await $.at("a", () => step.run("a", $.fn("a")));
        world.log.push("fetch");
      case "outside":
        v.fetched = await $.at("outside", () => world.outside());
      case "b":
        v.b = await $.at("b", () => step.run("b", $.fn("b", v)));
    }
    return v.b;
  },
);

/** The code between a and b throws a few times. */
export const throwingSegment = handler(
  "throwing-segment",
  { labels: { a: {}, b: { "": ["n"] } } },
  async ($, { step, attempt }) => {
    const v = $.scope("");
    $.code({ a: () => () => (world.log.push("a"), 1), b: (v) => () => v.n });
    switch ($.pc) {
      case "":
      case "a":
        v.n = await $.at("a", () => step.run("a", $.fn("a")));
        world.log.push(`between, attempt ${attempt}`);
        if (world.throws-- > 0) throw new TypeError("thrown between steps");
      case "b":
        v.n = await $.at("b", () => step.run("b", $.fn("b", v)));
    }
    return v.n;
  },
);

/** A callback that writes captured variables, also in attempts that fail. */
export const capturedWrites = handler(
  "captured-writes",
  { labels: { count: { "": ["count", "list"] }, read: { "": ["count", "list", "result"] } }, kept: { "": ["count", "list"] } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({
      count: (v) => () => {
        v.count++;
        v.list.push(v.count);
        event.data.touched = v.count;
        if (v.count < 3) throw new Error("not yet");
        return v.list.length;
      },
      read: (v) => () => v.count,
    });
    switch ($.pc) {
      case "":
        v.count = 0;
        v.list = [];
      case "count":
        v.result = await $.at("count", () => step.run("count", $.fn("count", v)));
      case "read":
        v.read = await $.at("read", () => step.run("read", $.fn("read", v)));
    }
    return { count: v.count, list: v.list, result: v.result, read: v.read, touched: event.data.touched };
  },
);

/** A socket lives across a step. */
export const liveSocket = handler(
  "live-socket",
  { labels: { before: {}, "with-socket": { "": ["socket"] } } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ before: () => () => "before", "with-socket": () => () => "never reached" });
    switch ($.pc) {
      case "":
      case "before":
        if (event.data.before || !$.live) await $.at("before", () => step.run("before", $.fn("before")));
        v.socket = { held: [new net.Socket()] };
      case "with-socket":
        try {
          await $.at("with-socket", () => step.run("with-socket", $.fn("with-socket")));
        } catch {
          world.log.push("the runtime's fault reached the author's catch");
        } finally {
          world.log.push("the runtime's fault reached the author's finally");
        }
    }
    return undefined;
  },
);

export const socketOutput = handler(
  "socket-output",
  { labels: { socket: {}, after: { "": ["caught"] } } },
  async ($, { step }) => {
    const v = $.scope("");
    $.code({ socket: () => () => ({ nested: new net.Socket() }), after: () => () => "after" });
    switch ($.pc) {
      case "":
      case "socket":
        try {
          await $.at("socket", () => step.run("socket", $.fn("socket")));
        } catch (error) {
          v.caught = error;
        }
      case "after":
        await $.at("after", () => step.run("after", $.fn("after")));
    }
    return { name: v.caught.constructor.name, message: v.caught.message };
  },
);

const plainHelper = async (step) => {
  const value = await step.run("in-helper", () => 1);
  world.log.push("helper went on");
  return value;
};

export const plainCode = handler("plain-code", { labels: { helper: {} } }, async ($, { event, step }) => {
  $.code({ nested: () => () => step.run("inner", () => 1) });
  switch ($.pc) {
    case "":
    case "helper":
      if (event.data.nested) return await $.at("helper", () => step.run("outer", $.fn("nested")));
      if (event.data.handle) return await $.at("helper", () => Promise.all([step.run("one", $.fn("nested"))]));
      return await $.at("helper", async () => plainHelper(step));
  }
});

/** One object under two names, in the arguments, in a closure and in an input. */
export const aliases = handler(
  "aliases",
  { labels: { s: { "": ["a", "b", "f", "g"] }, t: { "": ["a", "b", "f", "g"] } } },
  async ($, { event, events, step }) => {
    const v = $.scope("");
    $.code({ f: (v) => () => v.a, s: () => (input) => input.n });
    switch ($.pc) {
      case "":
        v.a = event.data.object;
        v.b = { self: v.a };
        v.b.loop = v.b;
        v.f = $.fn("f", v);
        v.g = v.f;
      case "s":
        await $.at("s", () => step.run("s", $.fn("s"), v.a));
        v.a.n = 2;
      case "t":
        await $.at("t", () => step.run("t", $.fn("s"), event.data.object));
    }
    return [v.b.self === v.a, v.a === event.data.object, v.b.loop === v.b, events[0] === event, v.f === v.g, v.f() === v.a];
  },
);

/** `const client = local(() => new Client(name))`, passed to a closure. */
export const locals = handler(
  "locals",
  { labels: { use: { "": ["client", "second"] }, again: { "": ["client", "second"] } }, kept: { "": ["name", "client", "second"] } },
  async ($, { step }) => {
    const v = $.scope("");
    $.code({
      client: (v) => () => ((world.made++), new Client(v.name)),
      second: (v) => () => new Client(`${v.client.ask()} again`),
      use: (v) => () => v.second.ask(),
    });
    switch ($.pc) {
      case "":
        v.name = "stripe";
        v.client = $.local($.fn("client", v));
        v.second = $.local($.fn("second", v));
      case "use":
        v.used = await $.at("use", () => step.run("use", $.fn("use", v)));
      case "again":
        await $.at("again", () => step.run("again", $.fn("use", v)));
    }
    return [v.client instanceof Client, v.client.ask(), v.second.ask()];
  },
);

class Client {
  #name;
  constructor(name) {
    this.#name = name;
  }
  ask() {
    return this.#name;
  }
}

export const earlyRead = handler("early-read", { labels: { s: { "": ["f"] } } }, async ($, { step }) => {
  const v = $.scope("");
  $.code({ f: (v) => () => $.read(v, "x"), s: () => () => 1 });
  switch ($.pc) {
    case "":
      v.f = $.fn("f", v);
    case "s":
      await $.at("s", () => step.run("s", $.fn("s")));
  }
  try {
    v.f();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
});

export const sleeps = handler(
  "sleeps",
  { labels: { nap: { "": ["start"] }, until: { "": ["start"] }, bad: {} } },
  async ($, { event, step }) => {
    const v = $.scope("");
    switch ($.pc) {
      case "":
      case "nap":
        await $.at("nap", () => step.sleep("nap", "90s"));
      case "until":
        await $.at("until", () => step.sleepUntil("until", new Date(event.ts + 100_000)));
      case "bad":
        try {
          await $.at("bad", () => step.sleep("bad", "soon"));
        } catch (error) {
          return error;
        }
    }
  },
);

/** A step that nobody awaits. */
export const unawaited = handler("unawaited", { labels: { a: {} } }, async ($, { step }) => {
  $.code({ a: () => () => "a", forgotten: () => () => "forgotten" });
  switch ($.pc) {
    case "":
      step.run("forgotten", $.fn("forgotten"));
    case "a":
      return "done";
  }
});

export const badOutput = handler("bad-output", { labels: {} }, async () => ({ timer: new WeakMap() }));

export const strays = handler("strays", { labels: { here: {}, there: {} } }, async ($, { step }) => {
  $.code({ s: () => () => 1 });
  switch (world.stray ? "" : $.pc) {
    case "":
    case "here":
      await $.at("here", () => step.run("here", $.fn("s")));
    case "there":
      await $.at("there", () => step.run("there", $.fn("s")));
  }
});

/** Throws before its first step. */
export const lateStart = handler("late-start", { labels: { a: {} } }, async ($, { step, attempt }) => {
  $.code({ a: () => () => "a" });
  switch ($.pc) {
    case "":
      if (attempt < 2) throw new Error("not yet");
    case "a":
      return await $.at("a", () => step.run("a", $.fn("a")));
  }
});

/** Its clients cannot be made again. */
export const brokenLocal = handler("broken-local", { labels: { a: { "": ["client"] } } }, async ($, { step }) => {
  const v = $.scope("");
  $.code({
    a: () => () => "a",
    client: () => () => {
      if (world.made++ > 0) throw new Error("no key");
      return new Client("once");
    },
  });
  switch ($.pc) {
    case "":
      v.client = $.local($.fn("client"));
    case "a":
      return await $.at("a", () => step.run("a", $.fn("a")));
  }
});
