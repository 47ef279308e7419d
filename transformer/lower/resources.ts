/**
 * `using` and `await using` with a suspension between the declaration and the end of its scope. The resources are kept
 * by the frame; their scope becomes a `try` that disposes of them:
 *
 *   using file = open();       try { v.file = $.use("using file", open());
 *   await step.run("a", f);      await $.at("a", () => step.run("a", …));
 *                              } catch ($error) { $.thrown("using file", $error); } finally { $.dispose("using file"); }
 *
 * `await using` suspends at the end, so that this `try` is one whose `finally` does:
 *
 *   while ($.disposes("using file", "file.dispose")) try { await $.disposed("using file", "file.dispose"); }
 *   catch ($error) { $.suppress("using file", $error); }
 *
 * Without such a suspension the declaration stays. If its variable is a slot, it is of a name of its own:
 *
 *   using file = open();       using $file = open(); v.file = $file;
 */
import type tsTypes from "typescript";
import { resourceScopeOf, usingKeyword } from "../analyse/resources.ts";
import { managedResources } from "../analyse/suspensions.ts";
import type { Rope } from "../ir.ts";
import { endOf } from "./blocks.ts";
import type { Context, Place } from "./context.ts";
import { copy } from "./copy.ts";
import { assignPattern } from "./patterns.ts";
import { quote } from "./text.ts";
import { mayOvertake, wrapFinally } from "./try.ts";

/** The code at whose end the resources of `node` are disposed of; `node` may have none. */
export function withResources(context: Context, node: tsTypes.Node, place: Place, lower: (inner: Place) => Rope): Rope {
  const { ts, analysis, frame } = context;
  const resources = managedResources(node, analysis.suspensions);
  if (!resources) return lower(place);
  const name = nameOf(context, resources.lists[0] as tsTypes.VariableDeclarationList);
  const end = analysis.suspensions.disposals.get(node);
  const error = context.names.fresh("$error");
  if (!end) {
    const thrown = `${frame}.thrown(${quote(name)}, ${error});`;
    return [
      " try { ",
      lower(place),
      ` } catch (${error}) { ${thrown} } finally { ${frame}.dispose(${quote(name)}); } `,
    ];
  }
  const asked = `${quote(name)}, ${quote(end.label)}`;
  const wrapped = wrapFinally(context, name, [end.label], place, {
    body: (inner) => [lower(inner), endOf(ts, ts.isBlock(node) ? node.statements.at(-1) : (node as tsTypes.Statement))],
    overtaken: mayOvertake(ts, node),
    cleanup: () =>
      `while (${frame}.disposes(${asked})) try { await ${frame}.disposed(${asked}); } ` +
      `catch (${error}) { ${frame}.suppress(${quote(name)}, ${error}); }`,
  });
  return [" ", wrapped, " "];
}

/** The value of a declaration: a resource is given to the frame, when that takes care of it. */
export function taken(context: Context, { parent: list }: tsTypes.VariableDeclaration, value: Rope): Rope {
  const { ts, analysis, frame } = context;
  const keyword = ts.isVariableDeclarationList(list) && usingKeyword(ts, list);
  if (!keyword) return value;
  const resources = managedResources(resourceScopeOf(ts, list), analysis.suspensions);
  if (!resources) return value;
  const name = quote(nameOf(context, resources.lists[0] as tsTypes.VariableDeclarationList));
  return [`${frame}.use(${name}, `, value, keyword === "await using" ? ", true)" : ")"];
}

/** `using $file = open(); v.file = $file;`: undefined when the frame takes care of it, or it is no resource. */
export function nativeResource(context: Context, node: tsTypes.VariableDeclaration): Rope | undefined {
  const keyword = nativeKeyword(context, node.parent as tsTypes.VariableDeclarationList);
  if (!keyword || !node.initializer) return undefined;
  const name = context.names.fresh(`$${node.name.getText()}`);
  return [`${keyword} ${name} = `, copy(context, node.initializer), "; ", assignPattern(context, node.name, name)];
}

/** The word that declares a resource of which the language takes care. */
export function nativeKeyword({ ts, analysis }: Context, list: tsTypes.VariableDeclarationList): string | undefined {
  const isManaged = managedResources(resourceScopeOf(ts, list), analysis.suspensions) !== undefined;
  return isManaged ? undefined : usingKeyword(ts, list);
}

function nameOf({ paths }: Context, first: tsTypes.VariableDeclarationList): string {
  return paths.get(first) as string;
}
