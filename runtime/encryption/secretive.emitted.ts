// @ts-nocheck emitted code falls through its switches and has no types
/** A handler with a secret in each kind of text that a store keeps, in emitted form. */
import { emitted } from "../engine/testing-support.ts";

/** `let kept = …; const out = await run("take", …); try { await run("fail", …) } catch {}; await sleep("pause", "1h")` */
export const secretive = emitted(
  "secretive",
  { labels: { take: { "": ["kept"] }, fail: { "": ["kept", "out"] }, pause: { "": ["kept", "out"] } } },
  async ($, { event, step }) => {
    const v = $.scope("");
    $.code({
      take: () => (given) => `output-secret ${given}`,
      fail: () => () => {
        throw new Error("error-secret");
      },
    });
    switch ($.pc) {
      case "":
        v.kept = `slot-secret ${event.data.word}`;
      case "take":
        v.out = await $.at("take", () => step.run("take", $.fn("take"), "input-secret"));
      case "fail":
        try {
          await $.at("fail", () => step.run("fail", $.fn("fail")));
        } catch {}
      case "pause":
        await $.at("pause", () => step.sleep("pause", "1h"));
    }
    if (event.data.fails) throw new Error("error-secret of the run");
    return [v.kept, v.out];
  },
);
