/** Reads `data.user.id` of an event. */

/** Own properties only; undefined when there is none. */
export function fieldAt(root: unknown, path: string): unknown {
  let at = root;
  for (const key of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}
