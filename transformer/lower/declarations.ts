/**
 * Variable statements whose names are slots, or whose values come out of a chain of callbacks.
 *
 *   let a = 1, b = await step.run("b", f);     v.a = 1; v.b = await $.at("b", () => step.run("b", f));
 */
import type tsTypes from "typescript";
import { usingKeyword } from "../analyse/resources.ts";
import type { Rope } from "../ir.ts";
import { sequence } from "./blocks.ts";
import { endsBehindValue, isDeclaredIn, lowerChain } from "./chains.ts";
import { type Context, isHolder, labelsIn, type Place, slotName, textOf } from "./context.ts";
import { copy, copyChildren } from "./copy.ts";
import { assignmentTarget, assignPattern, declaresSlots } from "./patterns.ts";
import { nativeResource, taken } from "./resources.ts";
import { destructure } from "./suspending-patterns.ts";

export function lowerVariables(context: Context, node: tsTypes.VariableStatement, place: Place): Rope {
  const { declarations } = node.declarationList;
  const isNative = declarations.every(
    (declaration) => !isAssigned(context, declaration) && !chainNode(context, declaration),
  );
  if (
    isNative &&
    declarations.filter((declaration) => labelsIn(context, declaration).length > 0).length <= 1 &&
    labelsIn(context, declarations[0]).length === labelsIn(context, node).length
  ) {
    return copyChildren(context, node);
  }
  return sequence(
    context,
    declarations.map((declaration) => ({
      labels: labelsIn(context, declaration),
      rope: lowerDeclaration(context, declaration, place),
    })),
  );
}

function lowerDeclaration(context: Context, node: tsTypes.VariableDeclaration, place: Place): Rope {
  const chained = chainNode(context, node);
  if (chained) return lowerChainDeclaration(context, node, chained, place);
  if (isAssigned(context, node)) return assignSlots(context, node);
  const keyword = keywordOf(context, node);
  return [`${keyword} `, copyChildren(context, node), ";"];
}

/** Its names are slots, or it has none and suspends all the same: `const [[] = await x] = y`. */
function isAssigned(context: Context, { name }: tsTypes.VariableDeclaration): boolean {
  return declaresSlots(context, name) || isHolder(context, name);
}

/** `let x;` is `undefined` again each time it is reached; `var x;` keeps its value. */
function assignSlots(context: Context, node: tsTypes.VariableDeclaration): Rope {
  if (node.initializer && isHolder(context, node.name)) {
    return destructure(context, node.name, copy(context, node.initializer), labelsIn(context, node.initializer));
  }
  const native = nativeResource(context, node);
  if (native) return native;
  if (node.initializer) return assignPattern(context, node.name, taken(context, node, copy(context, node.initializer)));
  const isVar = !(node.parent.flags & context.ts.NodeFlags.BlockScoped);
  if (isVar) return "";
  return [assignmentTarget(context, node.name), " = undefined;"];
}

function keywordOf({ ts }: Context, node: tsTypes.VariableDeclaration): string {
  const { flags } = node.parent;
  const using = usingKeyword(ts, node.parent as tsTypes.VariableDeclarationList);
  if (using) return using;
  return flags & ts.NodeFlags.Const ? "const" : flags & ts.NodeFlags.Let ? "let" : "var";
}

/** The awaited node of a declaration whose value is a chain with callbacks. */
function chainNode(context: Context, node: tsTypes.VariableDeclaration): tsTypes.Expression | undefined {
  let value = node.initializer;
  while (value) {
    if (context.analysis.suspensions.chains.has(value)) return value;
    if (!("expression" in value) || context.ts.isAwaitExpression(value) || context.ts.isCallExpression(value))
      return undefined;
    value = value.expression as tsTypes.Expression;
  }
  return undefined;
}

/** `const row = await step.run(…).catch(f)`: the name is given its value in both branches. */
function lowerChainDeclaration(
  context: Context,
  node: tsTypes.VariableDeclaration,
  chained: tsTypes.Expression,
  place: Place,
): Rope {
  const { ts } = context;
  const isName = ts.isIdentifier(node.name);
  const isLate = endsBehindValue(context, chained);
  if (isName && declaresSlots(context, node.name)) {
    const binding = context.analysis.bindings.byIdentifier.get(node.name as tsTypes.Identifier);
    const slot = (binding && slotName(context, binding)) as string;
    if (isLate) {
      const result = context.names.fresh("result");
      const chain = lowerChain(context, chained, place, (value) => [`${result} = `, value ?? "undefined", ";"]);
      return [`let ${result}; `, chain, ` ${slot} = `, taken(context, node, result), ";"];
    }
    return lowerChain(context, chained, place, (value) => [
      `${slot} = `,
      taken(context, node, value ?? "undefined"),
      ";",
    ]);
  }
  const isOwn = isName && !isLate && !isDeclaredIn(context, node.name.getText(), chained);
  const name = isOwn ? node.name.getText() : context.names.fresh("result");
  const chain = lowerChain(context, chained, place, (value) => [`${name} = `, value ?? "undefined", ";"]);
  const keyword = keywordOf(context, node) === "var" ? "var" : "let";
  const declared: Rope = isOwn ? textOf(context, node.name) : name;
  const after: Rope = isOwn
    ? ""
    : declaresSlots(context, node.name)
      ? assignPattern(context, node.name, name)
      : [` ${keywordOf(context, node)} `, copy(context, node.name), ` = ${name};`];
  return [`${keyword} `, declared, "; ", chain, after];
}
