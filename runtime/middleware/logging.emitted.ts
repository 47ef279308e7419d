// @ts-nocheck emitted code falls through its switches and has no types
/** A handler that logs in each of its segments, in emitted form. */
import { emitted } from "../engine/testing-support.ts";

/**
 * `async ({ event, step, logger, attempt }) => {
 *    logger.info({ n: 1 }, "begin");
 *    const log = logger.child({ order: event.data.order });
 *    await step.run("first", () => log.info("in the step"));
 *    log.info("between");
 *    if (fails()) throw new Error("between the steps");
 *    await step.run("second", () => {});
 *    const inner = log.child({ inner: true });
 *    await step.run("third", () => {});
 *    inner.warn("end");
 *  }`
 */
export const logging = (fails) =>
  emitted(
    "logging",
    {
      labels: { first: { "": ["log", "step"] }, second: { "": ["log", "step"] }, third: { "": ["inner"] } },
      captures: { first: [""] },
    },
    async ($, { event, step, logger }) => {
      const v = $.scope("");
      $.code({ first: (v) => () => v.log.info("in the step"), second: () => () => {}, third: () => () => {} });
      switch ($.pc) {
        case "":
          v.step = step;
          logger.info({ n: 1 }, "begin");
          v.log = logger.child({ order: event.data.order });
        case "first":
          await $.at("first", () => v.step.run("first", $.fn("first", v)));
          v.log.info("between");
          if (fails()) throw new Error("between the steps");
        case "second":
          await $.at("second", () => v.step.run("second", $.fn("second")));
          v.inner = v.log.child({ inner: true });
        case "third":
          await $.at("third", () => v.step.run("third", $.fn("third")));
      }
      v.inner.warn("end");
    },
  );
