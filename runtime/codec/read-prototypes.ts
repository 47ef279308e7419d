/** Objects whose prototype stands in the text: it may be one that is made late. */
import { SafeSet } from "./collections.ts";
import type { Decoder, Plan } from "./decoder.ts";
import { attempt, list } from "./read-properties.ts";

/** `{"$create":[prototype,properties]}` */
export function readCreated(decoder: Decoder, payload: unknown): Plan {
  const [rawPrototype, properties] = list(decoder, payload, 2, 2);
  const shell = {};
  return {
    kind: "container",
    shell,
    fill() {
      setPrototype(decoder, shell, rawPrototype);
      decoder.defineAll(shell, properties, true);
    },
  };
}

/** `{"$inherit":[prototype,object]}`: a built-in object, made as its class makes it, with another prototype. */
export function readInherited(decoder: Decoder, payload: unknown): Plan {
  const [rawPrototype, target] = list(decoder, payload, 2, 2);
  if (typeof target !== "object" || target === null) return decoder.fail("a built-in object is expected");
  const [tag = ""] = Array.isArray(target) ? ["$array"] : Object.keys(target);
  if (!inheriting.has(tag)) return decoder.fail("only a built-in object can have another prototype");
  // The methods of the other class are not called while it is filled.
  return around(decoder.plan(target), (shell, fill) => {
    fill();
    setPrototype(decoder, shell, rawPrototype);
  });
}

const inheriting = new SafeSet([
  ...["$error", "$array", "$map", "$set", "$date", "$regexp", "$boxed", "$buffer", "$view", "$properties"],
]);

/** The plan of an object with something around it: a container, because what is around it may lead back to it. */
export function around(plan: Plan, finish: (shell: object, fill: () => void) => void): Plan {
  if (plan.kind === "container") {
    return { kind: "container", shell: plan.shell, fill: () => finish(plan.shell, () => plan.fill()) };
  }
  const shell = plan.make() as object;
  return { kind: "container", shell, fill: () => finish(shell, () => {}) };
}

export function setPrototype(decoder: Decoder, shell: object, raw: unknown): void {
  decoder.putAt(raw, 0, (prototype) => {
    if (decoder.isLate(prototype)) return;
    if (prototype !== null && Object(prototype) !== prototype) decoder.fail("a prototype is an object or null");
    attempt(decoder, "the prototype", () => Object.setPrototypeOf(shell, prototype as object | null));
  });
}
