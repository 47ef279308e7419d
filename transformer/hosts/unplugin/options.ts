import type { Manifest } from "../../../runtime/manifest.ts";

/** Options of the plugins for bundlers. All may be left out. */
export interface BackstitchOptions {
  /**
   * False compiles each file by itself, without types: faster, and what only types can tell is not reported. The code
   * is the same either way. Default true; files without a tsconfig.json are compiled by themselves in any case.
   */
  readonly types?: boolean;
  /**
   * Path of the tsconfig.json whose program gives the types, from the current folder. Default: the nearest one above
   * each file, or the one among its references that includes the file.
   */
  readonly tsconfig?: string;
  /**
   * Called with the errors of a file, as text, in place of failing the build. The file is then bundled as its author
   * wrote it: its handlers throw when they are registered.
   */
  readonly onError?: (fileName: string, errors: string) => void;
  /** Called with the manifest of each file that holds durable functions, again each time the file is compiled. */
  readonly onManifest?: (fileName: string, manifest: Manifest) => void;
}
