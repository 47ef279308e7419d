/** The specifiers of TypeScript sources: what an author imports is what the compiler would have written. */

/**
 * What else a specifier may stand for when nothing is found under it: `./order.js` for `order.ts`, and what bundlers and
 * `require` let an author leave out.
 *
 * @returns specifiers to try, in their order; none for a package's name
 */
export function sourceSpecifiers(specifier: string): string[] {
  if (!/^(?:\.{1,2}(?:\/|$)|\/|file:)/.test(specifier)) return [];
  const script = /^(.*\.)([cm]?)js(x?)$/.exec(specifier);
  if (!script) return withoutExtension.map((ending) => `${specifier.replace(/\/$/, "")}${ending}`);
  const [, stem = "", kind = "", x = ""] = script;
  return kind === "" && x === "" ? [`${stem}ts`, `${stem}tsx`] : [`${stem}${kind}ts${x}`];
}

const withoutExtension = [".ts", ".tsx", ".js", "/index.ts", "/index.tsx", "/index.js"];

/** Whether Node failed because nothing is there. */
export function isNotFound(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT";
}
