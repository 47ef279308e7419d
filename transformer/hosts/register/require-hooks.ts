/** Hooks of `require` for Node before 22.15, whose hooks of `import` do not reach CommonJS. */
import nodeModule from "node:module";
import type { LoadedModule } from "./module-compiler.ts";
import { isNotFound, sourceSpecifiers } from "./source-specifiers.ts";

/** What Node has of CommonJS beside its documented interface; compilers that hook into `require` rely on it. */
interface CommonJs {
  readonly _extensions: Record<string, Loader>;
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

type Loader = (module: CompilableModule, fileName: string) => void;

interface CompilableModule {
  _compile(source: string, fileName: string, format?: string): void;
}

/** Lets `require` find and compile the user's sources. */
export function hookRequire(compile: (fileName: string) => LoadedModule | undefined): void {
  const commonJs = nodeModule as unknown as CommonJs;
  const resolveFilename = commonJs._resolveFilename;
  commonJs._resolveFilename = function resolve(request, ...rest) {
    try {
      return resolveFilename.call(this, request, ...rest);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      for (const candidate of sourceSpecifiers(request)) {
        try {
          return resolveFilename.call(this, candidate, ...rest);
        } catch {}
      }
      throw error;
    }
  };
  const plain = commonJs._extensions[".js"] as Loader;
  for (const extension of [".js", ".cjs", ".jsx", ".ts", ".cts", ".mts", ".tsx"]) {
    const load = commonJs._extensions[extension] ?? plain;
    commonJs._extensions[extension] = (module, fileName) => {
      const compiled = compile(fileName);
      if (compiled) module._compile(compiled.source, fileName, compiled.format);
      else load(module, fileName);
    };
  }
}
