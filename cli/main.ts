#!/usr/bin/env node
/** The command `backstitch`, see `docs/cli.md`. */
import { runCommandLine } from "./command-line.ts";

// Not `process.exit`: what was written to a pipe must get through.
process.exitCode = await runCommandLine(process.argv.slice(2));
