import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type {
  CaptureSettings,
  StrategySettings,
} from '../../../../src/processors/capture/strategies/settings.js';
import { Capturing } from '../../../../src/receivers/uds/relay/capturing.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { CAPTURE, TappedThread } from './tap-fixture.js';

const LISTENER = 3;
const RING = 5;

describe('Capturing', () => {
  const cleanup = useCleanup();

  function start() {
    const thread = new TappedThread();
    const capturing = new Capturing(thread.taps, thread.state, thread.failed);
    const { memory, doorbell } = thread.ring;
    capturing.openRing(RING, memory, doorbell);
    return { thread, capturing };
  }

  /** Settings with a module of that source. */
  function module(source: string): StrategySettings {
    const file = `${cleanup.directory()}/strategy.mjs`;
    writeFileSync(file, source);
    return { type: 'module', file, url: pathToFileURL(file).href, options: {} };
  }

  function loaded(capturing: Capturing): Promise<unknown> {
    return eventually('the strategy is loaded', () => !capturing.isLoading);
  }

  it('captures at once with a strategy of its own', () => {
    const { thread, capturing } = start();
    capturing.set(LISTENER, captureOf({ type: 'size_limit', maxBytes: 4 }));
    assert.equal(capturing.isLoading, false);
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

  it('captures as soon as a module is loaded', async () => {
    const { thread, capturing } = start();
    capturing.set(LISTENER, captureOf(module('export default () => ({ keep: () => 3 });')));
    assert.equal(capturing.isLoading, true);
    const slot = thread.open(LISTENER);
    thread.send(slot, '{"early":1}\n');
    await loaded(capturing);
    thread.send(slot, '{"a":1}\n');
    assert.deepEqual(thread.failures, []);
    assert.deepEqual(thread.records(), [`${slot}#1 {"a`]);
  });

  it('says why a module cannot be loaded, and captures nothing', async () => {
    const { thread, capturing } = start();
    capturing.set(LISTENER, captureOf({ type: 'size_limit', maxBytes: 4 }));
    capturing.set(LISTENER, captureOf(module('export const strategy = 1;')));
    await loaded(capturing);
    const [[listener, error]] = thread.failures;
    assert.equal(listener, LISTENER);
    assert.match(error, /strategy\.mjs: has no default export/);
    thread.send(thread.open(LISTENER), '{}');
    assert.deepEqual(thread.records(), []);
  });

  it('forgets a module that is loaded when something else is wanted by then', async () => {
    const { thread, capturing } = start();
    const then = module('export default () => ({ keep: () => 3 });');
    capturing.set(LISTENER, captureOf(module('throw new Error("too late");')));
    capturing.set(LISTENER, captureOf({ type: 'sampling', ratio: 1, by: 'connection', then }));
    await loaded(capturing);
    const slot = thread.open(LISTENER);
    thread.send(slot, '{"a":1}\n');
    assert.deepEqual(thread.records(), [`${slot}#0 first {"a`]);
    assert.deepEqual(thread.failures, []);
  });

  it('says so when the ring has gone by the time a module is loaded', async () => {
    const { thread, capturing } = start();
    capturing.set(LISTENER, captureOf(module('export default () => ({ keep: () => 3 });')));
    capturing.closeRing(RING);
    await loaded(capturing);
    assert.deepEqual(thread.failures, [[LISTENER, `no ring ${RING} on this relay thread`]]);
  });
});

function captureOf(strategy: StrategySettings, changed: Partial<CaptureSettings> = {}) {
  const settings: CaptureSettings = {
    strategy,
    per: 'message',
    directions: ['send'],
    tailBytes: 0,
    ring: { id: 'capture', entries: 64, maxBytes: 65_536 },
    ...changed,
  };
  return { ...CAPTURE, settings, ring: RING };
}
