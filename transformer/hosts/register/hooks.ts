/** The hooks of `import` for Node before 22.15, which runs them in a thread of their own. */
import { createModuleCompiler, sourceFile } from "./module-compiler.ts";
import { isNotFound, sourceSpecifiers } from "./source-specifiers.ts";

const compile = createModuleCompiler();

/** Finds the source of what is imported by the name of its output. */
export async function resolve(
  specifier: string,
  context: object,
  next: (specifier: string, context: object) => Promise<object>,
): Promise<object> {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    for (const candidate of sourceSpecifiers(specifier)) {
      try {
        return await next(candidate, context);
      } catch {}
    }
    throw error;
  }
}

/** Compiles the user's ES modules. CommonJS is left to the hooks of `require`: its own `require` would not work here. */
export async function load(
  url: string,
  context: object,
  next: (url: string, context: object) => Promise<object>,
): Promise<object> {
  const fileName = sourceFile(url);
  const compiled = fileName === undefined ? undefined : compile(fileName);
  if (compiled?.format === "commonjs") return { format: "commonjs", shortCircuit: true };
  return compiled ? { ...compiled, shortCircuit: true } : next(url, context);
}
