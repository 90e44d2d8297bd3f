import assert from 'node:assert/strict';
import { CROWDED } from '../../src/processors/capture/ring/record.js';
import type { CompleteStrategy } from '../../src/processors/capture/strategies/strategy.js';
import { OPERATION_BYTES, Tapped } from '../processors/capture/tap/tapped.js';

/** Messages of one operation that are told apart. */
const UNITS_MAX = 8192;

class Counting implements CompleteStrategy {
  asked = 0;

  keep(): number {
    this.asked++;
    return 100;
  }

  takesConnection(): boolean {
    return true;
  }

  weight(): number {
    return 1;
  }
}

describe('an operation of more messages than anybody means to send', () => {
  for (const text of ['{}', '{}\n', '[{}] ', 'GET / HTTP/1.1\n\n']) {
    it(`is looked at up to a bound: ${JSON.stringify(text)}`, () => {
      const strategy = new Counting();
      const tapped = new Tapped({ strategy });
      const records = tapped.send(text.repeat(Math.floor(OPERATION_BYTES / text.length)));
      assert.ok(strategy.asked <= UNITS_MAX, `${strategy.asked} messages were told apart`);
      assert.notEqual((records.at(-1)?.flags ?? 0) & CROWDED, 0);
    });
  }

  it('leaves a gap, behind which the next message is captured', () => {
    const tapped = new Tapped();
    const [last] = tapped.send('{}'.repeat(UNITS_MAX + 1)).slice(-1);
    const [next] = tapped.send('{"id":1,"method":"next"}');
    assert.equal(next.ordinal, last.ordinal + 2);
    assert.equal(next.pieces.map(({ kept }) => kept.toString()).join(''), '{"id":1,"method":"next"}');
  });

  it('is no such operation when it is at the bound', () => {
    const tapped = new Tapped();
    const records = tapped.send('{}'.repeat(UNITS_MAX));
    assert.ok(records.every(({ flags }) => (flags & CROWDED) === 0));
  });
});
