/** A worker process: `node dist/worker.js`. */
import "./add-data.js";
import "./generate-result.js";
import { inngest } from "./client.js";

const worker = inngest.worker({ pollMs: 50 });
await worker.start();

// The demo is the parent of this process. When it is gone, for whatever reason, this process goes too.
process.once("disconnect", () => process.exit());
process.once("SIGTERM", () => void inngest.close().then(() => process.exit()));
