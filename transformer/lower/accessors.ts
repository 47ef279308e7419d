/**
 * Object literals with accessors: their functions are records like those of methods.
 *
 *   { n: 1, get half() { … } }     $.accessors({ n: 1, half: undefined }, { half: { get: $.fn("get half") } })
 *   { n: 1, get [k]() { … } }      $.accessor({ n: 1, ...{} }, k, { get: $.fn("()") })
 *
 * What may replace an accessor is a literal of its own, whose properties are added behind it:
 *
 *   { get n() { … }, ...more }     $.extended($.accessors({ n: undefined }, { n: … }), { ...more })
 */
import type tsTypes from "typescript";
import { accessorKey } from "../analyse/functions.ts";
import type { Rope } from "../ir.ts";
import { closureCall } from "./closures.ts";
import type { Context } from "./context.ts";
import { copy } from "./copy.ts";
import { join, propertyKey, span } from "./text.ts";

/** A part of the literal: its properties, and the accessors that are defined behind them. */
interface Chunk {
  readonly pieces: Rope[];
  readonly moved: Map<string, Map<"get" | "set", Rope>>;
  /** Under computed keys, in their order: `k, { get: … }`. Nothing else comes behind them. */
  readonly keyed: Rope[];
}

export function lowerAccessors(context: Context, node: tsTypes.ObjectLiteralExpression): Rope {
  const { frame } = context;
  let chunk: Chunk = { pieces: [], moved: new Map(), keyed: [] };
  const chunks = [chunk];
  let position = node.getStart(context.file);
  for (const property of node.properties) {
    if (mayReplace(context, property, chunk)) {
      chunk.pieces.push(" }");
      chunk = { pieces: ["{ "], moved: new Map(), keyed: [] };
      chunks.push(chunk);
    } else chunk.pieces.push(span(position, property.getStart(context.file)));
    chunk.pieces.push(lowerProperty(context, property, chunk));
    position = property.end;
  }
  chunk.pieces.push(span(position, node.end));
  const [first, ...others] = chunks.map((each) => chunkText(context, each)) as [Rope, ...Rope[]];
  return others.reduce((before, each): Rope => [`${frame}.extended(`, before, ", ", each, ")"], first);
}

function chunkText({ frame }: Context, { pieces, moved, keyed }: Chunk): Rope {
  const entries = [...moved].map(([name, halves]): Rope => {
    const functions = [...halves].map(([kind, text]): Rope => [`${kind}: `, text]);
    return [`${propertyKey(name)}: { `, join(functions, ", "), " }"];
  });
  const plain: Rope = moved.size === 0 ? pieces : [`${frame}.accessors(`, pieces, ", { ", join(entries, ", "), " })"];
  return keyed.reduce((before, each): Rope => [`${frame}.accessor(`, before, ", ", each, ")"], plain);
}

/** Whether a property may have the name of an accessor in front of it, and is not its other half. */
function mayReplace({ ts }: Context, property: tsTypes.ObjectLiteralElementLike, { moved, keyed }: Chunk): boolean {
  const isAccessor = ts.isGetAccessor(property) || ts.isSetAccessor(property);
  const { name } = property;
  if (isAccessor && ts.isComputedPropertyName(property.name)) return false;
  if (keyed.length > 0) return true;
  if (moved.size === 0) return false;
  if (!name || ts.isComputedPropertyName(name)) return true;
  const halves = moved.get(accessorKey(ts, name));
  return halves !== undefined && (!isAccessor || halves.has(ts.isGetAccessor(property) ? "get" : "set"));
}

/** An accessor leaves a property in its place, its second half or one under a computed key nothing. */
function lowerProperty(context: Context, property: tsTypes.Node, { moved, keyed }: Chunk): Rope {
  const { ts } = context;
  const closure = context.analysis.closures.records.get(property);
  if (!closure || !(ts.isGetAccessor(property) || ts.isSetAccessor(property))) return copy(context, property);
  const kind = ts.isGetAccessor(property) ? "get" : "set";
  if (ts.isComputedPropertyName(property.name)) {
    const key = copy(context, property.name.expression);
    keyed.push([key, `, { ${kind}: `, closureCall(context, closure), " }"]);
    return "...{}";
  }
  const name = accessorKey(ts, property.name);
  const known = moved.get(name);
  const halves = known ?? new Map<"get" | "set", Rope>();
  halves.set(kind, closureCall(context, closure));
  moved.set(name, halves);
  return known ? "...{}" : [propertyKey(name), ": undefined"];
}
