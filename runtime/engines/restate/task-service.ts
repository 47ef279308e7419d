/** The service that makes single attempts of steps: whichever worker Restate picks, at once with others of the same run. */
import type { Context, Request } from "@restatedev/restate-sdk";
import { isGivenUp } from "../../engine/load.ts";
import { makeAttempt } from "../../middleware/drive.ts";
import type { Claim } from "../../store.ts";
import type { HostParts } from "./host-parts.ts";
import { json, Links } from "./links.ts";
import { parkTimeoutMs } from "./live-drive.ts";
import type { TaskAnswer, TaskMessage } from "./messages.ts";

/** Handlers of the service, by their names. */
export function taskHandlers(host: HostParts) {
  return {
    make: async (context: Context, message: TaskMessage): Promise<void> => {
      const action = () => made(host, message, context.request());
      const answer = (await context.run("attempt", action, { serde: json as never })) as TaskAnswer;
      new Links(host.app, context).send({ service: "run", key: message.run, handler: "told" }, answer);
    },
  };
}

/** What keeps the attempt from being made is found again, and told, where the run is driven. */
async function made(host: HostParts, message: TaskMessage, request: Request): Promise<TaskAnswer> {
  const { run, functionId, op, attempt, event, joined, createdAt, frame } = message;
  const { clock, logger, retryDelay } = host;
  const refused = () => ({ op, attempt, refused: true, endedAt: clock.now() }) as const;
  const fn = host.functionOf(functionId);
  if (fn === undefined) return refused();
  const lostClaims = await host.lostBefore(request, 0);
  const claim: Claim = {
    ...{ run, functionId, epoch: 1, seq: 1, frame, event, lostClaims, createdAt, mail: [] },
    ...(joined.length > 0 && { events: [event, ...joined] }),
  };
  // Where the run itself is driven, it is blocked if it goes on like this.
  if (isGivenUp(claim, fn)) return refused();
  const signal = request.attemptCompletedSignal;
  const commit = () => Promise.reject(new Error("an attempt commits nothing"));
  const parts = { clock, logger, retryDelay, signal, commit, draining: () => false, holdMs: 0, parkTimeoutMs };
  try {
    return await makeAttempt(claim, fn, parts, op);
  } catch (error) {
    logger.warn({ err: error }, `backstitch: a step of run ${run} could not be made on its own`);
    return refused();
  }
}
