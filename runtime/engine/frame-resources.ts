/**
 * The part of `$` for `using` and `await using`: the resources of open scopes, until they are disposed of.
 *
 *   try { v.file = $.use("using file", open()); … }
 *   catch ($error) { $.thrown("using file", $error); } finally { $.dispose("using file"); }
 */
import type { Untyped } from "../types.ts";
import { FrameAwaitedLoops } from "./frame-awaited-loops.ts";
import { disposeOf, type Resource, resourceOf, suppressing } from "./resources.ts";

/** The resources of one scope, in the order of their declarations. */
interface OpenScope {
  readonly resources: Resource[];
  /** With what a scope without `await using` is left. */
  thrown?: { readonly error: unknown };
  /** A resource that is null is yet to be awaited, unless another was. */
  owesAwait?: boolean;
  hasAwaited?: boolean;
}

const none: readonly never[] = [];

export abstract class FrameResources extends FrameAwaitedLoops {
  readonly #scopes = new Map<string, OpenScope>();

  /** A resource is declared. How it is to be disposed of is asked now. */
  use(name: string, value: unknown, isAwaited = false): Untyped {
    const resource = resourceOf(value, isAwaited);
    const { resources } = this.#scope(name);
    if (resource) resources.push(resource);
    return value;
  }

  /** The code of a scope without `await using` has thrown. */
  thrown(name: string, error: unknown): void {
    this.#scope(name).thrown = { error };
  }

  /** The end of a scope without `await using`. */
  dispose(name: string): void {
    const scope = this.#scope(name);
    for (let resource = scope.resources.pop(); resource; resource = scope.resources.pop()) {
      try {
        disposeOf(resource);
      } catch (error) {
        scope.thrown = { error: scope.thrown ? suppressing(error, scope.thrown.error) : error };
      }
    }
    this.#scopes.delete(name);
    if (scope.thrown) throw scope.thrown.error;
  }

  /** The end of a scope with `await using`: disposes of what is not awaited, and tells whether something is. */
  disposes(name: string, label: string): boolean {
    if (this.pc === label) return true;
    const scope = this.#scope(name);
    const { resources } = scope;
    for (let last = resources.at(-1); last; last = resources.at(-1)) {
      if (last.isAwaited ? last.dispose : scope.owesAwait && !scope.hasAwaited) return true;
      resources.pop();
      if (last.isAwaited) scope.owesAwait = true;
      else this.#disposeOf(name, last);
    }
    if (scope.owesAwait && !scope.hasAwaited) return true;
    this.#scopes.delete(name);
    return false;
  }

  /** What the end of a scope awaits: the last of its resources, or nothing but the next job. */
  disposed(name: string, label: string): Promise<Untyped> {
    const scope = this.#scope(name);
    if (this.pc !== "") {
      scope.hasAwaited = true;
      return this.wait(label, undefined);
    }
    if (!scope.resources.at(-1)?.isAwaited) {
      scope.owesAwait = false;
      return this.wait(label, undefined);
    }
    const ended = disposeOf(scope.resources.pop() as Resource);
    scope.hasAwaited = true;
    return this.wait(label, ended);
  }

  /** A resource could not be disposed of: its error takes along the one with which the scope is left. */
  suppress(name: string, error: unknown): void {
    const left = this.pending(name);
    this.exit(name, "throw", left?.kind === "throw" ? suppressing(error, left.value) : error);
  }

  /** The resources of scopes that are open, by the names of these. */
  openResources(): readonly [name: string, resources: readonly Resource[]][] {
    return this.#scopes.size === 0 ? none : [...this.#scopes].map(([name, { resources }]) => [name, resources]);
  }

  protected restoreResources(scopes: Iterable<[name: string, resources: readonly Resource[]]>): void {
    for (const [name, resources] of scopes) this.#scopes.set(name, { resources: [...resources] });
  }

  #disposeOf(name: string, resource: Resource): void {
    try {
      disposeOf(resource);
    } catch (error) {
      this.suppress(name, error);
    }
  }

  #scope(name: string): OpenScope {
    const known = this.#scopes.get(name);
    if (known) return known;
    const scope: OpenScope = { resources: [] };
    this.#scopes.set(name, scope);
    return scope;
  }
}
