/** Parts of frames that are stored beside them. The row of a run says whether it may have some. */
import type { FramePiece, PieceChanges } from "../../frame-pieces.ts";
import type { Connection } from "./connection.ts";

/** By array and index. */
export function piecesOf(db: Connection, run: number): FramePiece[] {
  return db.all<FramePiece>('SELECT "array", "index", text FROM pieces WHERE run = ? ORDER BY "array", "index"', run);
}

export function putPieces(db: Connection, run: number, { pieces = [], dropped = [] }: PieceChanges): void {
  for (const array of dropped) db.run('DELETE FROM pieces WHERE run = ? AND "array" = ?', run, array);
  for (const { array, index, text } of pieces) {
    // Not INSERT OR REPLACE: that would put the row, and the entry of its index, in another place.
    db.run(
      `INSERT INTO pieces (run, "array", "index", text) VALUES (?, ?, ?, ?)
       ON CONFLICT (run, "array", "index") DO UPDATE SET text = excluded.text`,
      ...[run, array, index, text],
    );
  }
}

/** A run has ended. */
export function removePieces(db: Connection, run: number): void {
  db.run("DELETE FROM pieces WHERE run = ?", run);
}
