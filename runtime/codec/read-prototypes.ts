/** Objects whose prototype stands in the text: it may be one that is made late. */
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

/**
 * `{"$inherit":[prototype,object]}`: an error, array or collection, made as its built-in class makes it, that is an
 * instance of another class.
 */
export function readInherited(decoder: Decoder, payload: unknown): Plan {
  const [rawPrototype, target] = list(decoder, payload, 2, 2);
  if (typeof target !== "object" || target === null) return decoder.fail("a built-in object is expected");
  const [tag = ""] = Array.isArray(target) ? ["$array"] : Object.keys(target);
  if (!inheriting.has(tag)) return decoder.fail("only an error, array or collection can have another prototype");
  const plan = decoder.plan(target);
  const shell = plan.kind === "container" ? plan.shell : (plan.make() as object);
  return {
    kind: "container",
    shell,
    fill() {
      if (plan.kind === "container") plan.fill();
      // The methods of the other class are not called while it is filled.
      setPrototype(decoder, shell, rawPrototype);
    },
  };
}

const inheriting = new Set(["$error", "$array", "$map", "$set", "$date", "$regexp", "$properties"]);

function setPrototype(decoder: Decoder, shell: object, raw: unknown): void {
  decoder.putAt(raw, 0, (prototype) => {
    if (decoder.isLate(prototype)) return;
    if (prototype !== null && Object(prototype) !== prototype) decoder.fail("a prototype is an object or null");
    attempt(decoder, "the prototype", () => Object.setPrototypeOf(shell, prototype as object | null));
  });
}
