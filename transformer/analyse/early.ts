/** Uses of a `let`, `const` or class that can come before its declaration has run. */
import type tsTypes from "typescript";
import type { Binding, TypeScript } from "../ir.ts";

/** Whether a use stands in front of the declaration, in its own initialiser, or in another clause of a `switch`. */
export function mayBeEarly(ts: TypeScript, node: tsTypes.Identifier, binding: Binding): boolean {
  const [declaration] = binding.declarations;
  if (!declaration || node === declaration || !isBlockScoped(binding)) return false;
  if (node.pos < declaration.pos) return true;
  if (binding.scope.kind === "switch") return clauseOf(node, binding) !== clauseOf(declaration, binding);
  const { initializer } = declaration.parent as tsTypes.VariableDeclaration;
  const isOwn = initializer !== undefined && node.pos >= initializer.pos && node.end <= initializer.end;
  return isOwn && !ts.isFunctionLike(initializer);
}

function isBlockScoped({ kind }: Binding): boolean {
  return kind === "let" || kind === "const" || kind === "class";
}

function clauseOf(node: tsTypes.Node, binding: Binding): tsTypes.Node {
  let clause = node;
  while (clause.parent !== binding.scope.node) clause = clause.parent;
  return clause;
}
