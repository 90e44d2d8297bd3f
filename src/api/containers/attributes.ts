import { MAX_VALUE_LENGTH } from '../../identity/sources/attributes.js';
import { textMap } from './text-map.js';

const MAX_ATTRIBUTES = 64;

/** Names that udscope or the SDK set themselves. */
const RESERVED = /^(?:uds|rpc|error|otel|server|process)\.|^container\.id$/;

/** Begins with a letter and has neither controls nor line ends: some reader of metrics would stumble. */
const NAME = /^\p{L}[^\p{C}\p{Zl}\p{Zp}]*$/u;

/** Why a name is refused, in words that follow it. */
export function nameRefusal(name: string): string | undefined {
  if (!NAME.test(name) || name.length > MAX_VALUE_LENGTH) {
    return `cannot be the name of an attribute; give one that begins with a letter, of at most ${MAX_VALUE_LENGTH} characters`;
  }
  return RESERVED.test(name) ? 'is a name that udscope sets itself; choose another' : undefined;
}

/** Attributes of a container, beside those that the agent sets: in the configuration, and in requests. */
export function attributes() {
  return textMap({
    max: MAX_ATTRIBUTES,
    nameRefusal,
    nameShape: { type: 'string', minLength: 1, maxLength: MAX_VALUE_LENGTH },
    maxLength: MAX_VALUE_LENGTH,
  });
}
