import { Backstitch } from "backstitch";
import { sqlite } from "backstitch/sqlite";

export const inngest = new Backstitch({
  id: "rollbacks",
  store: sqlite({ path: process.env.DEMO_DATABASE ?? "rollbacks.db" }),
  // So short for the demo only. Left out, the first retry waits 15 seconds, and the later ones longer.
  backoff: ["40ms"],
});
