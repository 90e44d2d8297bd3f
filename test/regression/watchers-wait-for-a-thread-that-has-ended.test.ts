import assert from 'node:assert/strict';
import pino from 'pino';
import { EnrichThread } from '../../src/processors/enrich/enrich-thread.js';
import {
  CALL_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
} from '../../src/processors/enrich/instruments.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { LIMITS } from '../processors/enrich/support/messages.js';

const NO_LIMITS = { maxSeries: 100, lingerMs: 0 };

describe('EnrichThread, asked for events when its thread ends', () => {
  it('refuses instead of leaving the question open', async () => {
    const enrichThread = new EnrichThread(pino({ level: 'silent' }));
    const settings = {
      protocols: [],
      methods: { known: [], max: 0 },
      routes: [],
      latency: false,
      payload: 'none' as const,
      spanRatio: 0,
      logs: false,
      receiver: 'uds',
      limits: LIMITS,
    };
    enrichThread.channel(settings, {
      calls: new SeriesTable(CALL_INSTRUMENTS, NO_LIMITS),
      methods: new SeriesTable(METHOD_INSTRUMENTS, NO_LIMITS),
      losses: new SeriesTable(LOSS_INSTRUMENTS, NO_LIMITS),
      spans: () => {},
      logs: () => {},
    });
    enrichThread.watch();
    assert.deepEqual(await enrichThread.range(), { oldest: 0, end: 0 });
    const ended = enrichThread.shutdown();
    // The thread answers as long as it is there, and nobody sees it go.
    const askOnAndOn = async () => {
      for (;;) await enrichThread.range();
    };
    await assert.rejects(askOnAndOn, /decoding has ended|nothing is captured/);
    await ended;
  });
});
