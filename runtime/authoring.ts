/** Words that only compiled code understands: the compiler takes their place. */
import { compiledInfo } from "./engine/compiled.ts";
import { BackstitchError } from "./faults.ts";
import { buildAdvice } from "./not-compiled.ts";

/**
 * Makes a function durable that the compiler would not take for one by itself: a helper kept in an object, one that a
 * library calls. Handlers, functions inside them and helpers with a `Step` or `Context` parameter need no mark.
 *
 * @returns `fn` itself
 * @throws BackstitchError BS2001 when the compiler did not see the call
 * @example const pay = durable(async (tools: Tools, sum: number) => tools.step.run("pay", () => charge(sum)));
 */
export function durable<Fn extends (...args: never[]) => unknown>(fn: Fn): Fn {
  if (typeof fn === "function" && compiledInfo(fn) !== undefined) return fn;
  const name = typeof fn === "function" && fn.name !== "" ? `\`${fn.name}\`` : "a function without a name";
  throw new BackstitchError("BS2001", { where: `durable() was given ${name}`, fix: buildAdvice() });
}

/**
 * Declares a constant that is not stored but made again after a reload: a connection, a client of a service. It stands
 * as the initialiser of a `const` in a durable function.
 *
 * @param make makes the value; it may read what was declared before it
 * @throws BackstitchError BS2011 outside compiled code
 * @example const stripe = local(() => new Stripe(process.env.STRIPE_KEY));
 */
export function local<Value>(make: () => Value): Value {
  throw new BackstitchError("BS2011", {
    where: `local(${typeof make === "function" ? "() => …" : typeof make}) was called at run time`,
    fix: `Use it as \`const name = local(() => …)\` directly in a durable function. ${buildAdvice()}`,
  });
}
