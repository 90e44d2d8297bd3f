import assert from 'node:assert/strict';
import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import { Monitor, MonitorError } from '../../src/index.js';
import { metricsOf, valuesOf } from '../telemetry/support/points.js';
import { TestReader } from '../telemetry/support/test-reader.js';
import {
  bytesOf,
  CONTAINER,
  COUNTERS,
  counterReader,
  monitored,
  PATH,
  REGISTRATION,
  totalsOf,
} from './support.js';

const ATTRIBUTES = { 'uds.socket.path': PATH, 'container.id': CONTAINER };

describe('Monitor', () => {
  describe('counters', () => {
    it('counts bytes and operations of both directions', async () => {
      const { monitor, socket } = monitored();
      socket.recordSend(bytesOf(10));
      socket.recordSendNoData(2 ** 40);
      socket.recordRecv(bytesOf(3));
      socket.recordRecv(4);
      socket.recordRecv(0);
      assert.deepEqual(await totalsOf(monitor), [2 ** 40 + 10, 7, 2, 3]);
    });

    it('gives series the attributes of the monitor and of the socket, and its names', async () => {
      const monitor = new Monitor({ attributes: { 'host.name': 'h', zone: 'a' } });
      monitor.register({ ...REGISTRATION, name: 'geth', attributes: { zone: 'b' } });
      const { read } = counterReader(monitor);
      assert.deepEqual(await read('uds.send_ops'), [
        [{ 'host.name': 'h', zone: 'b', 'uds.socket.name': 'geth', ...ATTRIBUTES }, 0],
      ]);
    });

    it('has no instruments of connections, and reports the ring', async () => {
      const { monitor, socket } = monitored({ strategy: { strategy: 'size_limit', max_bytes: 4 } });
      socket.recordSend(bytesOf(10));
      socket.recordSend(bytesOf(2));
      const reader = new TestReader({ metricProducers: [monitor.metricProducer()] });
      const result = await reader.read();
      assert.deepEqual(
        metricsOf(result).map(({ descriptor }) => descriptor.name),
        [...COUNTERS, 'udscope.ring.records', 'udscope.capture.bytes'],
      );
      assert.deepEqual(valuesOf(result, 'udscope.ring.records'), [[{}, 2]]);
      assert.deepEqual(valuesOf(result, 'udscope.capture.bytes'), [[{}, 6]]);
    });

    it('gives a reader deltas if it asks for them', async () => {
      const { monitor, socket } = monitored();
      const producer = monitor.metricProducer(() => AggregationTemporality.DELTA);
      const reader = new TestReader({ metricProducers: [producer] });
      socket.recordSend(bytesOf(10));
      assert.deepEqual(valuesOf(await reader.read(), 'uds.send_bytes'), [[ATTRIBUTES, 10]]);
      socket.recordSend(bytesOf(5));
      assert.deepEqual(valuesOf(await reader.read(), 'uds.send_bytes'), [[ATTRIBUTES, 5]]);
    });

    it("adds its instruments to the program's own MeterProvider until they are removed", async () => {
      const { monitor, socket } = monitored();
      socket.recordSend(bytesOf(7));
      const reader = new TestReader({});
      const meter = reader.provider.getMeter('program');
      meter.createCounter('program.requests').add(1);
      const stop = monitor.observe(meter);
      const result = await reader.read();
      assert.deepEqual(valuesOf(result, 'program.requests'), [[{}, 1]]);
      assert.deepEqual(valuesOf(result, 'uds.send_bytes'), [[ATTRIBUTES, 7]]);
      socket.recordSend(bytesOf(1));
      assert.deepEqual(valuesOf(await reader.read(), 'uds.send_bytes'), [[ATTRIBUTES, 8]]);
      stop();
      socket.recordSend(bytesOf(1));
      // The SDK may still report the last observed values.
      for (const [, value] of valuesOf(await reader.read(), 'uds.send_bytes')) assert.equal(value, 8);
    });

    it('keeps the series of a closed socket for lingerMs, and starts another when it is registered again', async () => {
      const { monitor, socket } = monitored({ lingerMs: 1e9 });
      const { read } = counterReader(monitor);
      socket.recordSend(bytesOf(10));
      socket.close();
      assert.deepEqual(await read('uds.send_bytes'), [[ATTRIBUTES, 10]]);
      monitor.register(REGISTRATION).recordSend(bytesOf(3));
      assert.deepEqual(await read('uds.send_bytes'), [[ATTRIBUTES, 3]]);
    });

    it('counts traffic beyond maxSeries in one overflow series', async () => {
      const monitor = new Monitor({ maxSeries: 1 });
      for (const containerId of ['a', 'b', 'c']) {
        monitor.register({ containerId, socketPath: PATH }).recordSend(bytesOf(2));
      }
      const { read } = counterReader(monitor);
      assert.deepEqual(await read('uds.send_bytes'), [
        [{ 'uds.socket.path': PATH, 'container.id': 'a' }, 2],
        [{ 'otel.metric.overflow': true }, 4],
      ]);
    });
  });

  describe('register', () => {
    it('refuses a socket that is already registered, and empty names', () => {
      const { monitor } = monitored();
      assert.throws(() => monitor.register(REGISTRATION), {
        name: 'MonitorError',
        code: 'UDSCOPE_MONITOR',
        message: '/run/service.sock of container c1 is registered already; close it first',
      });
      assert.throws(
        () => monitor.register({ containerId: '', socketPath: PATH }),
        /containerId is not a string/,
      );
      assert.throws(
        () => monitor.register({ containerId: CONTAINER, socketPath: '' }),
        /socketPath is not a string/,
      );
    });
  });

  describe('calls by name', () => {
    it('do the same as the handle', async () => {
      const directions = ['send', 'recv'] as const;
      const byHandle = monitored({ directions });
      const byName = monitored({ directions });
      byHandle.socket.recordSend(bytesOf(600));
      byHandle.socket.recordRecv(bytesOf(5, 1));
      byHandle.socket.recordRecv(9);
      byHandle.socket.recordSendNoData(8);
      const { monitor } = byName;
      assert.equal(monitor.recordSend(CONTAINER, PATH, bytesOf(600)), true);
      assert.equal(monitor.recordRecv(CONTAINER, PATH, bytesOf(5, 1)), true);
      assert.equal(monitor.recordRecv(CONTAINER, PATH, 9), true);
      assert.equal(monitor.recordSendNoData(CONTAINER, PATH, 8), true);
      assert.deepEqual(await totalsOf(monitor), await totalsOf(byHandle.monitor));
      const withoutTime = (from: Monitor) =>
        from.getSendData().records.map((record) => ({ ...record, timeMs: 0 }));
      const records = withoutTime(monitor);
      assert.equal(records.length, 2);
      assert.deepEqual(records, withoutTime(byHandle.monitor));
    });

    it('return false and do nothing if the socket is not registered', async () => {
      const { monitor } = monitored();
      for (const [containerId, socket] of [
        ['c2', PATH],
        [CONTAINER, '/run/other.sock'],
        [CONTAINER, 3],
      ] as const) {
        assert.equal(monitor.isMonitored(containerId, socket), false);
        assert.equal(monitor.recordSend(containerId, socket, bytesOf(10)), false);
        assert.equal(monitor.recordRecv(containerId, socket, 10), false);
        assert.equal(monitor.recordSendNoData(containerId, socket, 10), false);
      }
      assert.equal(monitor.unregister('c2', PATH), false);
      assert.equal(monitor.unregisterContainer('c2'), 0);
      assert.deepEqual(await totalsOf(monitor), [0, 0, 0, 0]);
      assert.deepEqual(monitor.getSendData(), { records: [], lost: 0 });
    });

    it('close one socket or all sockets of a container', () => {
      const { monitor, socket } = monitored();
      const others = ['/a', '/b'].map((socketPath) =>
        monitor.register({ containerId: CONTAINER, socketPath }),
      );
      const foreign = monitor.register({ containerId: 'c2', socketPath: PATH });
      monitor.registerHostFd(CONTAINER, 3, '/a');
      assert.equal(monitor.unregister(CONTAINER, PATH), true);
      assert.equal(socket.isOpen, false);
      assert.equal(monitor.unregisterContainer(CONTAINER), 2);
      assert.deepEqual(
        others.map(({ isOpen }) => isOpen),
        [false, false],
      );
      assert.equal(foreign.isOpen, true);
      assert.equal(monitor.isMonitored('c2', PATH), true);
    });
  });

  describe('closed handles', () => {
    it('refuse to record, and count nothing', async () => {
      const { monitor, socket } = monitored();
      socket.close();
      socket.close();
      for (const record of [
        () => socket.recordSend(bytesOf(1)),
        () => socket.recordRecv(1),
        () => socket.recordRecv(bytesOf(1)),
        () => socket.recordSendNoData(1),
      ]) {
        assert.throws(
          record,
          (error) => error instanceof MonitorError && /is closed; register it again/.test(error.message),
        );
      }
      assert.deepEqual(await totalsOf(monitor), [0, 0, 0, 0]);
    });

    it('do not affect a socket that was registered after them', () => {
      const { monitor, socket } = monitored();
      socket.close();
      monitor.register(REGISTRATION);
      socket.close();
      assert.equal(monitor.isMonitored(CONTAINER, PATH), true);
    });
  });

  it('refuses invalid sizes without counting them', async () => {
    const { monitor, socket } = monitored();
    for (const size of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      assert.throws(() => socket.recordRecv(size), MonitorError);
      assert.throws(() => socket.recordSendNoData(size), /is not a size; give a whole number/);
    }
    assert.deepEqual(await totalsOf(monitor), [0, 0, 0, 0]);
  });

  describe('close', () => {
    it('closes all sockets, and keeps records and counters', async () => {
      const { monitor, socket } = monitored();
      socket.recordSend(bytesOf(3));
      monitor.close();
      monitor.close();
      assert.equal(socket.isOpen, false);
      assert.equal(monitor.recordSend(CONTAINER, PATH, bytesOf(3)), false);
      assert.throws(() => monitor.register(REGISTRATION), /the monitor is closed/);
      assert.deepEqual(
        monitor.getSendData().records.map(({ data }) => data),
        [bytesOf(3)],
      );
      assert.deepEqual(await totalsOf(monitor), [3, 0, 1, 0]);
    });
  });
});
