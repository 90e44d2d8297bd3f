import assert from 'node:assert/strict';
import { AwaitedSources } from '../../../../src/processors/enrich/thread/awaited-sources.js';

const WAIT_MS = 10_000;
const MANY = 10_000;

describe('AwaitedSources', () => {
  it('waits a while for a source, and then not any more', () => {
    const awaited = new AwaitedSources();
    assert.equal(awaited.isAwaited(1, 1000), true);
    assert.equal(awaited.isAwaited(1, 1000 + WAIT_MS - 1), true);
    assert.equal(awaited.isAwaited(1, 1000 + WAIT_MS), false);
    assert.equal(awaited.isAwaited(1, 1000 + 100 * WAIT_MS), false);
  });

  it('waits for each as long', () => {
    const awaited = new AwaitedSources();
    assert.equal(awaited.isAwaited(1, 0), true);
    assert.equal(awaited.isAwaited(2, WAIT_MS), true);
    assert.equal(awaited.isAwaited(1, WAIT_MS), false);
    assert.equal(awaited.isAwaited(2, WAIT_MS + 1), true);
  });

  it('starts over with one that has been introduced', () => {
    const awaited = new AwaitedSources();
    assert.equal(awaited.isAwaited(1, 0), true);
    assert.equal(awaited.isAwaited(1, WAIT_MS), false);
    awaited.forget(1);
    assert.equal(awaited.isAwaited(1, 2 * WAIT_MS), true);
  });

  it('gives up on any number of them', () => {
    const awaited = new AwaitedSources();
    for (let source = 1; source <= MANY; source++) {
      const nowMs = source * 2 * WAIT_MS;
      assert.equal(awaited.isAwaited(source, nowMs), true);
      assert.equal(awaited.isAwaited(source, nowMs + WAIT_MS), false);
      assert.equal(awaited.isAwaited(source, nowMs + WAIT_MS), false);
    }
  });
});
