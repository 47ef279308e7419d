/**
 * Proxies that compiled code makes: only who makes one can tell its target and handler.
 *
 *   new Proxy(target, handler)           new $.Proxy(target, handler)
 *   Proxy.revocable(target, handler)     $.Proxy.revocable(target, handler)
 */
import { SafeWeakMap } from "../codec/index.ts";
import type { Activation } from "./activation.ts";
import { addedKeys } from "./natural.ts";

interface ProxyRecord {
  /** Number among what the run made, as in `ClosureRecord`. */
  readonly order: number;
  /** Target and handler; undefined when it was revoked. */
  parts: readonly [object, object] | undefined;
  readonly revoke: () => void;
}

/** Of a function that revokes a proxy. */
interface RevokerRecord {
  readonly order: number;
  readonly proxy: object;
}

/** Order, target and handler; of a revoked proxy its type; of the function that revokes one the proxy. */
export type ProxyImage =
  | readonly [number, object, object]
  | readonly [number, "object" | "function"]
  | readonly [number, { readonly revokes: object }];

const native = Proxy;
const { revocable } = Proxy;

/** The proxies of one activation. */
export class ProxyRecords {
  readonly #proxies = new SafeWeakMap<object, ProxyRecord>();
  readonly #revokers = new SafeWeakMap<object, RevokerRecord>();
  readonly #maker: ProxyConstructor;

  constructor(activation: Activation) {
    const noted = (target: object, handler: object) => this.#make(++activation.lastMade, target, handler);
    const maker = function maker(target: object, handler: object) {
      return noted(target, handler);
    };
    maker.revocable = (target: object, handler: object) => {
      if (native.revocable !== revocable) return native.revocable(target, handler);
      const proxy = noted(target, handler);
      return { proxy, revoke: this.#revokerOf(++activation.lastMade, proxy) };
    };
    this.#maker = maker as unknown as ProxyConstructor;
  }

  /** What `Proxy` means in compiled code, unless a program has put something else in its place. */
  get maker(): ProxyConstructor {
    return globalThis.Proxy === native ? this.#maker : globalThis.Proxy;
  }

  has(value: object): boolean {
    return this.#proxies.has(value) || this.#revokers.has(value);
  }

  /** What the author added to a function that revokes a proxy. A proxy is not asked. */
  authorKeys(value: object): (string | symbol)[] | undefined {
    return this.#revokers.has(value) ? addedKeys(value, { name: "", length: 0, parent: undefined }) : undefined;
  }

  image(value: object): ProxyImage {
    const revoker = this.#revokers.get(value);
    if (revoker) return [revoker.order, { revokes: revoker.proxy }];
    const { order, parts } = this.#proxies.get(value) as ProxyRecord;
    return parts ? [order, ...parts] : [order, typeof value as "object" | "function"];
  }

  /** Makes again what an image stands for. */
  restore([order, first, handler]: ProxyImage): object {
    if (handler !== undefined) return this.#make(order, first as object, handler);
    if (typeof first === "object" && "revokes" in first) return this.#revokerOf(order, first.revokes);
    const proxy = this.#make(order, first === "function" ? () => {} : {}, {});
    this.#revoke(proxy);
    return proxy;
  }

  /** Each can be revoked, because the function that does so may come later. */
  #make(order: number, target: object, handler: object): object {
    const { proxy, revoke } = Reflect.apply(revocable, native, [target, handler]) as ReturnType<
      typeof revocable<object>
    >;
    this.#proxies.set(proxy, { order, parts: [target, handler], revoke });
    return proxy;
  }

  #revoke(proxy: object): void {
    const record = this.#proxies.get(proxy);
    if (record?.parts === undefined) return;
    record.parts = undefined;
    record.revoke();
  }

  /** Bound, so that it is what the function of the language is: nameless and no constructor. */
  #revokerOf(order: number, proxy: object): () => void {
    const revoke = (() => this.#revoke(proxy)).bind(undefined);
    Object.defineProperty(revoke, "name", { value: "", configurable: true });
    this.#revokers.set(revoke, { order, proxy });
    return revoke;
  }
}
