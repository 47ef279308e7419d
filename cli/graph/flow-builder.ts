/**
 * Puts flows together. A flow is a function as it is called in one place: its ends are where the caller goes on, so that
 * a failure in a helper leads to the rollback of whoever called it.
 */
import type {
  Edge,
  EnclosingConstruct,
  FunctionManifest,
  LabelInfo,
  Part,
  SourceRange,
} from "../../runtime/manifest.ts";
import type { EdgeKind, Graph, GraphEdge, GraphNode, NodeKind } from "./model.ts";
import { Registered } from "./registered.ts";

interface Flow {
  readonly fn: FunctionManifest;
  /** Front of the ids of its nodes. */
  readonly prefix: string;
  /** It is called in a `catch`. */
  readonly rollback: boolean;
  /** Nodes that are entered when it returns, and when it throws. */
  readonly onReturn: () => readonly string[];
  readonly onThrow: () => readonly string[];
  /** The node at which the outermost flow fails. */
  readonly failed: string;
  /** A failure that it does not catch goes no way of its own: it is that of the combination around. */
  readonly inFork: boolean;
  /** Codes of the flows around, its own included. */
  readonly stack: readonly string[];
}

export class FlowBuilder {
  readonly #functions: readonly FunctionManifest[];
  readonly #expand: boolean;
  readonly #nodes = new Map<string, GraphNode>();
  readonly #edges = new Map<string, GraphEdge>();
  readonly #held = new Set<FunctionManifest>();
  readonly #registered = new Registered();

  constructor(functions: readonly FunctionManifest[], expand: boolean) {
    this.#functions = functions;
    this.#expand = expand;
  }

  graph(): Graph {
    const nodes = [...this.#nodes.values()];
    const starts = nodes.filter(({ kind }) => kind === "start").map(({ id }) => id);
    return { nodes, edges: this.#registered.lead([...this.#edges.values()], starts) };
  }

  /** Whether a function was drawn where it is called. */
  holds(fn: FunctionManifest): boolean {
    return this.#held.has(fn);
  }

  /** Draws a function from a start of its own to ends of its own. */
  root(fn: FunctionManifest): void {
    const { code } = fn;
    const prefix = `${code}:`;
    const end = (kind: "completed" | "failed") => () => {
      this.#node({ id: `${prefix}${kind}`, kind, text: kind, function: code });
      return [`${prefix}${kind}`];
    };
    const flow: Flow = {
      fn,
      prefix,
      rollback: false,
      onReturn: end("completed"),
      onThrow: end("failed"),
      failed: `${prefix}failed`,
      inFork: false,
      stack: [code],
    };
    this.#node({ id: `${prefix}start`, kind: "start", text: code, function: code, line: fn.range.line });
    this.#edgesTo(flow, `${prefix}start`, fn.entry, "success");
    this.#draw(flow);
  }

  #draw(flow: Flow): void {
    const { fn } = flow;
    for (const [label, info] of Object.entries(fn.labels)) this.#label(flow, label, info);
    for (const [key, { kind, text, range, within, next }] of Object.entries(fn.branches ?? {})) {
      const id = branchId(flow, key);
      this.#add(flow, { id, kind: kind === "loop" ? "loop" : "branch", text, range, within });
      this.#edgesTo(flow, id, next, "success");
    }
  }

  #label(flow: Flow, label: string, info: LabelInfo): void {
    const part: Part = info.part ?? { kind: info.kind, name: label };
    const id = labelId(flow, label);
    const called = this.#called(flow, part);
    if (called) {
      this.#draw(this.#calledFlow(flow, label, info, called));
      return;
    }
    const place: Place = { range: info.range, within: info.within, label };
    const { last, all } = this.#part(flow, id, part, place);
    for (const end of all) this.#edgesTo(flow, end, info.next, "success");
    if (part.method !== "allSettled" && part.rollback === undefined) {
      this.#edgesTo(flow, last, info.rollback, "rollback", failureOf(part));
    } else if (part.rollback?.length === 0) this.#edgesTo(flow, last, info.next, "rollback");
  }

  /** Draws a part with what follows it. `last` is where it fails, `all` is where control goes on from. */
  #part(flow: Flow, id: string, part: Part, place: Place): { last: string; all: readonly string[] } {
    const isFork = part.kind === "combination" || part.each !== undefined;
    const last = isFork ? this.#fork(flow, id, part, place) : id;
    // `await handle` and `a+b` say less than what they stand for.
    if (!isFork) this.#add(flow, { id, kind: part.kind as NodeKind, text: part.name, ...place });
    // What follows each element of a list stands in the fork.
    const { next: follow = [], rollback = [] } = part.each === undefined ? part : {};
    let end = last;
    for (const [index, next] of follow.entries()) {
      const then = this.#part(flow, `${id}:then:${index}`, next, place);
      this.#edge({ from: end, to: `${id}:then:${index}`, kind: "success" });
      end = then.last;
    }
    const undone = rollback.flatMap((undo, index) => {
      const undoId = `${id}:catch:${index}`;
      const within: Place["within"] = [...place.within, { kind: "callback", name: "catch" }];
      this.#edge({ from: last, to: undoId, kind: "rollback" });
      return this.#part(flow, undoId, undo, { ...place, within }).all;
    });
    for (const [index, undo] of (part.undo ?? []).entries()) {
      this.#register(flow, last, `${id}:registered:${index}`, undo, place);
    }
    return { last, all: [end, ...undone] };
  }

  /** Draws what a step registers with `.rollback(f)`. It stands by itself until all failures are known. */
  #register(flow: Flow, step: string, id: string, undo: Part, { range, within }: Place): void {
    const exit = `${id}:exit`;
    const { failed } = flow;
    const leaves = () => [exit];
    const inner: Flow = { ...flow, rollback: true, onReturn: leaves, onThrow: leaves, inFork: false };
    const called = this.#called(flow, undo);
    if (called) {
      const body: Flow = { ...inner, fn: called, prefix: `${id}/`, stack: [...flow.stack, called.code] };
      const entries = called.entry.flatMap((first) => this.#targets(body, first));
      this.#draw(body);
      this.#registered.add(step, { entries, exit, failed });
      return;
    }
    const { last, all } = this.#part(inner, id, undo, { range, within });
    for (const end of all) this.#edge({ from: end, to: exit, kind: "success" });
    this.#edge({ from: last, to: exit, kind: "rollback" });
    this.#registered.add(step, { entries: [id], exit, failed });
  }

  /** Draws the parts of a combination between a fork and a join; gives the join. */
  #fork(flow: Flow, id: string, part: Part, place: Place): string {
    const join = `${id}:join`;
    const parts = part.each === undefined ? (part.parts ?? []) : [part];
    const each = parts.length === 1 ? parts[0]?.each : undefined;
    this.#add(flow, { id, kind: "fork", text: each === undefined ? methodText(part) : `each of ${each}`, ...place });
    this.#add(flow, { id: join, kind: "join", text: part.name, ...place });
    const needsAll = part.method === undefined || part.method === "all" || part.method === "map";
    this.#registered.addFork({ id, join, needsAll, isEach: each !== undefined });
    if (parts.length === 0) this.#edge({ from: id, to: join, kind: "success" });
    for (const [index, element] of parts.entries()) {
      const { each: _each, ...one } = element;
      this.#branch(flow, `${id}:${index}`, parts.length === 1 ? one : element, place, [id, join]);
    }
    return join;
  }

  #branch(flow: Flow, id: string, part: Part, place: Place, [fork, join]: readonly [string, string]): void {
    const called = this.#called(flow, part);
    if (called) {
      const inner: Flow = {
        fn: called,
        prefix: `${id}/`,
        rollback: isRollback(flow, place.within),
        onReturn: () => [join],
        onThrow: () => [join],
        failed: flow.failed,
        inFork: true,
        stack: [...flow.stack, called.code],
      };
      this.#edgesTo(inner, fork, called.entry, "success");
      this.#draw(inner);
      return;
    }
    const { last, all } = this.#part(flow, id, part, place);
    this.#edge({ from: fork, to: id, kind: "success" });
    for (const end of all) this.#edge({ from: end, to: join, kind: "success" });
    if (part.rollback?.length === 0) this.#edge({ from: last, to: join, kind: "rollback" });
  }

  /** The function that stands in for a call. One that is called by itself again is not drawn again. */
  #called({ stack }: Flow, { kind, code, each, next, rollback, undo }: Part): FunctionManifest | undefined {
    if (!this.#expand || kind !== "call" || code === undefined) return undefined;
    if ([each, next, rollback, undo].some((more) => more !== undefined)) return undefined;
    const [found, another] = this.#functions.filter((fn) => fn.code === code);
    // Two modules of a package may have helpers of one name.
    if (!found || another || stack.includes(code)) return undefined;
    const [entry] = found.entry;
    if (!entry || "end" in entry) return undefined;
    this.#held.add(found);
    return found;
  }

  #calledFlow(flow: Flow, label: string, { within, next, rollback }: LabelInfo, fn: FunctionManifest): Flow {
    return {
      fn,
      prefix: `${labelId(flow, label)}/`,
      rollback: isRollback(flow, within),
      onReturn: () => next.flatMap((edge) => this.#targets(flow, edge)),
      onThrow: () => rollback.flatMap((edge) => this.#targets(flow, edge)),
      failed: flow.failed,
      inFork: flow.inFork && rollback.every((edge) => "end" in edge),
      stack: [...flow.stack, fn.code],
    };
  }

  /** The nodes that an edge leads to: several when the caller of a function goes several ways behind it. */
  #targets(flow: Flow, edge: Edge): readonly string[] {
    if ("end" in edge) return edge.end === "return" ? flow.onReturn() : flow.onThrow();
    if ("branch" in edge) return [branchId(flow, edge.branch)];
    const info = flow.fn.labels[edge.to] as LabelInfo;
    const called = this.#called(flow, info.part ?? { kind: info.kind, name: edge.to });
    if (!called) return [labelId(flow, edge.to)];
    const inner = this.#calledFlow(flow, edge.to, info, called);
    return called.entry.flatMap((first) => this.#targets(inner, first));
  }

  #edgesTo(flow: Flow, from: string, edges: readonly Edge[], kind: EdgeKind, text?: string): void {
    for (const edge of edges) {
      const throws = "end" in edge && edge.end === "throw";
      if (kind === "rollback" && throws && flow.inFork) continue;
      const kindHere = kind === "success" && throws ? "throw" : kind;
      const shown = edge.when ?? text;
      for (const to of this.#targets(flow, edge)) {
        this.#edge({ from, to, kind: kindHere, ...(shown !== undefined && { text: shown }) });
      }
    }
  }

  #add(flow: Flow, { id, kind, text, range, within, label }: Described): void {
    this.#node({
      id,
      kind,
      text,
      function: flow.fn.code,
      ...(label !== undefined && { label }),
      line: range.line,
      ...(isRollback(flow, within) && { rollback: true }),
    });
  }

  #node(node: GraphNode): void {
    if (!this.#nodes.has(node.id)) this.#nodes.set(node.id, node);
  }

  #edge(edge: GraphEdge): void {
    this.#edges.set(JSON.stringify([edge.from, edge.to, edge.kind, edge.text]), edge);
  }
}

interface Place {
  readonly range: SourceRange;
  readonly within: readonly EnclosingConstruct[];
  readonly label?: string;
}

interface Described extends Place {
  readonly id: string;
  readonly kind: NodeKind;
  readonly text: string;
}

function labelId({ prefix }: Flow, label: string): string {
  return `${prefix}${label}`;
}

function branchId({ prefix }: Flow, key: string): string {
  return `${prefix}? ${key}`;
}

function isRollback(flow: Flow, within: readonly EnclosingConstruct[]): boolean {
  const isCatch = ({ kind, name }: EnclosingConstruct) => kind === "catch" || (kind === "callback" && name === "catch");
  return flow.rollback || within.some(isCatch);
}

function methodText({ method }: Part): string {
  switch (method) {
    case "any":
      return "first to succeed of";
    case "race":
      return "first to end of";
    case "allSettled":
      return "all of, failed or not";
    default:
      return "all of";
  }
}

/** Under which condition a combination fails. */
function failureOf({ method, kind }: Part): string | undefined {
  if (kind !== "combination") return undefined;
  return method === "any" ? "all fail" : method === "race" ? "the first fails" : "one fails";
}
