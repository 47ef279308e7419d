/**
 * Source maps through two translations: TypeScript maps the emitted JavaScript onto the rewritten text, the edits map
 * the rewritten text onto the author's. People want the composition.
 */
import remapping, { type EncodedSourceMap } from "@jridgewell/remapping";
import type MagicString from "magic-string";

/** The fields of a version 3 map, in the order in which TypeScript prints them. */
interface RawSourceMap {
  version: 3;
  file?: string;
  sourceRoot?: string;
  sources: string[];
  names: string[];
  mappings: string;
  sourcesContent?: (string | null)[];
}

const inlinePrefix = "//# sourceMappingURL=data:application/json;base64,";

/**
 * Composes a map that TypeScript emitted for a rewritten file with the edits that rewrote it.
 *
 * The names of the sources stay as TypeScript wrote them: `sourceRoot`, `mapRoot` and the layout of the output are
 * already in them. Contents, where TypeScript inlined them, become the author's.
 *
 * @param emitted text of the `.map` file
 * @param edits the edits of the file; `edits.original` is the author's text
 * @returns text of the composed map
 */
export function composeSourceMap(emitted: string, edits: MagicString): string {
  const outer: RawSourceMap = JSON.parse(emitted);
  // Sources are numbered while maps are joined: a real name would be resolved against `sourceRoot` and rewritten.
  const numbered = { ...outer, sourceRoot: "", sources: outer.sources.map((_, index) => String(index)) };
  const inner = edits.generateMap({ hires: "boundary", source: authorsText });
  const joined = remapping(numbered as EncodedSourceMap, (source) =>
    source === rewrittenSource ? (inner as unknown as EncodedSourceMap) : null,
  );
  const indexes = joined.sources.map((source) => (source === authorsText ? 0 : Number(source)));
  const { sourcesContent } = outer;
  const composed: RawSourceMap = {
    ...outer,
    sources: indexes.map((index) => outer.sources[index] ?? ""),
    names: joined.names,
    mappings: joined.mappings as string,
    ...(sourcesContent && {
      sourcesContent: indexes.map((index) => (index === 0 ? edits.original : (sourcesContent[index] ?? null))),
    }),
  };
  return JSON.stringify(composed);
}

/** TypeScript lists the file that it prints first; other sources come from other plugins. */
const rewrittenSource = "0";
const authorsText = "author";

/**
 * Composes the map that is inlined at the end of emitted JavaScript.
 *
 * @param emitted JavaScript as TypeScript printed it; returned as it is when it holds no inline map
 * @param edits see {@link composeSourceMap}
 */
export function composeInlineSourceMap(emitted: string, edits: MagicString): string {
  const at = emitted.lastIndexOf(inlinePrefix);
  if (at < 0) return emitted;
  const start = at + inlinePrefix.length;
  const length = emitted.slice(start).search(/[^A-Za-z0-9+/=]|$/);
  const map = Buffer.from(emitted.slice(start, start + length), "base64").toString("utf8");
  const composed = Buffer.from(composeSourceMap(map, edits), "utf8").toString("base64");
  return emitted.slice(0, start) + composed + emitted.slice(start + length);
}
