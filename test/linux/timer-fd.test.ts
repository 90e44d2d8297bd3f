import assert from 'node:assert/strict';
import { EPOLLIN } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import { EINTR } from '../../src/linux/errno.js';
import { TimerFd } from '../../src/linux/timer-fd.js';

/** Waits on: the end of a child that an earlier test has left is a signal, too. */
function waitForEvents(epoll: Epoll): number {
  for (;;) {
    const count = epoll.wait(10_000);
    if (count !== -EINTR) return count;
  }
}

describe('TimerFd', () => {
  it('becomes readable once for each start, not before its time', () => {
    const [timer, epoll] = [new TimerFd(), new Epoll(4)];
    epoll.add(timer.fd, EPOLLIN, 7, 0);
    assert.equal(epoll.wait(0), 0);
    for (const ms of [20, 0.5, 1200]) {
      const startMs = performance.now();
      timer.start(ms);
      assert.equal(waitForEvents(epoll), 1);
      assert.ok(performance.now() - startMs >= ms);
      timer.clear();
      assert.equal(epoll.wait(0), 0);
    }
    timer.close();
    epoll.close();
  });
});
