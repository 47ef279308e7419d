/** Parts of frames that are stored beside them. The row of a run says whether it may have some. */
import { type FramePiece, shownRun } from "../../frame-pieces.ts";
import type { Commit, ParkedRun } from "../../store.ts";
import { columns, grouped, type Session } from "./database.ts";

/** By array and index, by the number of the run. */
export async function piecesOf(db: Session, runs: readonly number[]): Promise<Map<number, FramePiece[]>> {
  const rows = await db.all<FramePiece & { readonly run: number }>(
    `SELECT p.run, p."array", p."index", p.text FROM backstitch.pieces AS p
     WHERE p.run = ANY($1::bigint[]) ORDER BY p.run, p."array", p."index"`,
    runs,
  );
  return new Map(
    [...grouped(rows, ({ run }) => run)].map(([run, own]) => [run, own.map(({ run: _, ...piece }) => piece)]),
  );
}

/** The columns of a run that has not ended, as `shownRuns` takes them. */
export const parkedColumns = `n, id, app, function_id AS "functionId", status, label, error, frame, has_pieces AS "hasPieces"`;

export type ParkedRow = ParkedRun & { readonly n: number; readonly hasPieces: boolean };

/** With whole frames. In the transaction that has read the rows: they see one state of the database. */
export async function shownRuns<Row extends ParkedRow>(
  db: Session,
  rows: readonly Row[],
): Promise<Omit<Row, "n" | "hasPieces">[]> {
  const numbers = rows.filter(({ hasPieces }) => hasPieces).map(({ n }) => n);
  const pieces = numbers.length > 0 ? await piecesOf(db, numbers) : new Map<number, FramePiece[]>();
  return rows.map(({ n, hasPieces: _, ...run }) => shownRun(run, pieces.get(n)));
}

/**
 * What the statement that advances runs has more when one of them writes or drops pieces. A row is changed by one part of a
 * statement only: of a dropped array, pieces that are written are not deleted before.
 */
export const pieceParts = {
  flag: `,
      has_pieces = r.has_pieces OR r.id = ANY($27::text[])`,
  written: `,
  pieces AS MATERIALIZED (
    SELECT m.n AS run, g."array", g."index", g.text FROM moved AS m
    JOIN unnest($27::text[], $28::bigint[], $29::bigint[], $30::text[]) AS g (run, "array", "index", text) ON g.run = m.id),
  dropped AS (
    DELETE FROM backstitch.pieces AS p USING moved AS m, unnest($31::text[], $32::bigint[]) AS d (run, "array")
    WHERE m.id = d.run AND p.run = m.n AND p."array" = d."array" AND NOT EXISTS (
      SELECT FROM pieces AS g WHERE g.run = p.run AND g."array" = p."array" AND g."index" = p."index")),
  put AS (
    INSERT INTO backstitch.pieces (run, "array", "index", text) SELECT run, "array", "index", text FROM pieces
    ON CONFLICT (run, "array", "index") DO UPDATE SET text = excluded.text)`,
};

/** The parameters of these parts; none when no commit writes or drops pieces. */
export function pieceColumns(batch: readonly Commit[]): ReturnType<typeof columns> {
  const written = batch.flatMap(({ run, pieces = [] }) => pieces.map((piece) => ({ ...piece, run })));
  const dropped = batch.flatMap(({ run, dropped = [] }) => dropped.map((array) => ({ run, array })));
  if (written.length + dropped.length === 0) return [];
  return [...columns(written, "run", "array", "index", "text"), ...columns(dropped, "run", "array")];
}
