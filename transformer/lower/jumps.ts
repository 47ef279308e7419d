/**
 * Ways out of a statement: `break`, `continue`, `return`.
 *
 * An unlabelled `break` behind a `switch` of ours gets a label. A way out of a `try` whose `finally` suspends is
 * recorded as the pending completion, and taken behind the `finally`:
 *
 *   return total;     $.exit("finally", "return", v.total); break fin;
 *   break outer;      $.exit("finally", "break outer"); break fin;
 */
import type tsTypes from "typescript";
import type { Rope } from "../ir.ts";
import { type Context, type Finalizer, type JumpTarget, type Place, textOf } from "./context.ts";
import { quote } from "./text.ts";

interface Found {
  readonly target: JumpTarget;
  readonly finalizer: Finalizer | undefined;
  readonly crossesSwitch: boolean;
}

export function lowerJump(context: Context, node: tsTypes.BreakOrContinueStatement, place: Place): Rope {
  const isContinue = context.ts.isContinueStatement(node);
  const found = findTarget(place, node.label?.text, isContinue);
  const isPlain = !found || (!found.finalizer && (!found.crossesSwitch || isContinue || node.label));
  if (isPlain) return textOf(context, node);
  return jumpTo(context, found.target, isContinue, place, node.label?.text);
}

function findTarget(place: Place, label: string | undefined, isContinue: boolean): Found | undefined {
  let finalizer: Finalizer | undefined;
  let crossesSwitch = false;
  for (let current = place; current.kind !== "unit"; current = current.outer) {
    if (current.kind === "generated") crossesSwitch = true;
    else if (current.kind === "finally") finalizer ??= current.finalizer;
    else if (current.kind === "breakable" && isTarget(current.target, label, isContinue)) {
      return { target: current.target, finalizer, crossesSwitch };
    }
  }
  return undefined;
}

/** `break` without a label stops at loops and switches, other statements are targets by their label only. */
function isTarget(target: JumpTarget, label: string | undefined, isContinue: boolean): boolean {
  if (label !== undefined) return target.labels.includes(label);
  return isContinue ? target.isLoop : target.isBreakable;
}

/** The jump to a known target from `place`, through the `finally` blocks between them. */
function jumpTo(context: Context, target: JumpTarget, isContinue: boolean, place: Place, wanted?: string): Rope {
  const label = wanted ?? labelOf(context, target);
  const text = `${isContinue ? "continue" : "break"} ${label}`;
  const finalizer = innermostFinalizer(place, target);
  if (!finalizer) return `${text};`;
  finalizer.exits.set(text, (outer) => jumpTo(context, target, isContinue, outer, label));
  return exitThrough(context, finalizer, text);
}

function innermostFinalizer(place: Place, target: JumpTarget): Finalizer | undefined {
  for (let current = place; current.kind !== "unit"; current = current.outer) {
    if (current.kind === "finally") return current.finalizer;
    if (current.kind === "breakable" && current.target === target) return undefined;
  }
  return undefined;
}

export function exitThrough(context: Context, finalizer: Finalizer, kind: string, value?: Rope): Rope {
  const argument: Rope = value === undefined ? "" : [", ", value];
  return [`${context.frame}.exit(${quote(finalizer.name)}, ${quote(kind)}`, argument, `); break ${finalizer.label};`];
}

/** A label of the target: the author's, or one made for it. */
function labelOf(context: Context, target: JumpTarget): string {
  const [own] = target.labels;
  if (own !== undefined) return own;
  target.generated ??= context.names.fresh(target.isLoop ? "loop" : "choice");
  return target.generated;
}

/** `return` from the unit, from a callback lowered in place, or through a `finally` that suspends. */
export function lowerReturn(context: Context, value: Rope | undefined, place: Place, node?: tsTypes.Node): Rope {
  for (let current = place; current.kind !== "unit"; current = current.outer) {
    if (current.kind === "finally") {
      const { finalizer } = current;
      finalizer.exits.set("return", (outer) =>
        lowerReturn(context, `${context.frame}.value(${quote(finalizer.name)})`, outer),
      );
      return exitThrough(context, finalizer, "return", value);
    }
    if (current.kind === "callback") return returnFromCallback(context, value, current, node);
  }
  return value === undefined ? "return;" : ["return ", value, ";"];
}

function returnFromCallback(
  context: Context,
  value: Rope | undefined,
  { callback }: Extract<Place, { kind: "callback" }>,
  node: tsTypes.Node | undefined,
): Rope {
  const delivered = callback.deliver(value);
  if (node !== undefined && node === callback.last) return delivered;
  callback.label ??= context.names.fresh("callback");
  return [delivered, ` break ${callback.label};`];
}
