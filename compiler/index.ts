/**
 * `backstitch/compiler`: the compiler as a function, for build tools and test suites.
 *
 * ```ts
 * import ts from "typescript";
 * import { transformSource } from "backstitch/compiler";
 * const { code, map, manifest, diagnostics } = transformSource(ts, { fileName: "order.ts", text });
 * ```
 */

export type { Manifest } from "../runtime/manifest.ts";
export type { Diagnostic } from "../transformer/diagnostics.ts";
export { CompileError, loadSource } from "./load-source.ts";
export { type SourceInput, type TransformOptions, type TransformResult, transformSource } from "./transform-source.ts";
