/**
 * Object literals with accessors: their functions are records like those of methods.
 *
 *   { n: 1, get half() { … } }     $.accessors({ n: 1, half: undefined }, { half: { get: $.fn("get half") } })
 *
 * What may replace an accessor is a literal of its own, whose properties are added behind it:
 *
 *   { get n() { … }, ...more }     $.extended($.accessors({ n: undefined }, { n: … }), { ...more })
 */
import type tsTypes from "typescript";
import type { Rope } from "../ir.ts";
import { closureCall } from "./closures.ts";
import type { Context } from "./context.ts";
import { copy } from "./copy.ts";
import { join, propertyKey, span } from "./text.ts";

/** A part of the literal: its properties, and the accessors that are defined behind them. */
interface Chunk {
  readonly pieces: Rope[];
  readonly moved: Map<string, Map<"get" | "set", Rope>>;
}

export function lowerAccessors(context: Context, node: tsTypes.ObjectLiteralExpression): Rope {
  const { frame } = context;
  let chunk: Chunk = { pieces: [], moved: new Map() };
  const chunks = [chunk];
  let position = node.getStart();
  for (const property of node.properties) {
    if (mayReplace(context, property, chunk)) {
      chunk.pieces.push(" }");
      chunk = { pieces: ["{ "], moved: new Map() };
      chunks.push(chunk);
    } else chunk.pieces.push(span(position, property.getStart()));
    chunk.pieces.push(lowerProperty(context, property, chunk));
    position = property.end;
  }
  chunk.pieces.push(span(position, node.end));
  const [first, ...others] = chunks.map((each) => chunkText(context, each)) as [Rope, ...Rope[]];
  return others.reduce((before, each): Rope => [`${frame}.extended(`, before, ", ", each, ")"], first);
}

function chunkText({ frame }: Context, { pieces, moved }: Chunk): Rope {
  if (moved.size === 0) return pieces;
  const entries = [...moved].map(([name, halves]): Rope => {
    const functions = [...halves].map(([kind, text]): Rope => [`${kind}: `, text]);
    return [`${propertyKey(name)}: { `, join(functions, ", "), " }"];
  });
  return [`${frame}.accessors(`, pieces, ", { ", join(entries, ", "), " })"];
}

/** Whether a property may have the name of an accessor in front of it, and is not its other half. */
function mayReplace({ ts }: Context, property: tsTypes.ObjectLiteralElementLike, { moved }: Chunk): boolean {
  if (moved.size === 0) return false;
  const { name } = property;
  if (!name || ts.isComputedPropertyName(name)) return true;
  const halves = moved.get(ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? name.text : name.getText());
  if (halves === undefined) return false;
  const isAccessor = ts.isGetAccessor(property) || ts.isSetAccessor(property);
  return !isAccessor || halves.has(ts.isGetAccessor(property) ? "get" : "set");
}

/** An accessor leaves a property in its place, its second half nothing. */
function lowerProperty(context: Context, property: tsTypes.Node, { moved }: Chunk): Rope {
  const { ts } = context;
  const closure = context.analysis.closures.records.get(property);
  if (!closure || !(ts.isGetAccessor(property) || ts.isSetAccessor(property))) return copy(context, property);
  const name = (property.name as tsTypes.Identifier).text;
  const known = moved.get(name);
  const halves = known ?? new Map<"get" | "set", Rope>();
  halves.set(ts.isGetAccessor(property) ? "get" : "set", closureCall(context, closure));
  moved.set(name, halves);
  return known ? "...{}" : [propertyKey(name), ": undefined"];
}
