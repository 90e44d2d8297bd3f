import assert from 'node:assert/strict';
import { BATCH_CALLS, CallBatch } from '../../../src/exporters/otlphttp/call-batch.js';
import type { CallData } from '../../../src/telemetry/call-data.js';
import { span } from '../support/span-feed.js';

const named = (name: string) => span({ name });

function countsOf(spans: readonly CallData[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name } of spans) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

describe('CallBatch', () => {
  it('has who has few spans take the place of who has many, when it is full', () => {
    const batch = new CallBatch();
    while (!batch.isFull) batch.add(named('loud'), 'loud');
    for (let i = 0; i < 20; i++) batch.addInstead(named('quiet'), 'quiet');
    for (let i = 0; i < 1000; i++) batch.addInstead(named('loud'), 'loud');
    assert.deepEqual(countsOf(batch.take()), { loud: BATCH_CALLS - 20, quiet: 20 });
    assert.ok(batch.isEmpty);
  });

  it('comes to a rest where all have as much', () => {
    const batch = new CallBatch();
    while (!batch.isFull) batch.add(named('first'), 'first');
    for (let i = 0; i < 10_000; i++) {
      for (const client of ['second', 'third']) batch.addInstead(named(client), client);
    }
    const counts = countsOf(batch.take());
    for (const client of ['first', 'second', 'third'])
      assert.ok((counts[client] ?? 0) > 64, JSON.stringify(counts));
  });
});
