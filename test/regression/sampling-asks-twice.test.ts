import assert from 'node:assert/strict';
import { strategyWith, TappedThread } from '../receivers/uds/relay/tap-fixture.js';

describe('a connection that is being connected when its listener gets a tap', () => {
  it('is captured only if it is taken when it begins', () => {
    const thread = new TappedThread();
    const slot = thread.table.allocate(0, 0, 7);
    const answers = [false];
    const takesConnection = () => answers.shift() ?? assert.fail('asked too often');
    thread.set(7, thread.tap({ strategy: strategyWith({ takesConnection }) }));
    thread.connected(slot, 7);
    thread.send(slot, '{"id":1}');
    thread.close(slot);
    assert.deepEqual(thread.records(), []);
    assert.deepEqual(answers, []);
  });
});
