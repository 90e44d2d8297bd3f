import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { packetPair, receiveDescriptors } from '../../src/linux/descriptor-message.js';
import { reapOrphans } from '../../src/linux/orphans.js';
import { close } from '../../src/linux/socket.js';
import { NO_STORE } from '../../src/store/descriptor-store.js';
import { BackOff } from '../../src/supervisor/back-off.js';
import { HeldDescriptors, MAX_HELD } from '../../src/supervisor/held-descriptors.js';
import { countDescriptors } from '../support/descriptors.js';

describe('what a supervisor holds', () => {
  const open = () => openSync('/dev/null', 'r');

  it('is one descriptor for each name, and closed when it is let go of', () => {
    const held = new HeldDescriptors(NO_STORE);
    const before = countDescriptors();
    const [first, second] = [open(), open()];
    assert.equal(held.hold('unix=/a', first), undefined);
    assert.equal(held.hold('unix=/a', second), undefined);
    assert.deepEqual([...held.all], [['unix=/a', second]]);
    held.letGo('unix=/a');
    held.letGo('unix=/a');
    assert.equal(countDescriptors(), before);
  });

  it('has a proper name, or is closed', () => {
    const held = new HeldDescriptors(NO_STORE);
    const before = countDescriptors();
    for (const name of ['', 'a:b', 'a\nb', 'x'.repeat(300)]) {
      assert.equal(held.hold(name, open()), 'a descriptor without a proper name');
    }
    assert.equal(countDescriptors(), before);
    assert.equal(held.all.size, 0);
  });

  it('is no more than a faulty agent may send', () => {
    const held = new HeldDescriptors(NO_STORE);
    // Numbers far above those that are open: nothing is closed by closing them.
    for (let i = 0; i < MAX_HELD; i++) held.hold(`unix=/${i}`, 1_000_000 + i);
    const fd = open();
    assert.match(held.hold('unix=/more', fd) ?? '', /more than the 8192/);
    assert.throws(() => closeSync(fd), { code: 'EBADF' });
  });
});

describe('how long a supervisor waits before the next start', () => {
  it('is not at all at first, then longer each time, up to ten seconds', () => {
    const backOff = new BackOff();
    const delays = Array.from({ length: 10 }, () => backOff.ended());
    assert.deepEqual(delays, [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  it('is no shorter for one that was ready for a moment only', () => {
    const backOff = new BackOff();
    backOff.ended();
    backOff.ready();
    assert.equal(backOff.ended(), 100);
  });
});

describe('reapOrphans', () => {
  it('finds nothing to reap in a process without ended children', () => {
    assert.equal(
      reapOrphans(() => false),
      false,
    );
  });
});

describe('a message with descriptors', () => {
  it('ends with its sender', () => {
    const [a, b] = packetPair();
    close(a);
    assert.equal(receiveDescriptors(b), 0);
    close(b);
  });
});
