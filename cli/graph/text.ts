/** How wide text is, and where it breaks. Everything is set in one monospaced font, so that no browser is needed. */

/** Of a character, in parts of the font's size. Menlo, SF Mono, DejaVu and Liberation are no wider; Consolas is narrower. */
const advance = 0.61;

/** Columns that a character takes: two for those of East Asia and pictures. */
function columns(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (/\p{Mark}/u.test(character)) return 0;
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xff00 && code <= 0xff60) ||
    code >= 0x1f000;
  return isWide ? 2 : 1;
}

function columnsOf(text: string): number {
  return [...text].reduce((sum, character) => sum + columns(character), 0);
}

/** Width in pixels. */
export function widthOf(text: string, fontSize: number): number {
  return columnsOf(text) * advance * fontSize;
}

/**
 * Breaks text into lines, at spaces and behind punctuation where that is possible.
 *
 * @param most columns of a line
 * @param lines how many at most: the last one then ends with `…`
 */
export function wrap(text: string, most: number, lines = 4): string[] {
  const wrapped: string[] = [];
  let line = "";
  for (const piece of pieces(text, most)) {
    if (columnsOf(`${line}${piece.trimEnd()}`) > most && line !== "") {
      wrapped.push(line.trimEnd());
      line = "";
    }
    line += line === "" ? piece.trimStart() : piece;
  }
  if (line.trim() !== "" || wrapped.length === 0) wrapped.push(line.trimEnd());
  if (wrapped.length <= lines) return wrapped;
  const kept = wrapped.slice(0, lines);
  const last = [...(kept[lines - 1] as string)];
  while (columnsOf(last.join("")) >= most) last.pop();
  return [...kept.slice(0, -1), `${last.join("")}…`];
}

/** The smallest parts that a line may end behind. */
function pieces(text: string, most: number): string[] {
  const found = text.match(/[^\s\-+/_.,(]*[\s\-+/_.,(]+|[^\s\-+/_.,(]+/g) ?? [];
  return found.flatMap((piece) => (columnsOf(piece) <= most ? [piece] : cut(piece, most)));
}

function cut(piece: string, most: number): string[] {
  const parts = [""];
  for (const character of piece) {
    const last = parts.length - 1;
    if (columnsOf(parts[last] + character) > most) parts.push(character);
    else parts[last] += character;
  }
  return parts;
}
