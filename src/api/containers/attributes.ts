import { accept, type Parsed, refuse } from '../../values/parsed.js';
import { textMap } from './text-map.js';

const MAX_ATTRIBUTES = 64;
const MAX_LENGTH = 256;

/** Names that udscope or the SDK set themselves. */
const RESERVED = /^(?:uds|rpc|error|otel|server|process)\.|^container\.id$/;

/** Begins with a letter and has neither controls nor line ends: some reader of metrics would stumble. */
const NAME = /^\p{L}[^\p{C}\p{Zl}\p{Zp}]*$/u;

function nameRefusal(name: string): string | undefined {
  if (!NAME.test(name) || name.length > MAX_LENGTH) {
    return `has a name that cannot be an attribute's; give one that begins with a letter, of at most ${MAX_LENGTH} characters`;
  }
  return RESERVED.test(name) ? 'has a name that udscope sets itself; choose another' : undefined;
}

function parseValue(value: unknown): Parsed<string> {
  if (typeof value !== 'string') return refuse('is not a string');
  return value.length <= MAX_LENGTH
    ? accept(value)
    : refuse(`is ${value.length} characters long; give at most ${MAX_LENGTH}`);
}

/** Attributes of a container, beside those that the agent sets. */
export function attributes() {
  return textMap({
    max: MAX_ATTRIBUTES,
    nameRefusal,
    parseValue,
    valueShape: { maxLength: MAX_LENGTH },
  });
}
