/** What to write instead of a value that cannot be stored. */
import type { Finding } from "./storable.ts";
import type { TypeQueries } from "./type-queries.ts";

const inOneStep = "Use it inside of one step, or make it again after a restart with `const name = local(() => …)`.";

export function adviceFor(queries: TypeQueries, finding: Finding): string {
  switch (finding.reason) {
    case "class":
      return adviceForClass(queries, finding);
    case "live":
      return inOneStep;
    case "weak":
      return "Use a Map or a Set.";
    case "iterator":
      return "Copy what it gives into an array: `[...items]`.";
    case "symbol":
      return 'Use `Symbol.for("key")`, or a string.';
    case "function":
      return "Write the function in the durable function, or refer to it by its name in the module.";
    case "promise":
      return "Await it at once, or make the work a step.";
    case "open":
      return "Give it a type that tells what it holds.";
  }
}

/** A class of the author's may be registered as it is; one of a package needs to be taken apart. */
function adviceForClass(queries: TypeQueries, { type, shape }: Finding): string {
  if (shape.kind !== "object" || shape.home !== "project") return inOneStep;
  const name = shape.name ?? queries.textOf(type);
  return `Keep its data instead, or register the class where it is defined: \`registerClass(${name})\`.`;
}

/** ` (at .socket: Socket)`, when what cannot be stored is a part of the value. */
export function placeOf(queries: TypeQueries, { path, type }: Finding): string {
  return path === "" ? "" : ` (at \`${path}\`: \`${queries.textOf(type)}\`)`;
}
