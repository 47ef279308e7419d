/**
 * Random programs, compiled and native, in several processes. See docs/testing.md.
 *
 *   node scripts/fuzz.mjs --minutes N [--seed S] [--workers W] [--only family,…] [--index I]
 */
import { root, runBundled } from "../fixtures/fuzz/bundle.mjs";

await runBundled("fixtures/fuzz/main.ts", ["--root", root, ...process.argv.slice(2)]);
