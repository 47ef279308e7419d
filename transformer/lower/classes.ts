/**
 * Classes that can outlive their segment. Where one stands, a record of it is made; its body goes to the unit's table:
 *
 *   class Paid extends base(State) { [key()]() { return total; } }
 *
 *   v.Paid = $.class("Paid", { base: base(State), key1: $.key(0, key()) }, v);
 *   Paid: (c, v) => class Paid extends c.base { static { $.made(c, this); } [c.key1]() { return v.total; } }
 *
 * A generator method stays in its class. Its compiled body gives way to the function that the author sees:
 *
 *   *all() { yield 1; }     static { $.generators(this, ["all", { … }]); $.made(c, this); } *all($) { yield $.give("1", () => 1); }
 *
 * The function of a private method that may be a value stands under a key that only the runtime knows until the class takes it:
 *
 *   #sum() { … }            get #sum() { return $.private(c, "#sum"); } [$.privateKey("#sum")]() { … }
 *
 * The function of a field that uses its object can be made again inside of the class only:
 *
 *   sum = () => this.n;     static { $.made(c, this, …, { "sum"() { return () => this.n; } }); } sum = $.field(c, "sum", this);
 *
 * So can a class that is the value of a field:
 *
 *   B = class { … };        static { $.made(c, this, …, { "C/B"(c2) { return class { … }; } }); } B = $.innerClass(c, "C/B", {});
 *   "C/B": (c2) => $.inner(c2, "C/B")
 *
 * The first field of a class with private members tells of the objects that have them: whatever `super` gave becomes one.
 *
 *   #n = 1;                 #hidden = $.hides(c, this); #n = 1;
 */
import type tsTypes from "typescript";
import { nameOfId } from "../../runtime/manifest.ts";
import type { FunctionAnalysis } from "../analyse/analyse-unit.ts";
import { boundFields, fieldName, hiddenMembers, privateFields, privateStatics, valuesOf } from "../analyse/classes.ts";
import { isStatic, userOf } from "../analyse/functions.ts";
import { generatorMethods, isAsyncGenerator } from "../analyse/generators.ts";
import { type InnerClass, innerClasses } from "../analyse/inner-classes.ts";
import { isPrivateMethod, readMethods } from "../analyse/private-methods.ts";
import { unwrap } from "../discover/unwrap.ts";
import type { Closure, Rope } from "../ir.ts";
import { recordsFor } from "./closures.ts";
import { type Context, slotName } from "./context.ts";
import { copy } from "./copy.ts";
import { durableBody } from "./functions.ts";
import { isNamedByKey } from "./keyed-names.ts";
import { savedOf } from "./operands.ts";
import { join, propertyKey, quote, span } from "./text.ts";

/** Text that takes the place of a node in the body of a class. */
type Replaced = ReadonlyMap<tsTypes.Node, Rope>;

/** The class as an expression; a declaration as the statement that it becomes. */
export function lowerClass(context: Context, node: tsTypes.ClassLikeDeclaration, closure: Closure): Rope {
  const { ts, frame } = context;
  const parameters = recordsFor(context, closure);
  const kept = context.names.fresh("c");
  const entry = { id: closure.id, parameters: [kept, ...parameters], body: "" as Rope };
  context.table.push(entry);
  const { body, given } = classParts(context, node, closure, kept);
  entry.body = body;
  const call: Rope = [`${frame}.class(${quote(closure.id)}, `, given, parameters.map((name) => `, ${name}`), ")"];
  return ts.isClassDeclaration(node) ? [target(context, node), " = ", call, ";"] : call;
}

/** Puts the classes in fields of a class into their places; what makes each, inside of the class. */
function lowerInner(
  context: Context,
  inner: readonly InnerClass[],
  around: string,
  replaced: Map<tsTypes.Node, Rope>,
): readonly Rope[] {
  const { ts, frame, names, table } = context;
  return inner.map((closure): Rope => {
    const kept = names.fresh("c");
    const id = quote(closure.id);
    table.push({ id: closure.id, parameters: [kept], body: `${frame}.inner(${kept}, ${id})` });
    const field = userOf(ts, closure.node) as tsTypes.PropertyDeclaration;
    const { body, given } = classParts(context, closure.node, closure, kept, fieldKey(ts, field, replaced));
    const isGuarded = !isStatic(ts, field) && privateFields(ts, field.parent as tsTypes.ClassExpression) !== undefined;
    const front = isGuarded ? `${frame}.bare ? undefined : ` : "";
    replaced.set(closure.node, [`${front}${frame}.innerClass(${around}, ${id}, `, given, ")"]);
    return [`${id}(${kept}) { return `, body, "; }"];
  });
}

/** The class as an expression, and the values that it is made with. */
function classParts(
  context: Context,
  node: tsTypes.ClassLikeDeclaration,
  closure: Closure,
  kept: string,
  key?: string,
): { readonly body: Rope; readonly given: Rope } {
  const { ts, analysis, frame } = context;
  const isSaved = (at: tsTypes.Node) => savedOf(context, at) !== undefined;
  const values = valuesOf({ ...context, bindings: analysis.bindings }, node, isSaved);
  const replaced = new Map<tsTypes.Node, Rope>(values.map(({ node: at, name }) => [at, `${kept}.${name}`]));
  const inner = innerClasses(ts, node, analysis.closures.records);
  const innerMakers = lowerInner(context, inner, kept, replaced);
  for (const field of privateStatics(ts, node)) replaced.set(field, assignStatic(context, field, replaced));
  const taken = inner.map(({ id }) => id);
  const fields = boundFields(ts, analysis.bindings, node, taken);
  if (privateFields(ts, node)) addGuards(context, node, replaced);
  for (const [field, id] of fields) {
    const isNamed = fieldName(ts, field.name) === id;
    const given = [kept, quote(id), "this", ...(isNamed ? [] : [fieldKey(ts, field, replaced)])];
    const made = `${frame}.field(${given.join(", ")})`;
    replaced.set(field.initializer as tsTypes.Expression, made);
  }
  keepPrivateMethods(context, node, kept, replaced);
  const generators = lowerGenerators(context, node, kept, replaced);
  const told = { makers: [...makers(context, fields), ...innerMakers], generators };
  const isKeyed = isNamedByKey(context, node);
  const name = isKeyed ? `${kept}.named` : key;
  const body = named(node, closure, name, classBody(context, node, kept, replaced, told));
  const checksBase = values.some(({ role }) => role === "key");
  // What is evaluated for the class may hold other keys.
  const given: Rope[] = isKeyed ? [`named: ${frame}.lastKey`] : [];
  const evaluated = values.map(({ node: at, name, role }): Rope => {
    const text = copy(context, at);
    const isKey = role === "key" && !savedOf(context, at);
    if (isKey) return [`${name}: ${frame}.key(0, `, text, ")"];
    return role === "value" && checksBase ? [`${name}: ${frame}.base(`, text, ")"] : [`${name}: `, text];
  });
  given.push(...evaluated);
  return { body, given: given.length > 0 ? ["{ ", join(given, ", "), " }"] : "{}" };
}

function target(context: Context, { name }: tsTypes.ClassDeclaration): string {
  const binding = name && context.analysis.bindings.byIdentifier.get(name);
  return (binding && slotName(context, binding)) ?? `let ${name?.text}`;
}

/** An anonymous class gets the name of what it is given to before its static code runs: by its id, or by the key of its field. */
function named({ name }: tsTypes.ClassLikeDeclaration, { id }: Closure, key: string | undefined, text: Rope): Rope {
  const inferred = nameOfId(id);
  if (name || (inferred === undefined && key === undefined)) return text;
  if (inferred === undefined) return [`({ [${key}]: `, text, ` })[${key}]`];
  return [`({ ${propertyKey(inferred)}: `, text, ` })[${quote(inferred)}]`];
}

/** A computed key once more: what it was, or what the module has. */
function keyText({ expression }: tsTypes.ComputedPropertyName, replaced: Replaced): string {
  const kept = replaced.get(expression);
  return typeof kept === "string" ? kept : expression.getText();
}

function fieldKey(ts: Context["ts"], { name }: tsTypes.PropertyDeclaration, replaced: Replaced): string {
  const known = fieldName(ts, name);
  return known === undefined ? keyText(name as tsTypes.ComputedPropertyName, replaced) : quote(known);
}

/** Puts private methods behind accessors of their names; those with frames follow. An accessor has no overloads. */
function keepPrivateMethods(
  { ts, analysis, frame }: Context,
  node: tsTypes.ClassLikeDeclaration,
  kept: string,
  replaced: Map<tsTypes.Node, Rope>,
): void {
  const methods = [...generatorMethods(node, analysis.functions), ...readMethods(ts, node)];
  const names = new Set(methods.filter((method) => isPrivateMethod(ts, method)).map(({ name }) => name.getText()));
  for (const member of node.members) {
    const isOverload = ts.isMethodDeclaration(member) && !member.body;
    if (isOverload && names.has(member.name.getText())) replaced.set(member, "");
  }
  for (const method of readMethods(ts, node)) {
    if (analysis.functions.has(method)) continue;
    const { asteriskToken, name } = method;
    const side = isStatic(ts, method) ? "static " : "";
    if (asteriskToken) replaced.set(asteriskToken, "");
    replaced.set(name, privateAccessor(frame, kept, name.text, `${side}${asteriskToken ? "*" : ""}`));
  }
}

/** `get #sum() { return $.private(c, "#sum"); } [$.privateKey("#sum")]` */
function privateAccessor(frame: string, kept: string, name: string, front: string): string {
  const key = quote(name);
  return `get ${name}() { return ${frame}.private(${kept}, ${key}); } ${front}[${frame}.privateKey(${key})]`;
}

/** Puts the compiled bodies of generator methods in their places; tells what the runtime needs to know of each. */
function lowerGenerators(
  context: Context,
  node: tsTypes.ClassLikeDeclaration,
  kept: string,
  replaced: Map<tsTypes.Node, Rope>,
): string {
  const { ts, analysis, frame, infos } = context;
  const told = generatorMethods(node, analysis.functions).map((method) => {
    const { name } = method;
    const side = isStatic(ts, method) ? "static " : "";
    const current = analysis.functions.get(method) as FunctionAnalysis;
    const computed = ts.isComputedPropertyName(name) ? keyText(name, replaced) : undefined;
    const star = isAsyncGenerator(ts, method) ? "async *" : "*";
    const own = `${side}${star}${computed === undefined ? name.getText() : `[${computed}]`}`;
    const isPrivate = ts.isPrivateIdentifier(name);
    const front = isPrivate ? `${side}${privateAccessor(frame, kept, name.text, side + star)}` : own;
    replaced.set(method, durableBody({ ...context, current }, "", true, front));
    const binds = analysis.suspensions.starts.has(method);
    const literal = quote(fieldName(ts, name) as string);
    const text = isPrivate ? `${frame}.privateKey(${literal})` : (computed ?? literal);
    return `[${[text, infos.get(method), ...(side || binds ? [binds] : []), ...(side ? ['"static"'] : [])].join(", ")}]`;
  });
  return told.length === 0 ? "" : `${frame}.generators(this, ${told.join(", ")}); `;
}

/** `"total"() { return () => this.sum; }` */
function makers(context: Context, fields: ReadonlyMap<tsTypes.PropertyDeclaration, string>): readonly Rope[] {
  return [...fields].map(([{ initializer }, id]): Rope => {
    return [`${quote(id)}() { return `, copy(context, initializer as tsTypes.Expression), "; }"];
  });
}

function classBody(
  context: Context,
  node: tsTypes.ClassLikeDeclaration,
  kept: string,
  replaced: Replaced,
  told: { readonly makers: readonly Rope[]; readonly generators: string },
): Rope {
  const { ts, frame, names } = context;
  const keyword = node.getChildren().find(({ kind }) => kind === ts.SyntaxKind.ClassKeyword) as tsTypes.Node;
  const hidden = hiddenMembers(ts, node);
  const statics = privateStatics(ts, node).map(({ name }) => (name as tsTypes.PrivateIdentifier).text);
  const fields = privateFields(ts, node);
  const members: Rope[] = [
    hidden.length > 0 ? quote(hidden.join(", ")) : "undefined",
    statics.length > 0 ? accessTo(statics) : "undefined",
    fields ? accessToFields(fields) : "undefined",
    told.makers.length > 0 ? ["{ ", join(told.makers, ", "), " }"] : "undefined",
  ];
  while (members.at(-1) === "undefined") members.pop();
  const hides = hidden.length > 0 ? ` ${names.fresh("#hidden")} = ${frame}.hides(${kept}, this);` : "";
  // The front leaves out `abstract`, which an expression cannot have.
  return [
    copyWith(context, node, replaced, keyword.getStart(context.file), node.members.pos),
    statics.map((name) => ` static ${name};`),
    hides,
    [` static { ${told.generators}${frame}.made(${kept}, this`, members.map((each): Rope => [", ", each]), "); }"],
    copyWith(context, node, replaced, node.members.pos, node.end),
  ];
}

/**
 * A private static field is there from the beginning, because it cannot be added to a class that is made again. Its
 * initialiser is an assignment where it stood.
 */
function assignStatic(context: Context, { name, initializer }: tsTypes.PropertyDeclaration, replaced: Replaced): Rope {
  if (!initializer) return "";
  const { ts } = context;
  const inner = replaced.get(unwrap(ts, initializer));
  if (inner !== undefined) return [`static { this.${name.getText()} = `, inner, "; }"];
  const text = copy(context, initializer);
  const key = quote((name as tsTypes.PrivateIdentifier).text);
  const isNamed = ts.isFunctionLike(initializer) || ts.isClassLike(initializer);
  return [`static { this.${name.getText()} = `, isNamed ? [`({ ${key}: `, text, ` })[${key}]`] : text, "; }"];
}

/** `{ get: () => ({ "#made": this.#made }), set: (to) => { this.#made = to["#made"]; } }` */
function accessTo(names: readonly string[]): string {
  const read = names.map((name) => `${quote(name)}: this.${name}`).join(", ");
  const write = names.map((name) => `this.${name} = to[${quote(name)}];`).join(" ");
  return `{ get: () => ({ ${read} }), set: (to) => { ${write} } }`;
}

/** `{ get: (of) => ({ "#n": of.#n }), set: (of, to) => { of.#n = to["#n"]; } }` */
function accessToFields(names: readonly string[]): string {
  const read = names.map((name) => `${quote(name)}: of.${name}`).join(", ");
  const write = names.map((name) => `of.${name} = to[${quote(name)}];`).join(" ");
  return `{ get: (of) => ({ ${read} }), set: (of, to) => { ${write} } }`;
}

/**
 * In a class with private members, whose instances are made again by its constructor, which is then to do nothing else:
 *
 *   #n = count();             #n = $.bare ? undefined : (count());
 *   constructor(n) { … }      constructor(n) { if ($.bare) return; … }
 */
function addGuards(context: Context, node: tsTypes.ClassLikeDeclaration, replaced: Map<tsTypes.Node, Rope>): void {
  const { ts, frame } = context;
  for (const member of node.members) {
    if (ts.isConstructorDeclaration(member) && member.body) {
      const { body } = member;
      const isDerived = node.heritageClauses?.some(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
      const guard = `{ if (${frame}.bare) ${isDerived ? "{ super(); return; }" : "return;"}`;
      replaced.set(body, [guard, copyWith(context, body, new Map(), body.getStart(context.file) + 1, body.end)]);
    }
    const initializer = ts.isPropertyDeclaration(member) && !isStatic(ts, member) ? member.initializer : undefined;
    // A function is named after its field, which it would not be behind a condition.
    const value = initializer && unwrap(ts, initializer);
    if (!value || ts.isFunctionLike(value) || ts.isClassLike(value) || ts.isLiteralExpression(value)) continue;
    replaced.set(initializer, [`${frame}.bare ? undefined : (`, copy(context, initializer), ")"]);
  }
}

/** As `copyChildren`, with some nodes replaced at any depth. */
function copyWith(context: Context, node: tsTypes.Node, replaced: Replaced, from: number, to: number): Rope {
  const pieces: Rope[] = [];
  let position = from;
  context.ts.forEachChild(node, (child) => {
    const start = child.getStart(context.file);
    if (start < from || child.end > to) return;
    const text = replaced.get(child);
    const holds = [...replaced.keys()].some((at) => at.pos >= child.pos && at.end <= child.end);
    if (!holds && !context.edited.has(child)) return;
    pieces.push(
      span(position, start),
      text ?? (holds ? copyWith(context, child, replaced, start, child.end) : copy(context, child)),
    );
    position = child.end;
  });
  pieces.push(span(position, to));
  return pieces;
}
