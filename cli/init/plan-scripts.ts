/** The scripts of a package.json with the compiler in them. */
import { hasFlag, type Invocation, invocationsOf, optionOf } from "../project/scripts.ts";

type Scripts = Readonly<Record<string, string>>;

/**
 * @param overlay whether `tsc` takes no plugins, so that `backstitch emit` comes behind it
 * @returns the scripts to set, changed or new
 */
export function planScripts(scripts: Scripts, overlay: boolean): Scripts {
  const all = Object.values(scripts);
  const hasOverlay = all.some((script) => /\bbackstitch emit\b/.test(script));
  // Who emits over the output of tsc has decided how to build.
  if (hasOverlay) return {};
  const change = overlay ? withOverlay : withTspc;
  const changed = Object.entries(scripts)
    .map(([name, script]) => [name, change(script)] as const)
    .filter(([name, script]) => script !== scripts[name]);
  const builds = scripts["build"] !== undefined || all.some((script) => /\btspc\b/.test(script)) || changed.length > 0;
  return { ...Object.fromEntries(changed), ...(!builds && { build: overlay ? "tsc && backstitch emit" : "tspc" }) };
}

/** `tsc -p .` becomes `tspc -p .` */
function withTspc(script: string): string {
  return replaceFromBehind(script, ({ toolAt }) => ({
    ...toolAt,
    text: script.slice(toolAt.start, toolAt.end).replace(/\btsc\b(?!.*\btsc\b)/, "tspc"),
  }));
}

/** `tsc -p .` becomes `tsc -p . && backstitch emit -p .` */
function withOverlay(script: string): string {
  return replaceFromBehind(script, (tsc) => {
    const { end } = tsc.at;
    // A watcher never ends, so nothing can come behind it.
    if (hasFlag(tsc, "-w", "--watch")) return undefined;
    const command = hasFlag(tsc, "--noEmit") ? "check" : "emit";
    const project = optionOf(tsc, "-p", "--project");
    return { start: end, end, text: ` && backstitch ${command}${project === undefined ? "" : ` -p ${project}`}` };
  });
}

function replaceFromBehind(
  script: string,
  edit: (tsc: Invocation) => { start: number; end: number; text: string } | undefined,
): string {
  const edits = invocationsOf(script)
    .filter(({ tool }) => tool === "tsc")
    .map(edit)
    .reverse();
  return edits.reduce(
    (text, each) => (each ? text.slice(0, each.start) + each.text + text.slice(each.end) : text),
    script,
  );
}
