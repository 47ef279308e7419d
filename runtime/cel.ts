/**
 * Expressions in CEL, the Common Expression Language, over values as JavaScript has them.
 *
 * CEL by itself is stricter than what people write about events: a missing field is an error, and so is `double + int`
 * where the number came from JavaScript. So every access is turned into a call of our own, `event.data.id` into
 * `_get(_in(event, "data"), "id")`, which gives a value of a type of its own for what is not there; and operators are
 * declared for the mixtures that JavaScript's numbers make. On the way to a field, values are hidden in a `Holder`, so
 * that only what the field holds must be something that CEL knows.
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";

/** What an access gives for a field that is not there: equal to null alone, and neither less nor greater than anything. */
class Missing {}
const missing = new Missing();
const missingType = "_missing";

/** Any value of JavaScript, to have a field read. */
class Holder {
  readonly held: unknown;

  constructor(held: unknown) {
    this.held = held;
  }
}

/** A compiled text. It throws what the library throws, and gives undefined for a missing field. */
export type CelProgram = (scope: object) => unknown;

/** What is wrong with a text, and where. */
export interface CelFault {
  readonly problem: string;
  /** Counted from 0; undefined when the library does not say. */
  readonly position: number | undefined;
}

/** A text that can be evaluated. */
export interface CelResult {
  readonly program: CelProgram;
  /** CEL's name for the type of its values; `dyn` when only the values tell. */
  readonly type: string;
}

/** @param variables names that the text may use */
export function compileCel(text: string, variables: readonly string[]): CelResult | CelFault {
  const environment = environmentOf(variables);
  // The text as it was written is checked first, so that positions are those of the author.
  const checked = environment.check(text);
  if (!checked.valid) return faultOf(checked.error);
  const program = environment.parse(accessesOf(environment.parse(text).ast));
  const type = program.check().type ?? "dyn";
  return {
    type,
    program: (scope) => {
      const values = variables.map((name) => [name, new Holder((scope as Record<string, unknown>)[name])]);
      const value = program(Object.fromEntries(values));
      return value === missing ? undefined : value;
    },
  };
}

/** True for an error that only says that an operation was given a missing field. */
export function isOfMissing(error: unknown): boolean {
  return error instanceof Error && error.message.includes(missingType);
}

function faultOf(error: unknown): CelFault {
  const { summary, message, range } = error as { summary?: string; message: string; range?: { start: number } };
  return { problem: summary ?? message, position: range?.start };
}

const environments = new Map<string, Environment>();

/** An environment is costly to make: one for each set of variables. */
function environmentOf(variables: readonly string[]): Environment {
  const key = variables.join();
  let environment = environments.get(key);
  if (environment === undefined) {
    environment = new Environment({ homogeneousAggregateLiterals: false });
    for (const name of variables) environment.registerVariable(name, "dyn");
    declareAccess(environment);
    declareNumbers(environment);
    environments.set(key, environment);
  }
  return environment;
}

function declareAccess(environment: Environment): void {
  environment.registerType(missingType, { ctor: Missing, fields: {} });
  environment.registerType("_holder", { ctor: Holder, fields: {} });
  environment.registerFunction("_in(dyn, dyn): dyn", (from: unknown, key: unknown) => {
    return from instanceof Holder ? new Holder(fieldOf(from, key)) : presentIn(from, key);
  });
  environment.registerFunction("_get(dyn, dyn): dyn", (from: unknown, key: unknown) => {
    return from instanceof Holder ? celValue(fieldOf(from, key)) : presentIn(from, key);
  });
  environment.registerFunction("_has(dyn, dyn): bool", (from: unknown, key: unknown) => !isAbsent(fieldOf(from, key)));
  environment.registerFunction("_all(dyn): dyn", (value: unknown) => {
    return value instanceof Holder ? celValue(value.held) : value;
  });
  environment.registerFunction(`size(${missingType}): int`, () => 0n);
  environment.registerOperator(`!${missingType}`, () => true);
  environment.registerOperator(`${missingType} == ${missingType}`, () => false);
  environment.registerOperator(`${missingType} == null`, () => true);
  environment.registerOperator(`dyn in ${missingType}`, () => false);
  const others = ["int", "double", "string", "bool", "google.protobuf.Timestamp", "google.protobuf.Duration"];
  for (const operator of ["<", "<=", ">", ">="]) {
    for (const nothing of [missingType, "null"]) {
      for (const other of others) {
        environment.registerOperator(`${nothing} ${operator} ${other}`, () => false);
        environment.registerOperator(`${other} ${operator} ${nothing}`, () => false);
      }
    }
    environment.registerOperator(`${missingType} ${operator} ${missingType}`, () => false);
  }
}

/** JavaScript's numbers are doubles, whole numbers in the text are ints; texts take what is joined to them. */
function declareNumbers(environment: Environment): void {
  const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "%": (a, b) => a % b,
  };
  for (const [operator, operate] of Object.entries(operations)) {
    const handler = (a: number | bigint, b: number | bigint) => operate(Number(a), Number(b));
    environment.registerOperator(`double ${operator} int`, handler);
    environment.registerOperator(`int ${operator} double`, handler);
  }
  environment.registerOperator("double % double", (a: number, b: number) => a % b);
  for (const type of ["int", "double", "bool"]) {
    environment.registerOperator(`string + ${type}`, (a: string, b: unknown) => a + String(b));
    environment.registerOperator(`${type} + string`, (a: unknown, b: string) => String(a) + b);
  }
}

/** Writes the expression again, with calls for its accesses. Ranges of nodes leave parentheses out, so all are put. */
function accessesOf(node: ASTNode): string {
  switch (node.op) {
    case "value":
      return node.input.slice(node.start, node.end);
    case "id":
      return `_all(${node.args})`;
    case ".":
      return `_get(${holderOf(node.args[0])}, ${JSON.stringify(node.args[1])})`;
    case "[]":
      return `_get(${holderOf(node.args[0])}, ${accessesOf(node.args[1])})`;
    case "call":
      return node.args[0] === "has" ? presenceOf(node.args[1]) : `${node.args[0]}(${listOf(node.args[1])})`;
    case "rcall":
      return `(${accessesOf(node.args[1])}).${node.args[0]}(${argumentsOf(node)})`;
    case "list":
      return `[${listOf(node.args)}]`;
    case "map":
      return `{${node.args.map(([key, value]) => `${accessesOf(key)}: ${accessesOf(value)}`).join(", ")}}`;
    case "?:": {
      const [condition, whenTrue, whenFalse] = node.args.map(accessesOf);
      return `(${condition} ? ${whenTrue} : ${whenFalse})`;
    }
    case "!_":
      return `!(${accessesOf(node.args)})`;
    case "-_":
      return `-(${accessesOf(node.args)})`;
    case ".?":
    case "[?]":
      // Optional types are not switched on, so the parser gives none.
      throw new TypeError(`the operator ${node.op} is not supported`);
    default:
      return `(${accessesOf(node.args[0])} ${node.op} ${accessesOf(node.args[1])})`;
  }
}

function listOf(nodes: readonly ASTNode[]): string {
  return nodes.map(accessesOf).join(", ");
}

/** What a field is read of. */
function holderOf(node: ASTNode): string {
  if (node.op === "id") return node.args;
  if (node.op === ".") return `_in(${holderOf(node.args[0])}, ${JSON.stringify(node.args[1])})`;
  return node.op === "[]" ? `_in(${holderOf(node.args[0])}, ${accessesOf(node.args[1])})` : accessesOf(node);
}

/** `has(event.data.id)` was checked to have one argument, which is an access by name. */
function presenceOf([access]: readonly ASTNode[]): string {
  const [from, name] = (access as Extract<ASTNode, { op: "." }>).args;
  return `_has(${holderOf(from)}, ${JSON.stringify(name)})`;
}

/** The first argument of a macro, as in `list.exists(item, item > 1)`, is the name that it declares. */
function argumentsOf({ args: [name, , given] }: Extract<ASTNode, { op: "rcall" }>): string {
  const [first, ...rest] = given;
  if (first?.op !== "id" || !macros.has(name)) return listOf(given);
  return [first.args, ...rest.map(accessesOf)].join(", ");
}

const macros = new Set(["all", "exists", "exists_one", "filter", "map"]);

/** A field of a value that CEL has already. */
function presentIn(from: unknown, key: unknown): unknown {
  const field = fieldOf(from, key);
  return field === undefined ? missing : field;
}

/** No accessor of the author's is run, and nothing inherited is seen. */
function fieldOf(from: unknown, key: unknown): unknown {
  const holder = from instanceof Holder ? from.held : from;
  if (typeof holder !== "object" || holder === null) return undefined;
  if (holder instanceof Map) return holder.get(keyIn(holder, key));
  const index = typeof key === "bigint" ? Number(key) : key;
  if (typeof index !== "string" && typeof index !== "number") return undefined;
  if (holder instanceof Set) return [...holder][index as number];
  if (holder instanceof Error && (index === "name" || index === "message")) return holder[index];
  return Object.getOwnPropertyDescriptor(holder, index)?.value;
}

/** A whole number of the text finds the key that JavaScript has as a number. */
function keyIn(map: ReadonlyMap<unknown, unknown>, key: unknown): unknown {
  if (map.has(key)) return key;
  if (typeof key === "bigint") return Number(key);
  return typeof key === "number" && Number.isInteger(key) ? BigInt(key) : key;
}

function isAbsent(value: unknown): boolean {
  if (value instanceof Date) return Number.isNaN(value.getTime());
  return value === undefined || typeof value === "function" || typeof value === "symbol";
}

/**
 * The value as CEL takes it: strings, numbers, BigInts and Dates as they are, collections copied, objects by their fields.
 *
 * @param around the values that this one is in
 */
function celValue(value: unknown, around: readonly unknown[] = []): unknown {
  if (isAbsent(value)) return missing;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date || value instanceof Uint8Array) return value;
  if (value instanceof URL || value instanceof RegExp) return String(value);
  if (around.includes(value)) throw new TypeError("the value is within itself");
  const inside = [...around, value];
  const item = (each: unknown) => (isAbsent(each) ? null : celValue(each, inside));
  const entries = (list: Iterable<readonly [unknown, unknown]>) =>
    [...list].filter(([, each]) => !isAbsent(each)).map(([key, each]) => [key, celValue(each, inside)] as const);
  if (Array.isArray(value) || value instanceof Set) return Array.from(value as Iterable<unknown>, item);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, item);
  if (value instanceof Map) return new Map(entries(value));
  const fields = value instanceof Error ? { ...value, name: value.name, message: value.message } : value;
  const own = entries(Object.entries(fields));
  // The library knows an object by its constructor, which must not be a field.
  return Object.hasOwn(fields, "constructor") ? new Map(own) : Object.fromEntries(own);
}
