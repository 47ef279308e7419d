/**
 * `Promise.all` and its like over handles. What is stored is the elements: a settled one is a handle with its outcome,
 * so that nothing else need be kept. The first decision holds; elements that lost go on.
 */
import { SafeMap } from "../codec/index.ts";
import type { Activation, Wait } from "./activation.ts";
import { ambientActivation } from "./ambient.ts";
import { Handle, type HandleImage, type Maker, promiseOf, type Waiter } from "./handle.ts";
import type { Outcome } from "./outcome.ts";
import { hearOrdinary, inJob, isThenable, observed, outcomeOf } from "./thenables.ts";

type CombinationKind = "all" | "allSettled" | "any" | "race";

export interface CombinationImage {
  readonly kind: CombinationKind;
  readonly elements: readonly unknown[];
  /** Registrations of the elements, where their order matters. */
  readonly since?: readonly number[];
}

/** `Promise.all(iterable)` and so on: the language's own when ordinary promises are among the elements, and no handles. */
export function combine(activation: Activation, kind: CombinationKind, iterable: Iterable<unknown>): unknown {
  let elements: unknown[];
  try {
    elements = [...iterable];
  } catch (error) {
    return promiseOf(`Promise.${kind}`, activation, { ok: false, error });
  }
  // A callback waits as other code does: for a promise that code of the run settles while it waits.
  const isCode = ambientActivation() === activation;
  const isOurs = (element: unknown) =>
    activation.owns(element) && (isCode || !(element.outcome || element.maker?.isOfCode));
  const isNative = elements.some(isThenable) && !elements.some(isOurs);
  if (isNative) return observed(nativeCombination(kind, elements));
  const handle = promiseOf(`Promise.${kind}`, activation);
  new Combination(handle, kind, elements).begin();
  return handle;
}

function nativeCombination(kind: CombinationKind, elements: readonly unknown[]): Promise<unknown> {
  switch (kind) {
    case "all":
      return Promise.all(elements);
    case "allSettled":
      return Promise.allSettled(elements);
    case "any":
      return Promise.any(elements);
    case "race":
      return Promise.race(elements);
  }
}

export class Combination implements Maker {
  readonly #handle: Handle;
  readonly #kind: CombinationKind;
  /** Handles, settled or not, and plain values. An ordinary promise is replaced once it is settled. */
  readonly #elements: unknown[];
  readonly #waiters = new SafeMap<number, ElementWaiter>();
  /** Elements that have not settled, ordinary promises among them. */
  #pending = 0;
  #ordinary = 0;

  constructor(handle: Handle, kind: CombinationKind, elements: readonly unknown[]) {
    this.#handle = handle;
    this.#kind = kind;
    this.#elements = [...elements];
    handle.maker = this;
  }

  /** Waits for the elements. As in the language, each counts in a job of its own, also when it is settled. */
  begin(): void {
    const { activation } = this.#handle;
    this.#pending = this.#elements.length;
    // A race of nothing is never decided.
    if (this.#pending === 0 && this.#kind !== "race") this.#handle.settle(this.#finalOutcome());
    const hurries = this.#kind === "race" || this.#kind === "any";
    for (const [index, element] of this.#elements.entries()) {
      if (activation.owns(element)) activation.wait(element, this.#waiter(index));
      else if (!isThenable(element)) inJob(activation, () => this.#settled({ ok: true, value: element }));
      else if (hurries) this.#ordinaryOf(element, index);
      else {
        this.#ordinary++;
        hearOrdinary(activation, element, (outcome) => this.#ordinarySettled(index, outcome));
      }
    }
    if (hurries && this.#ordinary > 0) this.#hurry();
  }

  /** Loaded: registers where it was registered before. Gives the registrations to make. */
  restore(since: readonly number[] = []): Wait[] {
    const waits: Wait[] = [];
    for (const [index, element] of this.#elements.entries()) {
      if (!(element instanceof Handle) || element.outcome) continue;
      this.#pending++;
      const waiter = this.#waiter(index);
      waiter.since = since[index] ?? 0;
      waits.push({ handle: element, waiter });
    }
    return waits;
  }

  stored(): HandleImage {
    const since = this.#elements.map((_element, index) => this.#waiters.get(index)?.since ?? 0);
    const ordered = this.#elements.some((element) => element instanceof Handle && element.shared);
    const image: CombinationImage = { kind: this.#kind, elements: this.#elements, ...(ordered && { since }) };
    return { combined: image };
  }

  awaited(): readonly Handle[] {
    if (this.#ordinary > 0) return [];
    return this.#elements.filter(
      (element): element is Handle => element instanceof Handle && element.outcome === undefined,
    );
  }

  #waiter(index: number): ElementWaiter {
    const { activation } = this.#handle;
    const waiter = new ElementWaiter(activation, (outcome) => this.#settled(outcome));
    this.#waiters.set(index, waiter);
    return waiter;
  }

  /** An ordinary promise of a race: it counts if it comes before the decision. */
  #ordinaryOf(element: object, index: number): void {
    const { activation } = this.#handle;
    this.#ordinary++;
    outcomeOf(element, (outcome) => {
      if (this.#handle.outcome || activation.blocked) return;
      activation.started();
      this.#ordinarySettled(index, outcome);
      activation.stopped();
    });
  }

  #ordinarySettled(index: number, outcome: Outcome): void {
    const { activation } = this.#handle;
    this.#ordinary--;
    this.#elements[index] = new Handle("an ordinary promise", activation, outcome);
    this.#settled(outcome);
  }

  /** A race cannot be stored with an ordinary promise in it: what does not come at once would not survive a reload. */
  #hurry(): void {
    const { activation } = this.#handle;
    activation.started();
    activation.wentOutside(`Promise.${this.#kind}`);
    setImmediate(() => {
      activation.cameBack(`Promise.${this.#kind}`);
      if (this.#ordinary > 0 && !this.#handle.outcome) {
        activation.block("BS2110", {
          where: `a Promise.${this.#kind} in run ${activation.owner.run} holds an ordinary promise that is still pending, beside steps`,
          fix: "Make it a durable unit: step.sleep for a time-out, step.run for work.",
        });
      }
      activation.stopped();
    });
  }

  #settled(outcome: Outcome): void {
    if (this.#handle.outcome) return;
    this.#pending--;
    const kind = this.#kind;
    if (kind === "race" || (kind === "all" && !outcome.ok) || (kind === "any" && outcome.ok)) {
      this.#handle.settle(outcome);
    } else if (this.#pending === 0) this.#handle.settle(this.#finalOutcome());
  }

  #finalOutcome(): Outcome {
    const outcomes = this.#elements.map(
      (element): Outcome => (element instanceof Handle && element.outcome) || { ok: true, value: element },
    );
    if (this.#kind === "any") {
      const errors = outcomes.map((outcome) => (outcome.ok ? undefined : outcome.error));
      return { ok: false, error: new AggregateError(errors, "All promises were rejected") };
    }
    if (this.#kind === "all") {
      return { ok: true, value: outcomes.map((outcome) => (outcome.ok ? outcome.value : undefined)) };
    }
    return { ok: true, value: outcomes.map(settlement) };
  }
}

/** What `Promise.allSettled` says of an element. */
function settlement(outcome: Outcome): PromiseSettledResult<unknown> {
  return outcome.ok ? { status: "fulfilled", value: outcome.value } : { status: "rejected", reason: outcome.error };
}

/** Hears of one handle. */
export class ElementWaiter implements Waiter {
  since = 0;
  readonly #activation: Activation;
  readonly #use: (outcome: Outcome) => void;

  constructor(activation: Activation, use: (outcome: Outcome) => void) {
    this.#activation = activation;
    this.#use = use;
  }

  resume(outcome: Outcome): void {
    this.#use(outcome);
    this.#activation.stopped();
  }
}
