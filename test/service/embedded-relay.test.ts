import assert from 'node:assert/strict';
import { embeddedReceiverSchema } from '../../src/service/embedded-relay.js';

describe('the receiver of a relay in a program of its own', () => {
  it('has threads as urgent as the program, unless it says otherwise', () => {
    assert.equal(embeddedReceiverSchema.parse({ sockets: [] }).nice, 0);
    assert.equal(embeddedReceiverSchema.parse({ nice: -5 }).nice, -5);
    assert.throws(() => embeddedReceiverSchema.parse({ nice: 1 }));
    assert.throws(() => embeddedReceiverSchema.parse({ nicer: 0 }));
  });
});
