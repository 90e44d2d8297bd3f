import { SEND } from '../../../src/protocols/direction.js';
import type { Ear } from '../listen.js';

/** What is told, in a few words each: `> GET #1`, `< #1 ok`. */
export function told(ear: Ear, from = 0): string[] {
  return ear.heard.slice(from).map((one) => {
    const side = one.direction === SEND ? '>' : '<';
    if (one.kind === 'undecodable') return `${side} ${one.reason}`;
    if (one.kind === 'response') return `${side} #${one.id} ${one.error?.code ?? one.doubt ?? 'ok'}`;
    return one.id === undefined ? `${side} ${one.method}` : `${side} ${one.method} #${one.id}`;
  });
}
