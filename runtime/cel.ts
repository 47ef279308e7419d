/**
 * Expressions in CEL, the Common Expression Language, over values as JavaScript has them.
 *
 * CEL by itself is stricter than what people write about events: a missing field is an error, and so is `double + int`
 * where the number came from JavaScript. So every access is turned into a call of our own, `event.data.id` into
 * `_get(_get(event, "data"), "id")`, which gives a value of the type `missing` for what is not there; and operators are
 * declared for the mixtures that JavaScript's numbers make.
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";

/** What an access gives for a field that is not there: equal to null alone, and neither less nor greater than anything. */
class Missing {}
const missing = new Missing();
const missingType = "missing";

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
      const values = variables.map((name) => [name, celValue((scope as Record<string, unknown>)[name])]);
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
  environment.registerFunction("_get(dyn, dyn): dyn", (holder: unknown, key: unknown) => get(holder, key));
  environment.registerFunction("_has(dyn, dyn): bool", (holder: unknown, key: unknown) => get(holder, key) !== missing);
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

/** Writes the expression again, with `_get` and `_has` for its accesses. Ranges of nodes leave parentheses out. */
function accessesOf(node: ASTNode): string {
  switch (node.op) {
    case "id":
    case "value":
      return node.input.slice(node.start, node.end);
    case ".":
      return `_get(${accessesOf(node.args[0])}, ${JSON.stringify(node.args[1])})`;
    case "[]":
      return `_get(${listOf(node.args)})`;
    case "call":
      return node.args[0] === "has" ? presenceOf(node.args[1]) : `${node.args[0]}(${listOf(node.args[1])})`;
    case "rcall":
      return `(${accessesOf(node.args[1])}).${node.args[0]}(${listOf(node.args[2])})`;
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

/** `has(event.data.id)` was checked to have one argument, which is an access by name. */
function presenceOf([access]: readonly ASTNode[]): string {
  const [holder, name] = (access as Extract<ASTNode, { op: "." }>).args;
  return `_has(${accessesOf(holder)}, ${JSON.stringify(name)})`;
}

/** No accessor of the author's is run, and nothing inherited is seen. */
function get(holder: unknown, key: unknown): unknown {
  if (typeof holder !== "object" || holder === null) return missing;
  if (holder instanceof Map) return presentIn(holder.get(keyIn(holder, key)));
  const index = typeof key === "bigint" ? Number(key) : key;
  if (typeof index !== "string" && typeof index !== "number") return missing;
  if (holder instanceof Set) return presentIn([...holder][index as number]);
  const property = Object.getOwnPropertyDescriptor(holder, index);
  return presentIn(property && "value" in property ? property.value : undefined);
}

/** A whole number of the text finds the key that JavaScript has as a number. */
function keyIn(map: ReadonlyMap<unknown, unknown>, key: unknown): unknown {
  if (map.has(key)) return key;
  if (typeof key === "bigint") return Number(key);
  return typeof key === "number" && Number.isInteger(key) ? BigInt(key) : key;
}

function presentIn(value: unknown): unknown {
  return value === undefined || typeof value === "function" || typeof value === "symbol" ? missing : celValue(value);
}

/** The form in which CEL takes a value: strings, numbers, BigInts, Dates, lists and maps as they are. */
function celValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? missing : new Date(value.getTime());
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) return value;
  if (value instanceof URL || value instanceof RegExp) return String(value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
  if (value instanceof Error) {
    return new Map(Object.entries({ ...value, name: value.name, message: value.message }));
  }
  // An object of a class, or one that pretends to be, is its fields.
  const maker = value.constructor as unknown;
  return maker === undefined || maker === Object ? value : new Map(Object.entries(value));
}
