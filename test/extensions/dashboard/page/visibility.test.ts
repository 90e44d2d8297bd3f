import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { untilVisible, whileVisible } from '../../../../src/extensions/dashboard/page/model/visibility.js';

class Tab extends EventTarget {
  hidden = false;

  show(isShown: boolean): void {
    this.hidden = !isShown;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('a tab of the dashboard that is hidden', () => {
  it('asks for nothing until it is seen, and leaves no listeners behind', async () => {
    const [tab, { signal }] = [new Tab(), new AbortController()];
    for (let i = 0; i < 3; i++) {
      tab.show(false);
      let isSeen = false;
      const seen = untilVisible(tab, signal).then(() => {
        isSeen = true;
      });
      tab.show(false);
      await Promise.resolve();
      assert.equal(isSeen, false);
      tab.show(true);
      await seen;
    }
    assert.equal(getEventListeners(tab, 'visibilitychange').length, 0);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('waits for nothing any more when its view is left', async () => {
    const [tab, left] = [new Tab(), new AbortController()];
    tab.show(false);
    const waiting = untilVisible(tab, left.signal);
    left.abort();
    await waiting;
    await untilVisible(tab, left.signal);
  });

  it('ends its stream, but not when it is seen again soon', async () => {
    const [tab, { signal }] = [new Tab(), new AbortController()];
    await whileVisible({ tab, graceMs: 1, signal }, (seen) => {
      tab.show(false);
      return aborted(seen);
    });
    tab.show(true);
    await whileVisible({ tab, graceMs: 3_600_000, signal }, async (seen) => {
      tab.show(false);
      tab.show(true);
      assert.equal(seen.aborted, false);
    });
    assert.equal(getEventListeners(tab, 'visibilitychange').length, 0);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('ends its stream when its view is left', async () => {
    const left = new AbortController();
    const where = { tab: new Tab(), graceMs: 3_600_000, signal: left.signal };
    await whileVisible(where, async (seen) => {
      left.abort();
      assert.equal(seen.aborted, true);
    });
    await whileVisible(where, async (seen) => assert.equal(seen.aborted, true));
  });
});
