/** Preloaded into a compiler: writes its CPU seconds, user and system, to the file that is named by BENCH_USAGE. */
const { writeFileSync } = require("node:fs");

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.BENCH_USAGE, String((user + system) / 1e6));
});
