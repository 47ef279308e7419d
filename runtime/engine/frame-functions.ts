/** The part of `$` for generator functions, which the words of all frames cannot know: a generator has a frame, too. */
import type { CodeInfo } from "../manifest.ts";
import type { Untyped } from "../types.ts";
import { FrameResources } from "./frame-resources.ts";
import { type GeneratorMethod, generatorFunction, type ParameterBinder, replaceMethods } from "./generators.ts";

export abstract class FrameFunctions extends FrameResources {
  /** A generator function that is a closure; `binds` says that parameters are bound at the call, by its body or by `bind`. */
  generator(
    info: CodeInfo,
    body: (...args: never[]) => Generator | AsyncGenerator,
    name: string,
    binds?: boolean,
    bind?: ParameterBinder,
  ): Untyped {
    return generatorFunction(this, info, body, name, binds, bind);
  }

  /** In front of `made`: the generator methods of a class. */
  generators(made: object, ...methods: GeneratorMethod[]): void {
    replaceMethods(this, made, methods);
  }
}
