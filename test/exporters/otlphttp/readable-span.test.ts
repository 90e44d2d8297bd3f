import assert from 'node:assert/strict';
import { emptyResource } from '@opentelemetry/resources';
import fc from 'fast-check';
import { toReadableSpans } from '../../../src/exporters/otlphttp/readable-span.js';
import type { CallData } from '../../../src/telemetry/call-data.js';
import { span } from '../support/span-feed.js';

/** From 1970 to 2100, in µs. */
const time = fc.integer({ min: 0, max: 4_102_444_800_000_000 });

describe('toReadableSpans', () => {
  const readable = (changes: Partial<CallData>) =>
    toReadableSpans([span(changes)], { resource: emptyResource(), scope: { name: 'udscope' } }, false)[0];
  const microseconds = ([s, ns]: [number, number]) => {
    assert.ok(Number.isInteger(s) && Number.isInteger(ns) && ns >= 0 && ns < 1e9, `${s} ${ns}`);
    return s * 1_000_000 + ns / 1000;
  };

  it('keeps times to the microsecond', () => {
    fc.assert(
      fc.property(time, fc.nat(), (start, durationUs) => {
        const { startTime, endTime, duration } = readable({
          startMs: start / 1000,
          endMs: (start + durationUs) / 1000,
        });
        assert.equal(microseconds(startTime), start);
        assert.equal(microseconds(endTime), start + durationUs);
        assert.equal(microseconds(duration), durationUs);
      }),
    );
  });

  it('has no span end before it began', () => {
    const { startTime, endTime, duration } = readable({ startMs: 2000, endMs: 1000 });
    assert.deepEqual(
      [startTime, endTime, duration],
      [
        [2, 0],
        [2, 0],
        [0, 0],
      ],
    );
  });

  it('knows an error without words', () => {
    assert.deepEqual(readable({ error: '' }).status, { code: 2, message: '' });
    assert.deepEqual(readable({ error: undefined }).status, { code: 0 });
  });

  it('leaves out a trace state that is none', () => {
    const { traceState } = readable({ traceState: '=,\n,'.repeat(1000) }).spanContext();
    assert.equal(traceState?.serialize(), '');
  });
});
