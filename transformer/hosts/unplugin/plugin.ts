/** The plugin for bundlers, as unplugin has it: one for all of them. */
import type ts from "typescript";
import { createUnplugin, type UnpluginBuildContext, type UnpluginContext } from "unplugin";
import type { TypeScript } from "../../ir.ts";
import type { CompiledText } from "../compile-text.ts";
import { describeDiagnostics, positionOf } from "../describe-diagnostics.ts";
import { loadUserTypeScript } from "../user-typescript.ts";
import { createFileCompiler, type FileCompiler } from "./file-compiler.ts";
import type { BackstitchOptions } from "./options.ts";

const scripts = /\.[cm]?[jt]sx?(?:\?|$)/;

/** It runs in front of whatever strips types: helpers are recognised by theirs. */
export const plugin = createUnplugin<BackstitchOptions | undefined, false>((options = {}, { framework }) => {
  // Made at the first file: that is when it is known whose TypeScript to use.
  let user: { readonly ts: TypeScript; readonly files: FileCompiler } | undefined;
  const userOf = (fileName: string) => {
    if (user) return user;
    const ts = loadUserTypeScript(fileName);
    user = { ts, files: createFileCompiler(ts, options) };
    return user;
  };

  return {
    name: "backstitch",
    enforce: "pre",
    buildStart: () => user?.files.changed(),
    watchChange: () => user?.files.changed(),
    transform: {
      filter: {
        id: { include: scripts, exclude: /[\\/]node_modules[\\/]|^\0/ },
        // No other plugin comes before this one in esbuild, so that what does not name us is not for us.
        ...(framework === "esbuild" && { code: /createFunction|backstitch/ }),
      },
      handler(text, id) {
        const [fileName = "", query] = id.replaceAll("\\", "/").split("?", 2);
        const { ts, files } = userOf(fileName);
        const compiled = (query === undefined ? files.compile : files.compileVirtual)(fileName, text);
        if (!compiled) return undefined;
        options.onManifest?.(fileName, compiled.manifest());
        report(ts, this, fileName, compiled, options);
        if (!compiled.edits) return undefined;
        const map = compiled.edits.generateMap({ source: fileName, includeContent: true, hires: "boundary" });
        return { code: compiled.edits.toString(), map };
      },
    },
    esbuild: { onLoadFilter: scripts },
  };
});

/** Warns of each warning; fails the build with all errors at once, at the position of the first. */
function report(
  ts: TypeScript,
  context: UnpluginBuildContext & UnpluginContext,
  fileName: string,
  { diagnostics }: CompiledText,
  { onError }: BackstitchOptions,
): void {
  const of = (category: ts.DiagnosticCategory) => diagnostics.filter((diagnostic) => diagnostic.category === category);
  const messageOf = (found: readonly [ts.Diagnostic, ...ts.Diagnostic[]]) => ({
    message: describeDiagnostics(ts, found),
    loc: { file: fileName, ...positionOf(found[0]) },
  });
  for (const warning of of(ts.DiagnosticCategory.Warning)) context.warn(messageOf([warning]));
  const [first, ...others] = of(ts.DiagnosticCategory.Error);
  if (!first) return;
  if (onError) onError(fileName, describeDiagnostics(ts, [first, ...others]));
  else context.error(messageOf([first, ...others]));
}
