/** A turn as it stands in the journal: one commit of the driver, or null when it takes so long that people want to look. */
import type { Serde } from "@restatedev/restate-sdk";
import type { Commit } from "../../store.ts";
import { originalText, storedText } from "../../stores/text.ts";

/** Its text has two lines: all but the frame, and the frame, if it has one. */
export const turnSerde: Serde<Commit | null> = {
  contentType: "text/plain",
  serialize: (commit) => {
    if (commit === null) return Buffer.alloc(0);
    const { frame, ...rest } = commit;
    const head = JSON.stringify(rest);
    return Buffer.from(frame === undefined ? head : `${head}\n${storedText(frame)}`);
  },
  deserialize: (bytes) => {
    if (bytes.length === 0) return null;
    const text = Buffer.from(bytes).toString();
    const end = text.indexOf("\n");
    if (end < 0) return JSON.parse(text) as Commit;
    return { ...(JSON.parse(text.slice(0, end)) as Commit), frame: originalText(text.slice(end + 1)) };
  },
};
