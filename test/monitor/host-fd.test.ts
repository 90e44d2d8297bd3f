import assert from 'node:assert/strict';
import { MonitorError } from '../../src/index.js';
import { bytesOf, CONTAINER, monitored, PATH, REGISTRATION } from './support.js';

describe('Monitor.registerHostFd', () => {
  const sources = ({ monitor }: ReturnType<typeof monitored>) =>
    monitor.getSendData().records.map(({ containerId, socketPath }) => [containerId, socketPath]);

  it('makes a descriptor refer to a path of its container', () => {
    const fixture = monitored();
    const { monitor } = fixture;
    assert.equal(monitor.registerHostFd(CONTAINER, 7, PATH), true);
    assert.equal(monitor.isMonitored(CONTAINER, 7), true);
    assert.equal(monitor.recordSend(CONTAINER, 7, bytesOf(1)), true);
    assert.equal(monitor.recordRecv(CONTAINER, 7, 1), true);
    assert.equal(monitor.recordSendNoData(CONTAINER, 7, 1), true);
    assert.deepEqual(sources(fixture), [[CONTAINER, PATH]]);
  });

  it('returns false when the path is not monitored', () => {
    const { monitor } = monitored();
    assert.equal(monitor.registerHostFd(CONTAINER, 7, '/run/other.sock'), false);
    assert.equal(monitor.registerHostFd('c2', 7, PATH), false);
    assert.equal(monitor.isMonitored(CONTAINER, 7), false);
    assert.equal(monitor.isMonitored('c2', 7), false);
  });

  it('keeps the descriptors of containers apart when their numbers are the same', () => {
    const fixture = monitored();
    const { monitor } = fixture;
    monitor.register({ containerId: 'c2', socketPath: '/run/two.sock' });
    monitor.registerHostFd(CONTAINER, 7, PATH);
    monitor.registerHostFd('c2', 7, '/run/two.sock');
    monitor.recordSend(CONTAINER, 7, bytesOf(1));
    monitor.recordSend('c2', 7, bytesOf(1));
    assert.deepEqual(sources(fixture), [
      [CONTAINER, PATH],
      ['c2', '/run/two.sock'],
    ]);
    assert.equal(monitor.unregisterHostFd(CONTAINER, 7), true);
    assert.equal(monitor.isMonitored(CONTAINER, 7), false);
    assert.equal(monitor.isMonitored('c2', 7), true);
  });

  it('makes a reused descriptor refer to the path it was last registered for', () => {
    const fixture = monitored();
    const { monitor } = fixture;
    const other = monitor.register({ containerId: CONTAINER, socketPath: '/run/two.sock' });
    monitor.registerHostFd(CONTAINER, 7, PATH);
    monitor.registerHostFd(CONTAINER, 7, '/run/two.sock');
    monitor.recordSend(CONTAINER, 7, bytesOf(1));
    assert.deepEqual(sources(fixture), [[CONTAINER, '/run/two.sock']]);
    fixture.socket.close();
    assert.equal(monitor.isMonitored(CONTAINER, 7), true);
    other.close();
    assert.equal(monitor.isMonitored(CONTAINER, 7), false);
  });

  it('takes a descriptor from its socket when it is reused for a path that is not monitored', () => {
    const { monitor } = monitored();
    monitor.registerHostFd(CONTAINER, 7, PATH);
    assert.equal(monitor.registerHostFd(CONTAINER, 7, '/run/other.sock'), false);
    assert.equal(monitor.recordSend(CONTAINER, 7, bytesOf(1)), false);
  });

  it('forgets the descriptors of a socket that is closed, also when it is registered again', () => {
    const { monitor, socket } = monitored();
    monitor.registerHostFd(CONTAINER, 7, PATH);
    monitor.registerHostFd(CONTAINER, 8, PATH);
    socket.close();
    monitor.register(REGISTRATION);
    assert.equal(monitor.recordSend(CONTAINER, 7, bytesOf(1)), false);
    assert.equal(monitor.unregisterHostFd(CONTAINER, 8), false);
    assert.equal(monitor.isMonitored(CONTAINER, PATH), true);
  });

  it('leaves the path registered when the descriptor is closed', () => {
    const { monitor, socket } = monitored();
    monitor.registerHostFd(CONTAINER, 7, PATH);
    assert.equal(monitor.unregisterHostFd(CONTAINER, 7), true);
    assert.equal(monitor.unregisterHostFd(CONTAINER, 7), false);
    assert.equal(socket.isOpen, true);
    assert.equal(monitor.isMonitored(CONTAINER, PATH), true);
  });

  it('refuses an invalid descriptor', () => {
    const { monitor } = monitored();
    for (const fd of [-1, 1.5, Number.NaN]) {
      assert.throws(() => monitor.registerHostFd(CONTAINER, fd, PATH), MonitorError);
    }
  });
});
