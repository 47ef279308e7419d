// @ts-nocheck emitted code falls through its switches and has no types
/** Handles that are stored, derived and combined, and durable closures, in emitted form. */
import { CODE_FORMAT } from "../manifest.ts";
import { emitted, handler } from "./testing-support.ts";

const info = (code, labels, more = {}) => ({ code, hash: "", format: CODE_FORMAT, labels, ...more });

/** `const p = step.run("a"); const q = step.run("b"); await step.run("c"); [await q, await p, await p]` */
export const awaitedLater = handler(
  "awaited-later",
  { labels: { c: { "": ["p", "q"] }, q: { "": ["p", "q", "never"] }, p: { "": ["p", "b"] }, again: { "": ["p", "b", "a"] } } },
  async ($, { step }) => {
    const v = $.scope("");
    $.code({ a: () => () => ({ name: "a" }), b: () => () => "b", c: () => () => "c", never: () => () => { throw new Error("nobody looks"); } });
    switch ($.pc) {
      case "":
        v.p = step.run("a", $.fn("a"));
        v.q = step.run("b", $.fn("b"));
        v.never = step.run("never", $.fn("never"));
      case "c":
        await $.at("c", () => step.run("c", $.fn("c")));
      case "q":
        v.b = await $.at("q", () => v.q);
      case "p":
        v.a = await $.at("p", () => v.p);
      case "again":
        v.again = await $.at("again", () => v.p);
    }
    return [v.b, v.a, v.a === v.again, v.p instanceof Promise];
  },
);

/** Promise.all and so on over steps, values and each other. */
export const combined = handler(
  "combined",
  { labels: { x: { "": ["kind", "x"] }, after: { "": ["kind", "x", "result"] } } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ ok: () => (value) => value, bad: () => (value) => { throw new Error(value); }, after: () => () => "after" });
    const ok = (id) => step.run(id, $.fn("ok"), id);
    const bad = (id) => step.run(id, $.fn("bad"), id);
    const make = {
      all: () => $.all([ok("a"), 5, $.all(new Set([ok("b"), ok("c")])), Promise.resolve("native")]),
      allBad: () => $.all([ok("a"), bad("b"), bad("c")]),
      settled: () => $.allSettled([ok("a"), bad("b"), Promise.reject(7), "v"]),
      any: () => $.any([bad("a"), ok("b"), ok("c")]),
      anyBad: () => $.any([bad("a"), bad("b")]),
      race: () => $.race([step.sleep("slow", 5000), ok("quick"), bad("late")]),
      raceTimeout: () => $.race([$.resolve(step.sleep("slow", 5000)).then($.fn("after")), step.sleep("timeout", 1000)]),
      raceValue: () => $.race([ok("a"), 1]),
      raceNative: () => $.race([ok("a"), new Promise(() => {})]),
      raceQuickNative: () => $.race([ok("a"), Promise.resolve("native")]),
      notIterable: () => $.all(5),
    };
    switch ($.pc) {
      case "":
        v.kind = event.data.kind;
        v.x = make[v.kind]();
      case "x":
        try {
          v.result = await $.at("x", () => v.x);
        } catch (error) {
          v.result = error;
        }
      case "after":
        v.after = await $.at("after", () => step.run("after", $.fn("after")));
    }
    return { result: v.result, same: (await $.at("end", () => v.x.catch($.fn("ok")))) === v.result };
  },
);

/** Callbacks of stored handles, with steps in them. */
export const chained = handler(
  "chained",
  {
    labels: { x: { "": ["log", "kind", "p", "x"] } },
    kept: { "": ["log", "x"] },
  },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({
      a: () => () => "a",
      bad: () => () => { throw new RangeError("bad"); },
      more: (v) => (value) => (v.log.push(`more ${value}`), step.run("more", $.fn("inner"), value)),
      inner: () => (value) => `${value}!`,
      rescue: (v) => (error) => (v.log.push(error.message), step.run("rescue", $.fn("inner"), error.message)),
      tidy: (v) => (...args) => (v.log.push(`tidy ${args.length}`), step.run("tidy", $.fn("a"))),
      throws: () => () => { throw new SyntaxError("thrown"); },
      native: () => async (value) => (await null, `${value} natively`),
      self: (v) => () => v.x,
      log: (v) => (value) => void v.log.push(value),
    });
    switch ($.pc) {
      case "": {
        v.log = [];
        const good = () => step.run("a", $.fn("a"));
        const bad = () => step.run("bad", $.fn("bad"));
        v.kind = event.data.kind;
        v.x = {
          then: () => good().then($.fn("more", v)).then($.fn("more", v), $.fn("rescue", v)),
          caught: () => bad().then($.fn("more", v)).catch($.fn("rescue", v)),
          ignored: () => bad().catch(),
          finally: () => good().finally($.fn("tidy", v)),
          finallyBad: () => bad().finally($.fn("tidy", v)).then(undefined, $.fn("rescue", v)),
          finallyThrows: () => good().finally($.fn("throws")).catch($.fn("rescue", v)),
          notCallable: () => good().then(5).finally("x").catch(null),
          native: () => good().then($.fn("native")),
          self: () => good().then($.fn("self", v)),
          settled: () => $.resolve(3).then($.fn("more", v)),
        }[v.kind]();
        v.x.then($.fn("log", v));
      }
      case "x":
        v.result = await $.at("x", () => v.x);
    }
    return { result: v.result, log: v.log };
  },
);

/** A handle nobody waits for whose callback must run, and a rejection that nobody handles. */
export const unobserved = handler("unobserved", { labels: { s: { "": ["log"] }, t: { "": ["log"] } }, kept: { "": ["log"] } }, async ($, { step }) => {
  const v = $.scope("");
  $.code({ s: () => () => "s", log: (v) => (value) => (v.log.push(value), step.run("more", $.fn("s"))), bad: () => () => { throw new Error("bad"); } });
  switch ($.pc) {
    case "":
      v.log = [];
      step.run("a", $.fn("s")).then($.fn("log", v));
      $.reject(new Error("unseen"));
      step.run("bad", $.fn("bad")).then($.fn("log", v));
    case "s":
      await $.at("s", () => step.sleep("s", 1000));
    case "t":
      await $.at("t", () => step.sleep("t", 1000));
  }
  return v.log;
});

/** Nested async functions that share a variable, called at once. */
export const nestedClosures = handler(
  "nested-closures",
  { labels: { all: { "": ["count", "seen"] } }, kept: { "": ["count", "seen"] }, captures: { pay: ["charge() "] } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({
      charge: (v) =>
        $.nested(
          info("nested-closures/charge", { pay: { "": ["item"] } }),
          async ($, item) => {
            const w = $.scope("", (w) => { w.item = item; });
            switch ($.pc) {
              case "":
                v.count++;
              case "pay":
                w.paid = await $.at("pay", () => step.run(`pay-${w.item}`, $.fn("pay", w)));
                v.seen.push(w.paid);
                v.count++;
            }
            return w.paid;
          },
          "charge",
        ),
      pay: (w) => () => w.item * 10,
      named: (v) => $.nested(info("nested-closures/named", { s: {} }), async function ($) {
        switch ($.pc) {
          case "":
          case "s":
            await $.at("s", () => step.run("s", $.fn("pay", { item: 1 })));
        }
        return [this?.who, v.count, $.arguments.length];
      }, "named"),
    });
    switch ($.pc) {
      case "":
        v.count = 0;
        v.seen = [];
      case "all":
        v.results = await $.at("all", () => {
          const charge = $.fn("charge", v);
          return $.all(event.data.items.map((item) => charge(item)));
        });
    }
    return { results: v.results, count: v.count, seen: v.seen };
  },
);

/** `this`, and the name of a durable closure. */
export const ownThis = handler("own-this", { labels: { call: {} } }, async ($, { step }) => {
  const v = $.scope("");
  $.code({
    one: () => () => 1,
    named: () => $.nested(info("own-this/named", { s: {} }, { arity: 1 }), async function ($, x) {
      switch ($.pc) {
        case "":
        case "s":
          await $.at("s", () => step.run("s", $.fn("one")));
      }
      return [this.who, x];
    }, "named"),
  });
  switch ($.pc) {
    case "":
    case "call":
      v.result = await $.at("call", () => {
        const o = { who: "me", named: $.fn("named") };
        return o.named("x", new WeakMap());
      });
  }
  return [v.result, $.fn("named").name];
});

/** A function that does not look at its `this`, called on an object that cannot be stored. */
export const unseenThis = handler("unseen-this", { labels: { call: {} } }, async ($, { step }) => {
  const services = { cache: new WeakMap(), ask };
  switch ($.pc) {
    case "":
    case "call":
      return await $.at("call", () => services.ask(step));
  }
});

const ask = emitted("handles/ask", { labels: { s: {} } }, async function ask($, step) {
  $.code({ one: () => () => 1 });
  switch ($.pc) {
    case "":
    case "s":
      return await $.at("s", () => step.run("s", $.fn("one")));
  }
});

/** A recursion with a step at its bottom. */
const descend = emitted("handles/descend", { labels: { down: { "": ["n"] }, bottom: {} } }, async ($, step, n) => {
  const v = $.scope("", (v) => { v.n = n; });
  $.code({ bottom: () => () => "bottom" });
  switch ($.pc) {
    case "":
    case "bottom":
      if (!$.live || v.n === 0) if (!$.in("down")) return await $.at("bottom", () => step.run("bottom", $.fn("bottom")));
    case "down":
      v.below = await $.at("down", () => descend(step, v.n - 1));
  }
  return v.below;
});

export const recursion = handler("recursion", { labels: { top: {} } }, async ($, { event, step }) => {
  switch ($.pc) {
    case "":
    case "top":
      return await $.at("top", () => descend(step, event.data.depth));
  }
});

/** As pMap: native code that calls an async closure for each item, a few at a time. */
async function pMap(items, concurrency, mapper) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await mapper(items[index]);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

export const nativeMap = handler("native-map", { labels: { map: {}, after: { "": ["results"] } } }, async ($, { event, step }) => {
  const v = $.scope("");
  $.code({
    after: () => () => "after",
    mapper: () => $.nested(info("native-map/mapper", { wait: { "": ["item"] }, s: { "": ["item"] } }), async ($, item) => {
      const w = $.scope("", (w) => { w.item = item; });
      switch ($.pc) {
        case "":
        case "wait":
          await $.at("wait", () => new Promise((resolve) => setTimeout(resolve, 1)));
        case "s":
          if (!$.live || event.data.steps) await $.at("s", () => step.run("s", $.fn("after")));
      }
      return w.item * 2;
    }, "mapper"),
  });
  switch ($.pc) {
    case "":
    case "map":
      v.results = await $.at("map", () => pMap([1, 2, 3, 4], 2, $.fn("mapper")));
    case "after":
      await $.at("after", () => step.run("after", $.fn("after")));
  }
  return v.results;
});

export const inFlight = { now: 0, most: 0, begun: [] };

export const mapped = handler("mapped", { labels: { map: {} }, captures: { work: ["item() "] } }, async ($, { event, step }) => {
  const v = $.scope("");
  $.code({
    item: () => $.nested(info("mapped/item", { first: { "": ["n", "i"] }, second: { "": ["n", "i", "a"] } }), async ($, n, i) => {
      const w = $.scope("", (w) => { w.n = n; w.i = i; });
      switch ($.pc) {
        case "":
          inFlight.begun.push(w.n);
          inFlight.most = Math.max(inFlight.most, ++inFlight.now);
        case "first":
          w.a = await $.at("first", () => step.run(`first-${w.n}`, $.fn("work", w)));
        case "second":
          w.b = await $.at("second", () => step.run(`second-${w.n}`, $.fn("work", w)));
      }
      inFlight.now--;
      return [w.i, w.b];
    }, "item"),
    work: (w) => () => { if (w.n === event.data.fails) throw new Error(`no ${w.n}`); return w.n; },
    plain: () => (n, i) => n + i,
  });
  switch ($.pc) {
    case "":
    case "map":
      v.result = await $.at("map", () => step.map(event.data.items, ...(event.data.options ? [event.data.options] : []), $.fn(event.data.plain ? "plain" : "item")));
  }
  return v.result;
});

/** The handler ends while branches are under way. */
export const endsEarly = handler("ends-early", { labels: { a: {} } }, async ($, { step }) => {
  const v = $.scope("");
  $.code({ a: () => () => "a", never: () => () => step.run("never", $.fn("a")) });
  switch ($.pc) {
    case "":
      step.run("branch", $.fn("a")).then($.fn("never"));
      step.sleep("long", "10 days").then($.fn("never"));
      return "ended";
  }
});

/** A race of combinations, awaited again after its loser came too. */
export const raceOnce = handler(
  "race-once",
  { labels: { first: { "": ["r"] }, gap: { "": ["r", "x"] }, second: { "": ["x"] } } },
  async ($, { step }) => {
    const v = $.scope("");
    switch ($.pc) {
      case "":
        v.r = $.race([$.all([step.sleep("a", 2000), { won: "a" }]), $.all([step.sleep("b", 1000), { won: "b" }])]);
      case "first":
        v.x = await $.at("first", () => v.r);
      case "gap":
        await $.at("gap", () => step.sleep("gap", 5000));
      case "second":
        v.y = await $.at("second", () => v.r);
    }
    return [v.x[1].won, v.x === v.y];
  },
);

/** The callback of a stored handle is no closure of the run. */
export const plainCallback = handler("plain-callback", { labels: { s: {} } }, async ($, { step }) => {
  $.code({ one: () => () => 1 });
  switch ($.pc) {
    case "":
      step.run("a", $.fn("one")).then((x) => x);
    case "s":
      await $.at("s", () => step.sleep("s", 5));
  }
});
