/** The hooks around a step attempt, as one function. */
import type { StepLayer } from "../engine/contract.ts";
import type { Middleware, MiddlewareRun, MiddlewareStep } from "./middleware.ts";

/**
 * Each middleware is a layer: its input transform, then its `wrapStep` around the next layer, then its output transform.
 * Gives undefined when none has such a hook, so that steps stay as quick as without.
 */
export function stepLayer(middleware: readonly Middleware[], run: MiddlewareRun): StepLayer | undefined {
  const layers = middleware.filter((one) => one.wrapStep ?? one.transformStepInput ?? one.transformStepOutput);
  if (layers.length === 0) return undefined;
  return (attempt, callback) => {
    const enter = async (depth: number, given: readonly unknown[]): Promise<unknown> => {
      const layer = layers[depth];
      if (layer === undefined) return callback(given);
      const about = (input: readonly unknown[]) => ({
        run,
        step: Object.freeze<MiddlewareStep>({ ...attempt, input }),
      });
      const transformed = layer.transformStepInput ? await layer.transformStepInput(about(given)) : given;
      const input = requireList(transformed, layer.name);
      const next = () => enter(depth + 1, input);
      const output = layer.wrapStep ? await layer.wrapStep(about(input), next) : await next();
      return layer.transformStepOutput ? layer.transformStepOutput({ ...about(input), output }) : output;
    };
    return enter(0, attempt.input);
  };
}

function requireList(input: unknown, name: string): readonly unknown[] {
  if (Array.isArray(input)) return input;
  throw new TypeError(`transformStepInput of the middleware "${name}" gave no list of arguments`);
}
