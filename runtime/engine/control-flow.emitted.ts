// @ts-nocheck emitted code falls through its switches and has no types
/** Control flow around suspensions, in emitted form. */
import { emitted, handler } from "./testing-support.ts";

/** A fresh record per iteration, a closure over it that outlives the iteration, and a second one shared with it. */
export const iterationRecords = handler(
  "iteration-records",
  {
    labels: { "work-*": { "": ["readers", "seen"], loop: ["i", "twice"] } },
    kept: { loop: ["i", "twice"] },
    captures: { reader: ["loop"], bump: ["loop"], "work-*": ["loop"] },
  },
  async ($, { step }) => {
    const v = $.scope("");
    $.code({
      reader: (v_i) => () => v_i.i * 10 + v_i.twice,
      bump: (v_i) => () => {
        v_i.twice++;
      },
      "work-*": (v_i) => () => v_i.i,
    });
    let v_i;
    switch ($.pc) {
      case "":
        v.readers = [];
        v.seen = [];
      case "work-*":
        for (v_i = $.scope("loop", (v_i) => { v_i.i = 0; v_i.twice = 0; }); !$.live || v_i.i < 3; v_i = $.copy(v_i), v_i.i++) {
          switch ($.pc) {
            case "":
              v.readers.push($.fn("reader", v_i), $.fn("bump", v_i));
            case "work-*":
              v.seen.push(await $.at("work-*", () => step.run(`work-${v_i.i}`, $.fn("work-*", v_i))));
              v.readers[v.readers.length - 1]();
          }
        }
    }
    return { seen: v.seen, read: v.readers.map((read) => read()) };
  },
);

/** `try { a } catch (e) { b; c uses e; throw }` around a finally without a suspension. */
export const caughtTwice = handler(
  "caught-twice",
  { labels: { a: { "": ["log"] }, b: { "": ["log"], catch: ["e"] }, c: { "": ["log"], catch: ["e"] } }, captures: { c: ["catch"] } },
  async ($, { step }) => {
    const v = $.scope("");
    let v_c;
    $.code({ a: () => () => "a", b: () => () => "b", c: (v_c) => () => v_c.e.message });
    switch ($.pc) {
      case "":
        v.log = [];
      case "a":
      case "b":
      case "c":
        try {
          try {
            if ($.in("b", "c")) throw $.again;
            v.log.push(await $.at("a", () => step.run("a", $.fn("a"))));
          } catch ($e) {
            v_c = $.scope("catch", (v_c) => { v_c.e = $e; });
            switch ($.pc) {
              case "":
              case "b":
                v.log.push(await $.at("b", () => step.run("b", $.fn("b"))));
              case "c":
                v.log.push(await $.at("c", () => step.run("c", $.fn("c", v_c))));
            }
          } finally {
            v.log.push("finally");
          }
        } catch (outer) {
          v.log.push(`lost ${outer.message}`);
        }
    }
    return v.log;
  },
);

/** A finally that suspends, left by return, throw, break and by its end. */
export const pendingCompletion = handler(
  "pending-completion",
  {
    labels: { body: { "": ["how", "log"] }, cleanup: { "": ["how", "log"] }, after: { "": ["log"] } },
    completions: { cleanup: { fin: ["jump", "return"] } },
  },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ body: () => () => "body", cleanup: () => () => "cleanup", after: () => () => "after" });
    switch ($.pc) {
      case "":
        v.how = event.data.how;
        v.log = [];
      case "body":
      case "cleanup":
        outer: for (;;) {
          fin: try {
            if ($.begin("fin", "cleanup")) break fin;
            v.log.push(await $.at("body", () => step.run("body", $.fn("body"))));
            if (v.how === "return") {
              $.exit("fin", "return", v.log.slice());
              break fin;
            }
            if (v.how === "break") {
              $.exit("fin", "break outer");
              break fin;
            }
            if (v.how === "throw") throw new RangeError("thrown in the body");
            v.log.push("to the end");
          } catch ($e) {
            $.exit("fin", "throw", $e);
          }
          v.log.push(await $.at("cleanup", () => step.run("cleanup", $.fn("cleanup"))));
          switch ($.completion("fin")) {
            case "return":
              return $.value("fin");
            case "break outer":
              break outer;
            case "throw":
              throw $.value("fin");
          }
          break;
        }
      case "after":
        v.log.push(await $.at("after", () => step.run("after", $.fn("after"))));
    }
    return v.log;
  },
);

export const switchAndIf = handler(
  "switch-and-if",
  { labels: { one: { "": ["log"] }, two: { "": ["log"] }, else: { "": ["log"] } } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ one: () => () => "one", two: () => () => "two", else: () => () => "else" });
    const asked = [];
    sw: switch ($.pc) {
      case "":
        v.log = [];
      case "one":
      case "two":
        switch ($.live ? event.data.n : $.here) {
          case $.in("one") ? $.here : 1:
            v.log.push(await $.at("one", () => step.run("one", $.fn("one"))));
          case $.in("two") ? $.here : 2:
            v.log.push(await $.at("two", () => step.run("two", $.fn("two"))));
            break;
          case $.live ? (asked.push("third"), 3) : $.never:
            v.log.push("three");
            break;
          default:
            v.log.push("default");
        }
      case "else":
        if ($.live && event.data.n > 1) v.log.push("then");
        else {
          v.log.push(await $.at("else", () => step.run("else", $.fn("else"))));
        }
    }
    return { log: v.log, asked: event.data.n === 3 ? asked : [] };
  },
);

/** Loops over every collection that has a cursor, changed inside the loop. */
export const cursors = handler(
  "cursors",
  { labels: { visit: { "": ["source", "seen"], item: ["item"] } }, kept: { item: ["item"] }, cursors: { visit: ["item"] }, captures: { visit: ["item"] } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ visit: (v_i) => () => v_i.item });
    let v_i;
    switch ($.pc) {
      case "":
        v.source = event.data.source;
        v.seen = [];
      case "visit":
        for (const item of $.each("item", () => v.source)) {
          switch ($.pc) {
            case "":
              if (v.seen.length >= 6) break;
            case "visit":
              v_i = $.scope("item", (v_i) => { v_i.item = item; });
              v.seen.push(await $.at("visit", () => step.run("visit", $.fn("visit", v_i))));
              mutate(v.source, v.seen.length);
          }
        }
    }
    return { seen: v.seen, left: v.source };
  },
);

function mutate(source, turn) {
  if (Array.isArray(source) && turn === 1) source.push("pushed");
  if (Array.isArray(source) && turn === 2) source[1] = "replaced after its visit";
  if (source instanceof Map && turn === 1) {
    source.delete("a");
    source.delete("b");
    source.set("z", 26);
    source.set("a", "again");
  }
  if (source instanceof Set) {
    if (turn === 1) source.delete("x");
    if (turn === 2) source.add("w").add("x");
  }
}

export const keyCursor = handler(
  "key-cursor",
  { labels: { visit: { "": ["object", "seen"], key: ["key"] } }, cursors: { visit: ["key in"] }, captures: { visit: ["key"] } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ visit: (v_k) => () => v_k.key });
    let v_k;
    switch ($.pc) {
      case "":
        v.object = event.data.object;
        v.seen = [];
      case "visit":
        for (const key of $.keys("key", () => v.object)) {
          v_k = $.scope("key", (v_k) => { v_k.key = key; });
          v.seen.push(await $.at("visit", () => step.run("visit", $.fn("visit", v_k))));
          delete v.object.b;
          v.object.added = 1;
        }
    }
    return v.seen;
  },
);

/** A loop in a loop: the inner cursor begins again with each outer item, and both end early. */
export const nestedLoops = handler(
  "nested-loops",
  { labels: { pair: { "": ["seen"], outer: ["a"], inner: ["b"] }, end: { "": ["seen"] } }, cursors: { pair: ["outer", "inner"] }, captures: { pair: ["outer", "inner"] } },
  async ($, { step }) => {
    const v = $.scope("");
    $.code({ pair: (v_a, v_b) => () => `${v_a.a}${v_b.b}`, end: () => () => "end" });
    let v_a, v_b;
    switch ($.pc) {
      case "":
        v.seen = [];
      case "pair":
        outer: for (const a of $.each("outer", () => new Set(["x", "y", "z"]))) {
          v_a = $.scope("outer", (v_a) => { v_a.a = a; });
          for (const b of $.each("inner", () => [1, 2, 3])) {
            v_b = $.scope("inner", (v_b) => { v_b.b = b; });
            v.seen.push(await $.at("pair", () => step.run("pair", $.fn("pair", v_a, v_b))));
            if (v_b.b === 2 && v_a.a === "y") break outer;
            if (v_b.b === 2) continue outer;
          }
        }
      case "end":
        v.seen.push(await $.at("end", () => step.run("end", $.fn("end"))));
    }
    return v.seen;
  },
);

const inner = emitted("calls/inner", { labels: { leaf: { "": ["n"] } } }, async ($, step, n, format) => {
  const v = $.scope("", (v) => { v.n = n; });
  $.code({ leaf: () => () => format(n) });
  switch ($.pc) {
    case "":
    case "leaf":
      v.n = await $.at("leaf", () => step.run("leaf", $.fn("leaf")));
  }
  if (v.n === "bad") throw new Error("a bad leaf");
  return v.n;
});

const middle = emitted(
  "calls/middle",
  { labels: { inner: { "": ["n"] }, second: { "": ["first"] } } },
  async ($, step, n, format) => {
    const v = $.scope("", (v) => { v.n = n; });
    $.code({ second: () => () => "second" });
    switch ($.pc) {
      case "":
      case "inner":
        v.first = await $.at("inner", () => inner(step, v.n, format));
      case "second":
        await $.at("second", () => step.run("second", $.fn("second")));
    }
    return $.out(inner(step, v.first, format));
  },
);

/** A call two deep, with a closure as argument, a returned handle, and a failure caught by the caller. */
export const calls = handler(
  "calls",
  { labels: { middle: {}, failing: { "": ["result"] }, last: { "": ["result", "caught"] } } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ format: () => (n) => `<${n}${event.data.suffix}>`, bad: () => () => "bad", last: () => () => "last" });
    switch ($.pc) {
      case "":
      case "middle":
        v.result = await $.at("middle", () => middle(step, 1, $.fn("format")));
      case "failing":
        try {
          await $.at("failing", () => inner(step, 2, $.fn("bad")));
        } catch (error) {
          v.caught = error.message;
        }
      case "last":
        await $.at("last", () => step.run("last", $.fn("last")));
    }
    return { result: v.result, caught: v.caught };
  },
);

/** A loop over a generator runs as the language says until it is to be stored. */
export const opaqueLoop = handler(
  "opaque-loop",
  { labels: { visit: { "": ["seen"] } } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({ visit: () => () => 1 });
    let closed = false;
    const letters = function* () {
      try {
        yield* "abc";
      } finally {
        closed = true;
      }
    };
    switch ($.pc) {
      case "":
        v.seen = [];
      case "visit":
        for (const letter of $.each("letter", letters)) {
          v.seen.push(letter);
          if (event.data.suspend) await $.at("visit", () => step.run("visit", $.fn("visit")));
          if (letter === "b") break;
        }
    }
    return { seen: v.seen, closed };
  },
);
