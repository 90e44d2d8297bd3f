import { METHOD_LENGTH_MAX, MethodNames } from '../json/method-names.js';
import { STRING, type Token } from '../json/token.js';
import { cut } from '../text.js';

/** All conversations of a thread share it: they have most tools in common. */
const names = new MethodNames();

/** A header has base64 behind such a mark where a name is no ASCII. */
const ENCODED = '=?';

/**
 * A method with what it is about, a tool or a prompt: that of its parameters, or, where it was not captured, that of the header
 * `Mcp-Name`. The method alone where neither is known.
 */
export function targetName(method: string, { type, isWhole, bytes, from, to }: Token, header = ''): string {
  const isSeen = type === STRING && isWhole;
  const target = isSeen ? names.read(bytes, from, to) : header.startsWith(ENCODED) ? '' : header;
  return target === undefined || target === '' ? method : cut(`${method} ${target}`, METHOD_LENGTH_MAX);
}
