/** Part of a frame that is stored beside it: some elements of an array that only grows. */
export interface FramePiece {
  readonly array: number;
  readonly index: number;
  readonly text: string;
}

export function wholeFrame(frame: string, pieces: readonly FramePiece[]): string {
  return frame.replace(/\{"\$pieces":\[(\d+),(\d+)\]\}/g, (_, array: string, count: string) => {
    const own = pieces.filter((piece) => piece.array === Number(array)).slice(0, Number(count));
    return own.map(({ text }) => text).join(",");
  });
}

/** What is stored when a commit was. */
export function piecesAfter(
  stored: readonly FramePiece[],
  { pieces = [], dropped = [] }: { readonly pieces?: readonly FramePiece[]; readonly dropped?: readonly number[] },
): readonly FramePiece[] {
  if (pieces.length === 0 && dropped.length === 0) return stored;
  const replaced = new Set(pieces.map(({ array, index }) => `${array}/${index}`));
  const kept = stored.filter(({ array, index }) => !dropped.includes(array) && !replaced.has(`${array}/${index}`));
  return [...kept, ...pieces].sort((a, b) => a.array - b.array || a.index - b.index);
}
