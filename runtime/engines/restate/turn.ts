/** A turn as it stands in the journal: one commit of the driver. */
import type { Serde } from "@restatedev/restate-sdk";
import type { Commit } from "../../store.ts";
import { originalText, storedText } from "../../stores/text.ts";

/** Its text has two lines: all but the frame, and the frame, if it has one. */
export const turnSerde: Serde<Commit> = {
  contentType: "text/plain",
  serialize: ({ frame, ...rest }) => {
    const head = JSON.stringify(rest);
    return Buffer.from(frame === undefined ? head : `${head}\n${storedText(frame)}`);
  },
  deserialize: (bytes) => {
    const text = Buffer.from(bytes).toString();
    const end = text.indexOf("\n");
    if (end < 0) return JSON.parse(text) as Commit;
    return { ...(JSON.parse(text.slice(0, end)) as Commit), frame: originalText(text.slice(end + 1)) };
  },
};
