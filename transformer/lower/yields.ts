/**
 * `yield` in a generator function whose generators can be stored:
 *
 *   yield total         yield $.give("total", () => v.total)
 *   yield* rest()       yield* $.delegate("rest", () => rest())
 *   yield f(yield a)    yield $.given("f", $.in("f") || (f(yield $.give("a", () => a))))
 *
 * In an async one, `$.resumed(yield $.give("total", () => v.total))`: its code may go on in a job of its own.
 */
import type tsTypes from "typescript";
import { isAsyncGenerator } from "../analyse/generators.ts";
import type { Rope, Suspension } from "../ir.ts";
import { type Context, isHolder, reenters } from "./context.ts";
import { copy, thunk } from "./copy.ts";
import { collectionView } from "./each-loops.ts";
import { quote } from "./text.ts";

export function lowerYield(context: Context, node: tsTypes.YieldExpression, suspension: Suspension): Rope {
  const text = yieldText(context, node, suspension);
  return isAsyncGenerator(context.ts, context.current.fn) ? [`${context.frame}.resumed(`, text, ")"] : text;
}

function yieldText(
  context: Context,
  { asteriskToken, expression }: tsTypes.YieldExpression,
  { label }: Suspension,
): Rope {
  const { frame } = context;
  const [word, atOnce, evaluated] = asteriskToken ? ["yield*", "delegate", "delegated"] : ["yield", "give", "given"];
  if (!expression) return `${word} ${frame}.${atOnce}(${quote(label)})`;
  if (isHolder(context, expression)) {
    const again = reenters(context, [label]);
    return [`${word} ${frame}.${evaluated}(${quote(label)}, ${again} || (`, copy(context, expression), "))"];
  }
  const text =
    (asteriskToken && collectionView(context, expression)) || thunk(context, expression, copy(context, expression));
  return [`${word} ${frame}.${atOnce}(${quote(label)}, `, text, ")"];
}
