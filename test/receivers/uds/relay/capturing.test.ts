import assert from 'node:assert/strict';
import { RingReader } from '../../../../src/processors/capture/ring/ring-reader.js';
import type {
  CaptureSettings,
  StrategySettings,
} from '../../../../src/processors/capture/strategies/settings.js';
import { Capturing } from '../../../../src/receivers/uds/relay/capturing.js';
import { TappedThread } from './tap-fixture.js';

const LISTENER = 3;
const RING = 5;

describe('Capturing', () => {
  function start() {
    const thread = new TappedThread();
    const capturing = new Capturing(thread.taps, thread.state);
    const { memory, doorbell } = thread.ring;
    capturing.openRing(RING, memory, doorbell);
    return { thread, capturing };
  }

  it('captures at once with a strategy of its own', () => {
    const { thread, capturing } = start();
    capturing.set(LISTENER, captureOf({ type: 'size_limit', maxBytes: 4 }));
    const slot = thread.open(LISTENER);
    thread.send(slot, '{"a":1}');
    thread.recv(slot, '{"a":1}');
    capturing.set(LISTENER, undefined);
    assert.deepEqual(thread.records(), [`${slot}#0 first {"a"`, `${slot}#2 last`]);
  });

  it('captures operations whole when everything is kept, or when they are the unit', () => {
    for (const settings of [
      captureOf({ type: 'size_limit', maxBytes: Infinity }),
      captureOf({ type: 'size_limit', maxBytes: 10 }, { per: 'operation' }),
    ]) {
      const { thread, capturing } = start();
      capturing.set(LISTENER, settings);
      const slot = thread.open(LISTENER);
      thread.send(slot, '{"a":1}\n{"b":1}\n'.slice(0, 10));
      assert.deepEqual(thread.records(), [`${slot}#0 first {"a":1}\n{"`]);
    }
  });

  it('captures operations whole, and tells whose they are, where a strategy thread decides', () => {
    const { thread, capturing } = start();
    capturing.set(LISTENER, {
      ...captureOf({ type: 'size_limit', maxBytes: Number.POSITIVE_INFINITY }, { per: 'operation' }),
      isWhole: true,
    });
    const slot = thread.open(LISTENER);
    thread.send(slot, '{"a":1}\n{"b":1}\n');
    const reader = new RingReader(thread.ring.memory);
    assert.ok(reader.next());
    assert.equal(reader.weight, LISTENER);
    assert.deepEqual(thread.records(), [`${slot}#0 first {"a":1}\n{"b":1}`]);
  });
});

function captureOf(strategy: StrategySettings, changed: Partial<CaptureSettings> = {}) {
  const settings: CaptureSettings = {
    strategy,
    protocols: ['jsonrpc'],
    per: 'message',
    directions: ['send'],
    tailBytes: 0,
    ring: { id: 'capture', entries: 64, maxBytes: 65_536 },
    ...changed,
  };
  return { settings, ring: RING, generation: 1 };
}
