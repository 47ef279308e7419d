/**
 * The data model that the phases hand on. Types only.
 *
 *   SourceFile ─ discover ─► Unit ─ analyse ─► Analysis ─ lower ─► Rope ─ print ─► MagicString
 *
 * Analysis records, lowering reads, printing never decides.
 */
import type ts from "typescript";

export type TypeScript = typeof ts;

/** A stretch of the author's text. A stretch is used at most once in a file's output. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Output text: the author's stretches and generated strings, in output order. */
export type Rope = string | Span | readonly Rope[];

/** How a durable function was recognised. */
export type UnitKind = "handler" | "helper" | "durable";

export type FunctionNode = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration | ts.MethodDeclaration;

/** A function, or what has variables and a `this` of its own like one. */
export type NestedFunction = ts.FunctionLikeDeclaration | ts.ClassStaticBlockDeclaration;

/** One outermost durable function of a file. */
/** Where a file belongs, which is what the code of its helpers is named after. */
export interface ModulePlace {
  /** Name of the nearest package: the front of the code ids of helpers. Default "". */
  readonly packageName?: string;
  /**
   * Path of the file in its package, with slashes: goes into the hashes of helpers, which tell those of one name apart.
   * Without it, no two modules of a package may have helpers of one name and one text.
   */
  readonly modulePath?: string;
}

export interface Unit {
  readonly kind: UnitKind;
  readonly fn: FunctionNode;
  readonly code: string;
  /** Of the file in its package: another module may have a helper of the same name and text. */
  readonly modulePath?: string;
  /** The `durable(…)` call around `fn`, when there is one. */
  readonly wrapper?: ts.CallExpression;
}

/** `self` is the name of a function expression inside of itself. */
export type BindingKind = "var" | "let" | "const" | "function" | "self" | "class" | "param" | "catch";

/** A name declared inside a unit; also the `this` and `arguments` of a nested function, when an arrow function uses them. */
export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  readonly scope: Scope;
  /** Position in `Bindings.all`, used as bit number by liveness. */
  readonly index: number;
  readonly declarations: ts.Identifier[];
  readonly references: Reference[];
  /** Written anywhere after its declaration. */
  reassigned: boolean;
  /** The function it is bound to, when it is a function declaration or a `const` with a function as initialiser. */
  closure?: ts.Node;
}

export interface Reference {
  /** An identifier, or the word `this`. */
  readonly node: ts.Node;
  readonly binding: Binding;
  readonly write: boolean;
  readonly read: boolean;
}

/** `body`: of a function whose body has a scope of its own. */
export type ScopeKind = "function" | "body" | "block" | "catch" | "loop" | "switch" | "class";

export interface Scope {
  readonly kind: ScopeKind;
  readonly node: ts.Node;
  readonly parent: Scope | undefined;
  readonly names: Map<string, Binding>;
  /** A function scope whose body is lowered in place (a `.catch` callback): it behaves like a block. */
  inlined: boolean;
}

/** An await, explicit or implied, or a `yield`. */
export interface Suspension {
  /** The durable function that it suspends: the unit's, or one nested in it. */
  readonly owner: FunctionNode;
  /** The `await` or `yield` expression, the expression that is awaited implicitly, or the statement that awaits by itself. */
  readonly node: ts.Node;
  /** What is awaited, without the chain of callbacks around it. Undefined when a statement awaits by itself. */
  readonly operand: ts.Expression | undefined;
  /** The base of its label when a statement awaits by itself: `row.next`. */
  readonly implied: string | undefined;
  /** A `yield`, or the start of a generator whose parameters are bound at the call. */
  readonly yields: boolean;
  label: string;
}

/**
 * One callback of a chain on an awaited step: `.catch(f)`. Absent `callback` is `.catch()`. A `.rollback(f)` is one behind
 * others only, and then the chain is not lowered in place.
 */
export interface ChainLink {
  readonly method: "catch" | "then" | "finally" | "rollback";
  readonly call: ts.CallExpression;
  readonly callbacks: readonly (ts.Expression | undefined)[];
}

/** `await step.run(…).catch(f).then(g)`: the links, innermost first. */
export interface Chain {
  /** The tool call, with `.rollback(f)` directly behind it. */
  readonly base: ts.CallExpression;
  readonly links: readonly ChainLink[];
}

/** A nested function or class that can live across a suspension: its body moves to the table of the unit. */
export interface Closure {
  readonly node: FunctionNode | ts.AccessorDeclaration | ts.ClassLikeDeclaration | ts.Expression;
  /** Key in the unit's table. */
  id: string;
  /** Bindings of the unit that it reads or writes, its callees' included. */
  captures: Set<Binding>;
  /** Where it stands: argument of an awaited tool call, maker of a local, or anything else. */
  readonly role: "callback" | "local" | "value";
  /** A durable function of its own. */
  readonly durable: boolean;
  /** The method or accessor of an object literal whose `super` it uses: itself, or the one around an arrow function. */
  readonly home: ts.Node | undefined;
}
