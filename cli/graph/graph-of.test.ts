import { describe, expect, test } from "vitest";
import { transformSource } from "../../compiler/index.ts";
import { loadTypeScript } from "../../fixtures/toolchain.ts";
import { type GraphOptions, graphOf } from "./graph-of.ts";
import { toMermaid } from "./mermaid.ts";
import { toSvg } from "./svg.ts";

/** The graph of a handler's body, drawn as text: `a -> b`, `a ~> b` when a fails, `a !> b` when the code throws. */
function edgesOf(body: string, helpers = "", options: GraphOptions = {}): string[] {
  const { nodes, edges } = graphOf(manifestOf(body, helpers), options);
  const texts = new Map(nodes.map(({ id, kind, text }) => [id, kind === "join" ? "join" : text]));
  const arrows = { success: "->", rollback: "~>", throw: "!>" };
  return edges.map(({ from, to, kind, text }) => {
    return `${texts.get(from)} ${arrows[kind]} ${texts.get(to)}${text === undefined ? "" : ` (${text})`}`;
  });
}

function manifestOf(body: string, helpers = "") {
  const text = `import { type Step } from "backstitch";
    export default c.createFunction({ id: "f" }, { event: "e" }, async ({ event, step, group }) => {${body}});${helpers}`;
  const { manifest, diagnostics } = transformSource(loadTypeScript(), { fileName: "f.ts", text });
  expect(diagnostics.filter(({ category }) => category === "error")).toEqual([]);
  return manifest;
}

const step = (id: string) => `step.run("${id}", () => 1)`;

test("a failure that nothing catches fails the run; the first step of a catch is where a failure leads", () => {
  expect(edgesOf(`await ${step("a")}; try { await ${step("b")}; } catch { await ${step("undo")}; throw 1; }`)).toEqual([
    "f -> a",
    "a -> b",
    "a ~> failed",
    "b -> completed",
    "b ~> undo",
    "undo !> failed",
    "undo ~> failed",
  ]);
});

test("a group shows the steps of its callback", () => {
  const race = `Promise.race([${step("a")}, ${step("b")}])`;
  expect(edgesOf(`await group.parallel(async () => { await ${step("a")}; });`)).toContain("a ~> failed");
  expect(edgesOf(`await group.parallel({ mode: "race" }, () => ${race});`)).toEqual(edgesOf(`await ${race};`));
});

test("a condition that decides nothing about steps is no branch, one that two ways share is one", () => {
  const body = `
    let n = 0;
    if (event.x) n = 1; else n = 2;
    try { await ${step("a")}; } catch { await ${step("b")}; }
    if (n > 1) await ${step("c")};
    const d = event.y ? await ${step("d")} : 0;
    d && (await ${step("e")});`;
  const found = edgesOf(body).filter((edge) => !edge.includes("~>"));
  expect(found).toEqual([
    "f -> a",
    "a -> n > 1",
    "b -> n > 1",
    "c -> event.y",
    "d -> d",
    "e -> completed",
    "n > 1 -> c (yes)",
    "n > 1 -> event.y (no)",
    "event.y -> d (yes)",
    "event.y -> d (no)",
    "d -> e (yes)",
    "d -> completed (no)",
  ]);
});

test("loops, switch, endless loops and finally", () => {
  expect(edgesOf(`for (const x of event.xs) { if (x.skip) continue; await ${step("a")}; }`)).toEqual([
    "f -> for (const x of event.xs)",
    "a -> for (const x of event.xs)",
    "a ~> failed",
    "for (const x of event.xs) -> completed (done)",
    "for (const x of event.xs) -> x.skip (next)",
    "x.skip -> for (const x of event.xs) (yes)",
    "x.skip -> a (no)",
  ]);
  expect(edgesOf(`while (true) { if (await ${step("a")}) break; } for (;;) {}`)).toEqual([
    "f -> a",
    "a -> a",
    "a ~> failed",
  ]);
  expect(edgesOf(`switch (event.k) { case 1: await ${step("a")}; break; default: throw 2; }`)).toEqual([
    "f -> event.k",
    "a -> completed",
    "a ~> failed",
    "event.k -> a (1)",
    "event.k !> failed (default)",
  ]);
  expect(edgesOf(`try { return await ${step("a")}; } finally { await ${step("b")}; }`)).toEqual([
    "f -> a",
    "a -> b",
    "a ~> b",
    "b -> finally",
    "b ~> failed",
    "finally -> completed (return)",
    "finally !> failed (failed)",
  ]);
});

describe("at the same time", () => {
  test("the parts of a combination stand between a fork and a join, which fails", () => {
    const body = `
      const kept = ${step("kept")};
      await Promise.all([${step("a")}.catch(() => ${step("undo")}), kept, ...event.xs.map((x) => ${step("x")})]);
      await Promise.any([${step("b")}, ${step("c")}]).catch();`;
    expect(edgesOf(body)).toEqual([
      "f -> all of",
      "a ~> undo",
      "all of -> a",
      "a -> join",
      "undo -> join",
      "all of -> kept",
      "kept -> join",
      "each of event.xs -> x",
      "x -> join",
      "all of -> each of event.xs",
      "join -> join",
      "join -> first to succeed of",
      "join ~> failed (one fails)",
      "first to succeed of -> b",
      "b -> join",
      "first to succeed of -> c",
      "c -> join",
      "join -> completed",
      "join ~> completed",
    ]);
  });

  test("a combination of nothing comes to its end", () => {
    expect(edgesOf("await Promise.all([]);")).toEqual([
      "f -> all of",
      "all of -> join",
      "join -> completed",
      "join ~> failed (one fails)",
    ]);
  });

  test("a failure in a branch is that of the join, unless the branch catches it", () => {
    const body = `await step.map(event.xs, async (x) => {
      try { await ${step("a")}; await ${step("b")}; } catch (e) { await ${step("undo")}; throw e; }
    });`;
    expect(edgesOf(body)).toEqual([
      "f -> each of event.xs",
      "each of event.xs -> a",
      "a -> b",
      "a ~> undo",
      "b -> join",
      "b ~> undo",
      "undo !> join",
      "join -> completed",
      "join ~> failed (one fails)",
    ]);
  });
});

describe("what `.rollback(f)` registers", () => {
  const undone = (id: string, undo = `async () => { await ${step(`undo ${id}`)}; }`) => `${step(id)}.rollback(${undo})`;
  const failures = (body: string, helpers = "") =>
    edgesOf(body, helpers).filter((edge) => edge.includes("~>") || edge.includes("!>") || edge.startsWith("undo"));

  test("is done from the last one to the first, and whether one fails or not", () => {
    expect(edgesOf(`await ${undone("a")}; await ${undone("b")}; await ${step("c")};`)).toEqual([
      "f -> a",
      "undo a -> failed",
      "undo a ~> failed",
      "a -> b",
      "a ~> failed",
      "undo b -> undo a",
      "undo b ~> undo a",
      "b -> c",
      "b ~> undo a",
      "c -> completed",
      "c ~> undo b",
    ]);
  });

  test("comes behind a catch that throws, and not behind one that does not", () => {
    const body = `
      await ${undone("a")};
      try { await ${undone("b")}; } catch (e) { await ${step("note")}; throw e; }
      try { await ${step("c")}; } catch { await ${step("d")}; }`;
    expect(failures(body)).toEqual([
      "undo a -> failed",
      "undo a ~> failed",
      "a ~> failed",
      "undo b -> undo a",
      "undo b ~> undo a",
      "b ~> note",
      "note !> undo a",
      "note ~> undo a",
      "c ~> d",
      "d ~> undo b",
    ]);
  });

  test("is one of several where control divides, and what went before in a loop", () => {
    const body = `if (event.x) await ${undone("a")}; for (const x of event.xs) await ${undone("b")}; await ${step("c")};`;
    expect(failures(body)).toEqual([
      "undo a -> failed",
      "undo a ~> failed",
      "a ~> failed",
      "undo b -> failed",
      "undo b -> undo a",
      "undo b -> undo b",
      "undo b ~> failed",
      "undo b ~> undo a",
      "undo b ~> undo b",
      "b ~> failed",
      "b ~> undo a",
      "b ~> undo b",
      "c ~> failed",
      "c ~> undo a",
      "c ~> undo b",
    ]);
  });

  test("of what runs at the same time is in one list; when it fails, some of it may be", () => {
    const body = `await Promise.all([${undone("a")}, ${undone("b")}]); await ${step("c")};`;
    expect(failures(body)).toEqual([
      "undo a -> failed",
      "undo a ~> failed",
      "undo b -> undo a",
      "undo b ~> undo a",
      "join ~> failed (one fails)",
      "join ~> undo a (one fails)",
      "join ~> undo b (one fails)",
      "c ~> undo b",
    ]);
    const each = `await step.map(event.xs, async (x) => { await ${undone("a")}; await ${step("b")}; }); await ${step("c")};`;
    expect(failures(each)).toEqual([
      "undo a -> failed",
      "undo a -> undo a",
      "undo a ~> failed",
      "undo a ~> undo a",
      "join ~> failed (one fails)",
      "join ~> undo a (one fails)",
      "c ~> undo a",
    ]);
  });

  test("outlives the helper that registered it, whatever it is and however it was given", () => {
    const body = `await book(step); await ${undone("a", `() => ${step("undo a")}`)}; await ${undone("b", "event.undo")}; await ${step("c")};`;
    expect(failures(body, `async function book(step: Step) { await ${undone("room")}; }`)).toEqual([
      "undo room -> failed",
      "undo room ~> failed",
      "room ~> failed",
      "undo a -> undo room",
      "undo a ~> undo room",
      "a ~> undo room",
      "event.undo ~> undo a",
      "b ~> undo a",
      "c ~> event.undo",
    ]);
    expect(
      failures(
        `const kept = ${undone("a")}.rollback(() => ${step("undo more")}); await ${step("b")}; await kept; await ${step("c")};`,
      ),
    ).toEqual([
      "b ~> failed",
      "undo a -> failed",
      "undo a ~> failed",
      "undo more -> undo a",
      "undo more ~> undo a",
      "a ~> failed",
      "c ~> undo more",
    ]);
  });
});

describe("durable calls", () => {
  const helper = `async function pay(step: Step) { await ${step("charge")}; if (event.odd) throw 1; }`;
  const body = `try { await pay(step); await ${step("a")}; } catch { await ${step("undo")}; }`;

  test("are replaced by what they run, whose failure is caught by the caller", () => {
    expect(edgesOf(body, helper)).toEqual([
      "f -> charge",
      "charge -> event.odd",
      "charge ~> undo",
      "event.odd !> undo (yes)",
      "event.odd -> a (no)",
      "a -> completed",
      "a ~> undo",
      "undo -> completed",
      "undo ~> failed",
    ]);
  });

  test("are nodes when that is wanted, and where they call themselves", () => {
    expect(edgesOf(body, helper, { function: "f", expand: false })).toContain("pay -> a");
    const recursive = `async function pay(step: Step) { await ${step("charge")}; await pay(step); }`;
    expect(edgesOf("await pay(step);", recursive)).toEqual([
      "f -> charge",
      "charge -> pay",
      "charge ~> failed",
      "pay -> completed",
      "pay ~> failed",
    ]);
  });

  test("two helpers of one name are not guessed at", () => {
    const { functions } = manifestOf(body, helper);
    const twice = graphOf({ functions: [...functions, ...functions.filter(({ code }) => code === "#pay")] });
    expect(twice.nodes).toContainEqual(expect.objectContaining({ kind: "call", text: "pay", function: "f" }));
  });
});

test("names that mean something in a format are text in it", () => {
  const body = `await ${step("return")}; await ${step("__proto__")}; await step.run('a "b" <c> & #d; -->|', () => 1);
    if (event.a < 1 && event.b > "]") await step.sleep("支払い", 5);`;
  expect(edgesOf(body)).toContain("return -> __proto__");
  const graph = graphOf(manifestOf(body));
  expect(toMermaid(graph)).toContain('["a #34;b#34; #60;c#62; #38; #35;d; --#62;#124;"]');
  const svg = toSvg(graph);
  expect(svg).toContain("支払い");
  expect(svg.match(/<c>|& /g)).toBeNull();
});

test("nothing that suspends gives an empty graph", () => {
  expect(graphOf(manifestOf("return 1;"))).toEqual({ nodes: [], edges: [] });
  expect(toSvg({ nodes: [], edges: [] })).not.toMatch(/NaN|Infinity/);
  expect(graphOf(manifestOf(`await ${step("a")};`), { function: "none" })).toEqual({ nodes: [], edges: [] });
});
