// @ts-nocheck emitted code falls through its switches and has no types
/** A handler that uses what middleware adds to its context, in emitted form. */
import { emitted } from "../engine/testing-support.ts";

/**
 * `async ({ event, step, logger, db, tenant }) => {
 *    logger.info("begin");
 *    const first = await step.run("first", (n) => db.double(n), event.data.n);
 *    logger.info("between");
 *    await step.sleep("pause", 1000);
 *    let second;
 *    try { second = await step.run("second", (n) => db.double(n), first) }
 *    catch (error) { second = error.message }
 *    logger.info("end");
 *    return { first, second, tenant, open: db.isOpen };
 *  }`
 */
export const watched = emitted(
  "watched",
  {
    labels: {
      first: { "": ["db", "logger", "tenant", "step"] },
      pause: { "": ["db", "logger", "tenant", "step", "first"] },
      second: { "": ["db", "logger", "tenant", "first"] },
    },
    captures: { first: [""], second: [""] },
  },
  async ($, { event, step, logger, db, tenant }) => {
    const v = $.scope("");
    $.code({ first: (v) => (n) => v.db.double(n), second: (v) => (n) => v.db.double(n) });
    switch ($.pc) {
      case "":
        v.step = step;
        v.logger = logger;
        v.db = db;
        v.tenant = tenant;
        v.logger.info("begin");
      case "first":
        v.first = await $.at("first", () => v.step.run("first", $.fn("first", v), event.data.n));
        v.logger.info("between");
      case "pause":
        await $.at("pause", () => v.step.sleep("pause", 1000));
      case "second":
        try {
          v.second = await $.at("second", () => v.step.run("second", $.fn("second", v), v.first));
        } catch (error) {
          v.second = error.message;
        }
    }
    v.logger.info("end");
    return { first: v.first, second: v.second, tenant: v.tenant, open: v.db.isOpen };
  },
);
