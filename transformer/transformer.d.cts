import ts = require("typescript");

/**
 * The program transformer for ts-patch. Name it in the `plugins` of a tsconfig.json and compile with `tspc`:
 *
 * ```json
 * { "name": "backstitch", "transform": "backstitch/transformer", "transformProgram": true }
 * ```
 *
 * @param program the program to transform
 * @param host the host of the program; TypeScript's own when left out
 * @param config the entry of the tsconfig.json, with these options of ours: `strict` (default false) makes values whose
 *   types say nothing errors where they are stored; `manifest` (default true) writes `<file>.js.backstitch.json` beside the
 *   JavaScript of each compiled file, for `backstitch graph` and for comparing versions
 * @param extras `ts` is the TypeScript that made the program, patched by ts-patch
 * @returns the same program, which now reports our errors too and emits compiled JavaScript
 * @throws Error when this TypeScript lacks what the transformer is built on
 */
declare function transformProgram(
  program: ts.Program,
  host: ts.CompilerHost | undefined,
  config: object,
  extras: { readonly ts: typeof ts },
): ts.Program;

export default transformProgram;
