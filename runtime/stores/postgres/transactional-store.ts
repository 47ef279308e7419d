/** What authors see of transactions in steps. */
import type { PoolClient } from "pg";
import type { StepContext } from "../../step-place.ts";
import type { Store } from "../../store.ts";

/** How a transaction of a step is begun. */
export interface TransactionOptions {
  /** Default: that of the database (`default_transaction_isolation`). */
  readonly isolation?: Isolation | undefined;
}

export type Isolation = "read committed" | "repeatable read" | "serializable";

/** The writes of a step: what it gives is the output of the step, and must be storable. */
export type TransactionWork<Output> = (client: PoolClient) => PromiseLike<Output> | Output;

/** A store in whose database steps can write exactly once. */
export interface TransactionalStore extends Store {
  /**
   * Runs `work` in a transaction that also records its output as the step's. What it writes is there once, whether the step
   * is tried again, its worker dies, or two workers execute it at once: when the transaction was committed before, `work`
   * is not called, and the recorded output is given.
   *
   * Call it once in the callback of a `step.run`, await it, and return what it gives. `work` may be called again from its
   * beginning, when the transaction gave way to another one. The transaction is rolled back when `work` throws, when its
   * output cannot be stored, and when the signal of the context aborts.
   *
   * @param context what the callback of the step got, behind its inputs
   * @param work uses the connection while it runs, and neither begins nor ends a transaction; savepoints are its own
   * @throws BackstitchError BS2120 when the context is not that of a step that runs on this store, or has had a transaction
   * @throws BackstitchError BS2121 when `work` ended the transaction, or went on behind a statement that failed
   * @throws StoreError when the server cannot be reached
   * @example
   * const balance = await step.run("debit", (context) =>
   *   store.transaction(context, async (client) => {
   *     const sql = "UPDATE accounts SET balance = balance - $1 WHERE id = $2 RETURNING balance";
   *     const { rows } = await client.query<{ balance: number }>(sql, [amount, account]);
   *     return rows[0]?.balance;
   *   }),
   * );
   */
  transaction<Output>(
    context: StepContext,
    work: TransactionWork<Output>,
    options?: TransactionOptions,
  ): Promise<Output>;
}
