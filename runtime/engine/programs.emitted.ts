// @ts-nocheck emitted code falls through its switches and has no types
/** The two programs of the README in emitted form, written by hand. */
import { handler } from "./testing-support.ts";

export const generateResult = handler(
  "generate-result",
  {
    labels: {
      "generate-image-dall-e": {},
      "generate-image-midjourney": {},
      "notify-user": { "": ["imageURL", "via"] },
    },
  },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({
      "generate-image-dall-e": () => () => `dalle:${event.data.prompt}`,
      "generate-image-midjourney": () => () => `midjourney:${event.data.prompt}`,
      "notify-user": (v) => () => ({ channel: event.data.channelID, imageURL: v.imageURL, via: v.via }),
    });
    switch ($.pc) {
      case "":
        v.imageURL = null;
        v.via = undefined;
      case "generate-image-dall-e":
      case "generate-image-midjourney":
        try {
          if ($.in("generate-image-midjourney")) throw $.again;
          v.imageURL = await $.at("generate-image-dall-e", () =>
            step.run("generate-image-dall-e", $.fn("generate-image-dall-e")),
          );
          v.via = "dall-e";
        } catch (err) {
          v.imageURL = await $.at("generate-image-midjourney", () =>
            step.run("generate-image-midjourney", $.fn("generate-image-midjourney")),
          );
          v.via = "midjourney";
        }
      case "notify-user":
        await $.at("notify-user", () => step.run("notify-user", $.fn("notify-user", v)));
    }
    return undefined;
  },
);

export const addData = handler(
  "add-data",
  { labels: { "non-critical-step": {}, "create-row": {}, "rollback-row-creation": {} } },
  async ($, { event, step }) => {
    $.code({
      "non-critical-step": () => () => "metric",
      "create-row": () => async () => `row ${event.data.rowId}`,
      "rollback-row-creation": () => async () => `removed ${event.data.rowId}`,
    });
    switch ($.pc) {
      case "":
      case "non-critical-step":
        try {
          await $.at("non-critical-step", () => step.run("non-critical-step", $.fn("non-critical-step")));
        } catch {}
      case "create-row":
      case "rollback-row-creation":
        try {
          if ($.in("rollback-row-creation")) throw $.again;
          await $.at("create-row", () => step.run("create-row", $.fn("create-row")));
        } catch (err) {
          await $.at("rollback-row-creation", () =>
            step.run("rollback-row-creation", $.fn("rollback-row-creation")),
          );
        }
    }
    return undefined;
  },
);
