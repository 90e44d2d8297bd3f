import assert from 'node:assert/strict';
import { discardShared } from '../../src/linux/memory.js';
import { createFairRing, HEADER_BYTES } from '../../src/processors/capture/ring/layout.js';
import { HAS_HEAD } from '../../src/processors/capture/ring/record.js';
import type { CaptureSettings } from '../../src/processors/capture/strategies/settings.js';
import type { EnrichCommand } from '../../src/processors/enrich/messages.js';
import { EnrichLoop } from '../../src/processors/enrich/thread/enrich-loop.js';
import type { CaptureObserver } from '../../src/processors/observer.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import { PoolClients } from '../../src/receivers/uds/pool/pool-clients.js';
import { PoolRings } from '../../src/receivers/uds/pool/pool-rings.js';
import type { RelayCommand } from '../../src/receivers/uds/relay/messages.js';
import { Ring } from '../processors/capture/ring/fixture.js';
import { generationSettings } from '../processors/enrich/support/messages.js';
import { threadData } from '../processors/enrich/support/thread-data.js';

const MIB = 2 ** 20;

/** What is not given back for the sake of pages that others are in as well. */
const EDGE_BYTES = 64 * 1024;

const GENERATION = 1;

const LISTENER = 0;

const MODULE = {
  type: 'module',
  file: 'big-requests.js',
  url: new URL('../../../examples/strategy/big-requests.js', import.meta.url).href,
  options: {},
} as const;

function nonZeroBytes(bytes: Uint8Array): number {
  return bytes.reduce((count, byte) => count + (byte === 0 ? 0 : 1), 0);
}

describe('shared memory that nobody uses any more', () => {
  it('goes back to the kernel, but for what is asked to stay', () => {
    const shared = new SharedArrayBuffer(4 * MIB);
    const bytes = new Uint8Array(shared).fill(1);
    discardShared(shared, MIB);
    assert.equal(nonZeroBytes(bytes.subarray(0, MIB)), MIB);
    assert.ok(nonZeroBytes(bytes.subarray(MIB)) <= 2 * EDGE_BYTES);
  });

  it('is that of a ring which has ended and is read', () => {
    const ring = new Ring({ entries: 64, maxBytes: 8 * MIB });
    ring.writer.begin(0, 0);
    ring.writer.publish(GENERATION, 1, 1, 0, 0, HAS_HEAD, 0, 1);
    const data = new Uint8Array(ring.memory, HEADER_BYTES + MIB).fill(1);
    const commands: EnrichCommand[] = [
      { type: 'ring', ring: 0, memory: ring.memory, clientWords: new SharedArrayBuffer(4) },
      { type: 'generation', generation: GENERATION, settings: generationSettings() },
      { type: 'end_ring', ring: 0 },
      { type: 'exit' },
    ];
    const io = { report: () => {}, receive: () => commands.shift() };
    new EnrichLoop(threadData(), io, PROTOCOLS).run();
    assert.ok(nonZeroBytes(data) <= 2 * EDGE_BYTES);
  });

  it('is that in which the threads of a pool counted clients', () => {
    const clients = new PoolClients(1);
    clients.open();
    const bytes = new Uint8Array(clients.memory).fill(1);
    clients.end();
    assert.ok(nonZeroBytes(bytes) <= 2 * EDGE_BYTES);
  });

  it('is that of a ring which a strategy has decided about', async () => {
    const sent: RelayCommand[] = [];
    const thread = {
      send: (command: RelayCommand) => void sent.push(command),
      clientWords: new SharedArrayBuffer(4),
      drainReports() {},
    };
    const settings: CaptureSettings = {
      strategy: MODULE,
      protocols: ['jsonrpc'],
      per: 'message',
      directions: ['send'],
      tailBytes: 0,
      ring: { id: 'capture', entries: 64, maxBytes: 8 * MIB },
    };
    const observer = {
      doorbell: new SharedArrayBuffer(4),
      addRing: () => ({ ring: 0, memory: createFairRing(settings.ring) }),
      removeRing() {},
    } as Partial<CaptureObserver> as CaptureObserver;
    const events = { captureFailed: assert.fail, strayed: assert.fail, printed() {} };
    const rings = new PoolRings([thread], { maxConnections: 1, bufferBytes: 4096 }, events);
    const { ring, ready } = rings.take(LISTENER, settings, observer);
    await ready;
    const [opened] = sent;
    assert.equal(opened.type, 'open_ring');
    const data = new Uint8Array(opened.memory, MIB, 2 * MIB).fill(1);
    rings.give(ring, LISTENER);
    await rings.passedOn();
    assert.ok(nonZeroBytes(data) <= 2 * EDGE_BYTES);
  });
});
