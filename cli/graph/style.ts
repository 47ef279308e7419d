/** Colours and strokes. Written out twice: not every program that shows SVG knows variables of style sheets. */

interface Colours {
  readonly paper: string;
  readonly ink: string;
  readonly faint: string;
  readonly step: readonly [fill: string, stroke: string];
  readonly wait: readonly [fill: string, stroke: string];
  readonly branch: readonly [fill: string, stroke: string];
  readonly fork: readonly [fill: string, text: string];
  readonly undo: readonly [fill: string, stroke: string];
  readonly completed: readonly [fill: string, stroke: string];
  readonly failed: readonly [fill: string, stroke: string];
  readonly line: string;
}

const light: Colours = {
  paper: "#ffffff",
  ink: "#1b2330",
  faint: "#5b6675",
  step: ["#eef4ff", "#4470b8"],
  wait: ["#f3effc", "#7a5fb5"],
  branch: ["#f6f7f9", "#6b7684"],
  fork: ["#3c4858", "#ffffff"],
  undo: ["#fff1e2", "#c2570c"],
  completed: ["#e3f7e8", "#20803d"],
  failed: ["#fde5e5", "#c02626"],
  line: "#5b6675",
};

const dark: Colours = {
  paper: "#12161c",
  ink: "#e6eaf0",
  faint: "#9aa5b4",
  step: ["#1b2a42", "#6d9be8"],
  wait: ["#2a2340", "#a68ae0"],
  branch: ["#222831", "#8b97a7"],
  fork: ["#c5cedb", "#12161c"],
  undo: ["#3a2412", "#f0954a"],
  completed: ["#143020", "#4cc274"],
  failed: ["#3d1618", "#f06a6a"],
  line: "#9aa5b4",
};

function colours(of: Colours): string {
  const shape = (selector: string, [fill, stroke]: readonly [string, string]) =>
    `${selector}{fill:${fill};stroke:${stroke}}`;
  const shapes = (kind: string, both: readonly [string, string]) => shape(`.${kind} rect,.${kind} polygon`, both);
  return [
    `.paper,.label rect{fill:${of.paper}}`,
    `text{fill:${of.ink}}`,
    `.note,.label text,.legend text{fill:${of.faint}}`,
    shapes("step", of.step),
    shapes("call", of.step),
    shapes("sleep", of.wait),
    shapes("wait", of.wait),
    shapes("await", [of.paper, of.faint]),
    shapes("branch", of.branch),
    shapes("loop", of.branch),
    shapes("start", [of.paper, of.ink]),
    shapes("rollback", of.undo),
    shapes("completed", of.completed),
    shapes("failed", of.failed),
    `.fork rect,.join rect{fill:${of.fork[0]};stroke:none}`,
    `.fork text{fill:${of.fork[1]}}`,
    `.line{stroke:${of.line}}`,
    `#head path{fill:${of.line}}`,
    `.line.undoes,.line.either{stroke:${of.undo[1]}}`,
    `#head-undoes path,.label.undoes text{fill:${of.undo[1]}}`,
    `.fatal{fill:${of.failed[1]}}`,
    `.cross{stroke:${of.paper}}`,
  ].join("");
}

export const style = [
  'text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;text-anchor:middle;white-space:pre}',
  ".node rect,.node polygon{stroke-width:1.4}.line{fill:none;stroke-width:1.5}.line.rollback{stroke-dasharray:6 4}.line.either{stroke-dasharray:10 3 2 3}",
  ".await rect{stroke-dasharray:2 3}.cross{fill:none;stroke-width:1.6;stroke-linecap:round}.legend text{text-anchor:start}",
  colours(light),
  `@media (prefers-color-scheme:dark){${colours(dark)}}`,
].join("");

const head = (id: string) =>
  `<marker id="${id}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 1L10 5L0 9z"/></marker>`;

export const arrowHeads = `<defs>${head("head")}${head("head-undoes")}</defs>`;
