/** How one service of an app calls another. What is sent is in the journal, so that it is sent once. */
import type { Context, Serde } from "@restatedev/restate-sdk";
import { type ServiceKind, serviceName } from "./names.ts";

/** A handler of a service, or of one object. */
export interface Address {
  readonly service: ServiceKind;
  readonly key?: string;
  readonly handler: string;
}

/** JSON. Nothing is written as null. */
export const json: Serde<unknown> = {
  contentType: "application/json",
  serialize: (value) => Buffer.from(JSON.stringify(value ?? null)),
  deserialize: (bytes) => (bytes.length === 0 ? null : JSON.parse(Buffer.from(bytes).toString())),
};

export class Links {
  readonly #app: string;
  readonly #context: Context;

  constructor(app: string, context: Context) {
    this.#app = app;
    this.#context = context;
  }

  /** Sends and does not wait, after so many milliseconds. */
  send(to: Address, message: unknown, delayMs = 0): void {
    this.#context.genericSend({
      ...this.#target(to),
      parameter: message,
      inputSerde: json,
      ...(delayMs > 0 && { delay: Math.ceil(delayMs) }),
    });
  }

  /** Waits for the answer. */
  async call<Answer>(to: Address, message: unknown): Promise<Answer> {
    const call = { ...this.#target(to), parameter: message, inputSerde: json, outputSerde: json };
    return (await this.#context.genericCall(call)) as Answer;
  }

  #target({ service, key, handler }: Address) {
    return { service: serviceName(this.#app, service), method: handler, ...(key !== undefined && { key }) };
  }
}
