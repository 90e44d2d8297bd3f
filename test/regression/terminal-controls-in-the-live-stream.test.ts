import assert from 'node:assert/strict';
import { pageLines } from '../../src/extensions/control/events/page.js';
import type { CallEvent } from '../../src/processors/enrich/events.js';

/** Control Sequence Introducer in one character, a mark that turns text around, a line's end, an invisible tag. */
const METHOD = 'a\x1b[31m\x9b31m\u202e\u2028\u{e0041}z';

describe('the live stream, read on a terminal', () => {
  it('has no character in it that a terminal obeys, and is the same JSON', () => {
    const event: CallEvent = {
      type: 'call',
      socket: 'rpc',
      container: {},
      connection: '0-0-0',
      timeMs: 1,
      system: 'jsonrpc',
      method: METHOD,
      from: 'container',
      requestBytes: 1,
    };
    const lines = pageLines({ events: [event], missed: 0 }, () => true);
    assert.match(lines, /^[\x20-\x7e]+\n$/);
    assert.deepEqual(JSON.parse(lines), event);
  });
});
