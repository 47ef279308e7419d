/** Values that do not show of what they were made, for the codec: proxies, bound functions, strings of templates. */
import { type CodecExtension, NotEncodableError } from "../codec/index.ts";
import type { Activation } from "./activation.ts";
import type { BoundImage } from "./bound.ts";
import type { ProxyImage } from "./proxies.ts";
import type { TemplateImage } from "./templates.ts";

export function tracedValues(activation: Activation): readonly CodecExtension[] {
  return [proxies(activation), bound(activation), templates(activation), otherTemplates];
}

const orderOf = (parts: unknown) => (parts as readonly [number])[0];

function proxies({ proxies }: Activation): CodecExtension {
  return {
    tag: "proxy",
    takesProxies: true,
    matches: (value) => proxies.has(value),
    encode: (value) => proxies.image(value),
    keysOf: (value) => proxies.authorKeys(value),
    order: orderOf,
    late: (parts) => proxies.restore(parts as ProxyImage),
  };
}

function bound({ bound }: Activation): CodecExtension {
  return {
    tag: "bound",
    matches: (value) => bound.has(value),
    encode: (value) => bound.image(value),
    keysOf: (value) => bound.authorKeys(value),
    parentOf: (value) => bound.parentOf(value),
    order: orderOf,
    late: (parts) => bound.restore(parts as BoundImage),
  };
}

function templates({ templates }: Activation): CodecExtension {
  return {
    tag: "template",
    matches: (value) => templates.has(value),
    encode: (value) => templates.image(value),
    make: (parts) => templates.restore(parts as TemplateImage),
  };
}

/** The strings of a template elsewhere are the same object at each call too: a copy would not be. */
const otherTemplates: CodecExtension = {
  tag: "template",
  matches: (value) => Array.isArray(value) && Object.isFrozen(value) && hasRawStrings(value),
  encode() {
    throw new NotEncodableError([], "the strings of a tagged template cannot be stored, copy them with [...strings]");
  },
};

function hasRawStrings(value: object): boolean {
  const raw = Object.getOwnPropertyDescriptor(value, "raw");
  return raw !== undefined && !raw.enumerable && Array.isArray(raw.value);
}
