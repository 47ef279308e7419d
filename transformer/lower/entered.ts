/**
 * Durable functions whose bodies stay in their class, where `this`, `super` and private names mean what they do. After a
 * reload the body is asked of the object on which the function was called.
 *
 *   ship(...$args) { return $.enter($ship, this, $args, async ($, step) => { … }); }
 *   static { $.register($ship, () => this.prototype.ship); }
 */
import type tsTypes from "typescript";
import type { Analysis } from "../analyse/analyse-unit.ts";
import { isStatic, userOf, usesThis } from "../analyse/functions.ts";
import type { FunctionNode, Rope, TypeScript } from "../ir.ts";
import { span } from "./text.ts";
import { type FileContext, printOuter } from "./unit.ts";

/** What is known of it is a constant of the file; `args` is the name of its arguments, `body` the compiled body. */
export function lowerEntered(file: FileContext, analysis: Analysis, args: string, body: Rope): Rope {
  const { ts, frame, infos } = file;
  const { fn } = analysis.unit;
  const enter: Rope = [`${frame}.enter(${infos.get(fn)}, ${selfOf(ts, fn)}, ${args}, `, body, ")"];
  if (ts.isArrowFunction(fn)) return [`(...${args}) => `, enter];
  const { name } = fn as tsTypes.MethodDeclaration;
  const front: Rope = [isStatic(ts, memberOf(ts, fn)) ? "static " : "", span(name.getStart(), name.end)];
  return [front, `(...${args}) { return `, enter, `; } ${registration(file, analysis)}`];
}

/** The static block that registers an entered function. That of an arrow function stands in front of its field. */
export function registration(
  { ts, frame, infos }: Pick<FileContext, "ts" | "frame" | "infos">,
  analysis: Analysis,
): string {
  const { fn } = analysis.unit;
  const member = memberOf(ts, fn);
  const { name } = member;
  const access = ts.isIdentifier(name) || ts.isPrivateIdentifier(name) ? `.${name.text}` : `[${name.getText()}]`;
  const find = isStatic(ts, member)
    ? `() => this${access}.bind(this)`
    : ts.isArrowFunction(fn) || ts.isPrivateIdentifier(name)
      ? `(self) => self${access}`
      : `() => this.prototype${access}`;
  return `static { ${frame}.register(${infos.get(fn)}, ${find}${printOuter(analysis)}); }`;
}

/** The method, or the field that holds the arrow function. */
export function memberOf(ts: TypeScript, fn: FunctionNode): tsTypes.MethodDeclaration | tsTypes.PropertyDeclaration {
  return (ts.isArrowFunction(fn) ? userOf(ts, fn) : fn) as tsTypes.MethodDeclaration | tsTypes.PropertyDeclaration;
}

/** The object that is stored with the frame: none when the function does not look at it and is found without it. */
function selfOf(ts: TypeScript, fn: FunctionNode): string {
  const member = memberOf(ts, fn);
  const looks = usesThis(ts, fn);
  if (!isStatic(ts, member)) return looks || ts.isPrivateIdentifier(member.name) ? "this" : "undefined";
  if (!looks) return "undefined";
  const { name } = fn.parent as tsTypes.ClassLikeDeclaration;
  return name ? `this === ${name.text} ? undefined : this` : "this";
}
