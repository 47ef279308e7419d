/** `backstitch/transformer`: what ts-patch loads. The build bundles it to `dist/transformer.cjs`. */
import { compileFile, mayHoldDurable } from "./compile.ts";
import { createProgramTransformer } from "./hosts/ts-patch/program.ts";
import { version } from "./output/version.ts";

/** See `transformer.d.cts`, which describes it to users. */
export default createProgramTransformer({ version, mayHoldDurable, compileFile });
