/**
 * A run that is loaded in this process, driven from one commit to the next.
 *
 * The driver believes that its commits are written when they are answered, and so they are: each is handed out as the result
 * of a journalled action, and answered when the next one is asked for, which is after the journal has it.
 */
import type { DriveEnd, DriverHost } from "../../engine/contract.ts";
import type { Commit, CommitResult, Mail } from "../../store.ts";

/** How long inputs wait for code in an ordinary await, of functions that do not say it. */
export const parkTimeoutMs = 300_000;

/** What a drive takes from whoever hosts it; the rest is made here. */
export type DriveParts = Omit<DriverHost, "commit" | "signal" | "onMail">;

export class LiveDrive {
  readonly #abort = new AbortController();
  readonly #end: Promise<DriveEnd>;
  #answer: ((result: CommitResult) => void) | undefined;
  #offer: ((commit: Commit) => void) | undefined;
  /** A commit that nobody has asked for yet. */
  #offered: Commit | undefined;
  #deliver: ((mail: readonly Mail[]) => void) | undefined;

  /** @param drive begins to drive the run */
  constructor(drive: (host: DriverHost) => Promise<DriveEnd>, parts: DriveParts) {
    this.#end = drive({
      ...parts,
      signal: this.#abort.signal,
      commit: (commit) => this.#commit(commit),
      onMail: (deliver) => {
        this.#deliver = deliver;
      },
    });
    // Whoever asks for the next commit hears of a failure.
    this.#end.catch(() => {});
  }

  /** Mail that comes while code of the run is executed. */
  receive(mail: readonly Mail[]): void {
    this.#deliver?.(mail);
  }

  /**
   * The next commit; it is to be asked for once. The one before it is answered as written.
   *
   * @param mail what has come and was not read; what the driver has already is ignored by it
   * @param result what the commit before it is answered
   */
  next(mail: readonly Mail[], result: CommitResult): Promise<Commit> {
    this.#deliver?.(mail);
    this.#answer?.(result);
    this.#answer = undefined;
    const commit = this.#take() ?? this.#asked();
    return Promise.race([commit, this.#failure()]);
  }

  #asked(): Promise<Commit> {
    return new Promise((resolve) => {
      this.#offer = resolve;
    });
  }

  #take(): Commit | undefined {
    const commit = this.#offered;
    this.#offered = undefined;
    return commit;
  }

  /** The last commit is written: the drive ends by itself. */
  async over(): Promise<void> {
    this.#answer?.("ok");
    await this.#end;
  }

  /** Nobody will take a commit any more. Attempts that run are told. */
  abort(): void {
    this.#abort.abort();
    this.#answer?.("fenced");
  }

  #commit(commit: Commit): Promise<CommitResult> {
    if (this.#abort.signal.aborted) return Promise.resolve("fenced");
    if (this.#offer) this.#offer(commit);
    else this.#offered = commit;
    this.#offer = undefined;
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  /** A drive that ends without a commit does so because it was aborted, and then nobody listens. */
  async #failure(): Promise<never> {
    await this.#end;
    return new Promise<never>(() => {});
  }
}
