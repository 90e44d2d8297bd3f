import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { EPOLLIN, EPOLLOUT } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import { clearEventFd, closeEventFd, openEventFd, signalEventFd } from '../../src/linux/event-fd.js';
import { useCleanup } from '../support/cleanup.js';

describe('Epoll', () => {
  const cleanup = useCleanup();

  function openEpoll(maxEvents = 8): Epoll {
    const epoll = new Epoll(maxEvents);
    cleanup.defer(() => epoll.close());
    return epoll;
  }

  function openSignalled(): number {
    const fd = openEventFd();
    cleanup.defer(() => closeEventFd(fd));
    signalEventFd(fd);
    return fd;
  }

  const words = [0, 1, -1, -2, 2 ** 31 - 1, -(2 ** 31)];
  for (const [index, token] of words.entries()) {
    const generation = words[words.length - 1 - index];
    it(`gives back token ${token} and generation ${generation} as they were`, () => {
      const epoll = openEpoll();
      assert.equal(epoll.add(openSignalled(), EPOLLIN, token, generation), 0);
      assert.equal(epoll.wait(0), 1);
      assert.deepEqual([epoll.token(0), epoll.generation(0)], [token, generation]);
      assert.equal(epoll.events(0), EPOLLIN);
    });
  }

  it('wraps a generation of 2^31 and more as an Int32Array does', () => {
    const epoll = openEpoll();
    epoll.add(openSignalled(), EPOLLIN, 0, 2 ** 31);
    epoll.wait(0);
    assert.equal(epoll.generation(0), Int32Array.of(2 ** 31)[0]);
    assert.equal(epoll.generation(0), (2 ** 31 - 1 + 1) | 0);
  });

  it('keeps the data of many events apart', () => {
    const epoll = openEpoll();
    for (let i = 0; i < 8; i++) epoll.add(openSignalled(), EPOLLIN, i, 100 + i);
    assert.equal(epoll.wait(0), 8);
    const found = Array.from({ length: 8 }, (_, i) => [epoll.token(i), epoll.generation(i)]);
    found.sort(([a], [b]) => a - b);
    assert.deepEqual(
      found,
      Array.from({ length: 8 }, (_, i) => [i, 100 + i]),
    );
  });

  it('reports no more events than it has room for, and the rest the next time', () => {
    const epoll = openEpoll(2);
    for (let i = 0; i < 3; i++) epoll.add(openSignalled(), EPOLLIN, i, 0);
    assert.equal(epoll.wait(0), 2);
    const first = [epoll.token(0), epoll.token(1)];
    assert.equal(epoll.wait(0), 2);
    assert.equal(new Set([...first, epoll.token(0)]).size, 3);
  });

  it('takes a new interest and a new generation from modify, and nothing after remove', () => {
    const epoll = openEpoll();
    const fd = openSignalled();
    epoll.add(fd, EPOLLIN, 1, 1);
    assert.equal(epoll.modify(fd, EPOLLOUT, 2, 2), 0);
    assert.equal(epoll.wait(0), 1);
    assert.deepEqual([epoll.events(0), epoll.token(0), epoll.generation(0)], [EPOLLOUT, 2, 2]);
    assert.equal(epoll.remove(fd), 0);
    assert.equal(epoll.wait(0), 0);
  });

  it('returns the negated errno for a descriptor that is not open', () => {
    assert.equal(openEpoll().add(2 ** 30, EPOLLIN, 0, 0), -constants.errno.EBADF);
  });
});

describe('eventfd', () => {
  const cleanup = useCleanup();

  it('adds signals up to one wake-up, and is silent after a clear', () => {
    const epoll = new Epoll(1);
    const fd = openEventFd();
    cleanup.defer(() => epoll.close());
    cleanup.defer(() => closeEventFd(fd));
    epoll.add(fd, EPOLLIN, 0, 0);
    assert.equal(epoll.wait(0), 0);
    signalEventFd(fd);
    signalEventFd(fd);
    assert.equal(epoll.wait(0), 1);
    clearEventFd(fd);
    assert.equal(epoll.wait(0), 0);
    clearEventFd(fd);
    signalEventFd(fd);
    assert.equal(epoll.wait(0), 1);
  });
});
