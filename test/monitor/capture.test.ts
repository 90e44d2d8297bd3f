import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { type CaptureStrategy, Monitor, type MonitorError, type MonitorOptions } from '../../src/index.js';
import { bytesOf, CONTAINER, monitored, PATH, samplingThen, totalsOf } from './support.js';

const KIB = 1024;

describe('Monitor capture', () => {
  const data = (monitor: Monitor) => monitor.getSendData().records.map((record) => record.data);

  it('gives every record its source, time and size, oldest first', () => {
    const { monitor, socket } = monitored();
    const other = monitor.register({ containerId: 'c2', socketPath: '/run/two.sock' });
    const before = Date.now();
    socket.recordSend(bytesOf(3));
    other.recordSend(bytesOf(600));
    const { records, lost } = monitor.getSendData();
    const after = Date.now();
    assert.equal(lost, 0);
    const times = records.map(({ timeMs }) => timeMs);
    for (const timeMs of times)
      assert.ok(timeMs > before - 10 && timeMs < after + 10, `${before} ${timeMs} ${after}`);
    assert.ok(times[0] <= times[1]);
    assert.deepEqual(
      records.map(({ timeMs: _, ...record }) => record),
      [
        {
          sequence: 0,
          containerId: CONTAINER,
          socketPath: PATH,
          direction: 'send',
          size: 3,
          data: bytesOf(3),
          truncated: false,
          weight: 1,
        },
        {
          sequence: 1,
          containerId: 'c2',
          socketPath: '/run/two.sock',
          direction: 'send',
          size: 600,
          data: bytesOf(600).subarray(0, 512),
          truncated: true,
          weight: 1,
        },
      ],
    );
  });

  it("returns copies that neither a later send nor the program's changes to its bytes affect", () => {
    const { monitor, socket } = monitored({ ringBuffer: { entries: 2 } });
    const bytes = bytesOf(4);
    socket.recordSend(bytes);
    bytes.fill(0xee);
    const [first] = data(monitor);
    for (let i = 0; i < 9; i++) socket.recordSend(bytesOf(4, i + 1));
    assert.deepEqual(first, bytesOf(4));
    assert.equal(first?.buffer.byteLength, 4);
  });

  it('only counts received bytes, unless they are to be captured as well', () => {
    const sendOnly = monitored();
    sendOnly.socket.recordRecv(bytesOf(3));
    assert.deepEqual(data(sendOnly.monitor), []);
    const both = monitored({ directions: ['send', 'recv'] });
    both.socket.recordSend(bytesOf(1));
    both.socket.recordRecv(bytesOf(3));
    both.socket.recordRecv(3);
    assert.deepEqual(
      both.monitor.getSendData().records.map((record) => [record.direction, record.size]),
      [
        ['send', 1],
        ['recv', 3],
      ],
    );
    const recvOnly = monitored({ directions: ['recv'] });
    recvOnly.socket.recordSend(bytesOf(1));
    recvOnly.socket.recordRecv(bytesOf(3));
    assert.deepEqual(data(recvOnly.monitor), [bytesOf(3)]);
  });

  describe('strategies', () => {
    const kept = (options: MonitorOptions, length: number) => {
      const { monitor, socket } = monitored(options);
      socket.recordSend(bytesOf(length));
      return monitor.getSendData().records.map((record) => [record.data.length, record.truncated]);
    };

    it('full keeps everything, size_limit a part, no_data nothing', () => {
      const length = 100 * KIB;
      assert.deepEqual(kept({ strategy: { strategy: 'full' } }, length), [[length, false]]);
      assert.deepEqual(kept({ strategy: { strategy: 'size_limit' } }, length), [[512, true]]);
      assert.deepEqual(kept({ strategy: { strategy: 'size_limit', max_bytes: '1KiB' } }, length), [
        [KIB, true],
      ]);
      assert.deepEqual(kept({ strategy: { strategy: 'size_limit', max_bytes: length } }, length), [
        [length, false],
      ]);
      assert.deepEqual(kept({ strategy: { strategy: 'no_data' } }, length), []);
    });

    it('an operation without bytes is a record without bytes', () => {
      assert.deepEqual(kept({ strategy: { strategy: 'full' } }, 0), [[0, false]]);
    });

    it('a record has at most half of the ring, and says that it was cut', () => {
      const [[length, truncated]] = kept(
        { strategy: { strategy: 'full' }, ringBuffer: { maxBytes: 64 * KIB } },
        64 * KIB,
      );
      assert.ok(Number(length) > 31 * KIB && Number(length) <= 32 * KIB, String(length));
      assert.equal(truncated, true);
    });

    it('sampling takes a part, and each record stands for as many as the ratio says', async () => {
      const sends = 4000;
      const { monitor, socket } = monitored({
        strategy: samplingThen(0.25, { strategy: 'size_limit', max_bytes: 2 }),
        ringBuffer: { entries: sends },
      });
      for (let i = 0; i < sends; i++) socket.recordSend(bytesOf(3));
      const { records } = monitor.getSendData();
      // Six standard deviations to either side.
      assert.ok(
        Math.abs(records.length - sends / 4) < 6 * Math.sqrt(sends * 0.25 * 0.75),
        String(records.length),
      );
      for (const record of records) {
        assert.equal(record.weight, 4);
        assert.deepEqual(record.data, bytesOf(3).subarray(0, 2));
      }
      assert.deepEqual(await totalsOf(monitor), [3 * sends, 0, sends, 0]);
    });

    it('sampling by connection takes some of the sockets whole', () => {
      const sockets = 400;
      const monitor = new Monitor({ strategy: { strategy: 'sampling', ratio: 0.5, by: 'connection' } });
      for (let i = 0; i < sockets; i++) {
        const socket = monitor.register({ containerId: `c${i}`, socketPath: PATH });
        socket.recordSend(bytesOf(1));
        socket.recordSend(bytesOf(2));
      }
      const { records } = monitor.getSendData();
      const containers = new Set(records.map(({ containerId }) => containerId));
      assert.ok(
        Math.abs(containers.size - sockets / 2) < 6 * Math.sqrt(sockets / 4),
        String(containers.size),
      );
      assert.equal(records.length, 2 * containers.size);
      assert.ok(records.every(({ weight }) => weight === 2));
    });

    it('a ratio of 1 takes everything, of 0 nothing', () => {
      assert.deepEqual(kept({ strategy: { strategy: 'sampling', ratio: 1 } }, 3), [[3, false]]);
      assert.deepEqual(kept({ strategy: { strategy: 'sampling', ratio: 0 } }, 3), []);
    });

    it("asks the program's own strategy, and keeps what it decides", () => {
      const asked: number[][] = [];
      class Own implements CaptureStrategy {
        readonly limit = 2;
        keep(bytes: number, direction: number, connection: number): number {
          asked.push([bytes, direction, connection]);
          return bytes > 10 ? -1 : this.limit;
        }
        weight(): number {
          return 3;
        }
      }
      const { monitor, socket } = monitored({ strategy: new Own() });
      socket.recordSend(bytesOf(5));
      socket.recordSend(bytesOf(11));
      socket.recordRecv(bytesOf(5));
      assert.deepEqual(asked, [
        [5, 0, 0],
        [11, 0, 0],
      ]);
      const { records } = monitor.getSendData();
      assert.deepEqual(
        records.map((record) => [record.data, record.weight]),
        [[bytesOf(5).subarray(0, 2), 3]],
      );
    });

    for (const [fault, strategy] of [
      ['throws', { keep: () => assert.fail('no') }],
      ['returns nonsense', { keep: () => 0.5 }],
      ['has a weight of nonsense', { keep: () => 1, weight: () => 0 }],
      ['throws at a new socket', { keep: () => 1, takesConnection: () => assert.fail('no') }],
    ] as const) {
      it(`of the program's own that ${fault} ends the capture of its socket, not the counting`, async () => {
        const faults: MonitorError[] = [];
        const { monitor, socket } = monitored({ strategy, onFault: (error) => faults.push(error) });
        socket.recordSend(bytesOf(5));
        socket.recordSend(bytesOf(5));
        assert.equal(faults.length, 1);
        assert.equal(faults[0]?.name, 'MonitorError');
        assert.match(
          faults[0]?.message ?? '',
          /^\/run\/service\.sock of container c1 is no longer captured: strategy: /,
        );
        assert.deepEqual(data(monitor), []);
        assert.deepEqual(await totalsOf(monitor), [10, 0, 2, 0]);
      });
    }
  });

  it("throws a strategy's fault asynchronously without onFault", () => {
    const program = `
      import { Monitor } from ${JSON.stringify(new URL('../../src/index.js', import.meta.url).href)};
      const monitor = new Monitor({ strategy: { keep: () => 'all' } });
      const socket = monitor.register({ containerId: 'c1', socketPath: '/run/a.sock' });
      process.on('uncaughtException', ({ message }) => console.log(message));
      socket.recordSend(new Uint8Array(3));
      console.log('recorded');
    `;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
    });
    assert.match(
      stdout,
      /^recorded\n\/run\/a\.sock of container c1 is no longer captured: strategy: keep returned /,
    );
  });

  it('keeps leading bytes in order, whatever the sizes and limits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.uint8Array({ maxLength: 4000 }), { maxLength: 20 }),
        (limit, sends) => {
          const { monitor, socket } = monitored({ strategy: { strategy: 'size_limit', max_bytes: limit } });
          // Views with an offset and Buffers must work as well.
          const whole = Buffer.concat([Buffer.from([1]), ...sends]);
          let from = 1;
          for (const { length } of sends) {
            socket.recordSend(whole.subarray(from, from + length));
            from += length;
          }
          assert.deepEqual(
            data(monitor),
            sends.map((bytes) => bytes.slice(0, limit)),
          );
        },
      ),
    );
  });
});
