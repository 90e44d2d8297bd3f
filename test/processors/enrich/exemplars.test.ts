import assert from 'node:assert/strict';
import { CALLS_ACTIVE, durationColumns } from '../../../src/processors/enrich/instruments.js';
import { type CallKind, RPC } from '../../../src/protocols/conventions.js';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import type { CallData } from '../../../src/telemetry/call-data.js';
import type { Exemplar } from '../../../src/telemetry/exemplar.js';
import { bucketIndex, CALL_DURATION_BOUNDARIES } from '../../../src/telemetry/histogram.js';
import type { Reading } from '../../../src/telemetry/series.js';
import { Random } from '../../fuzz/random.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { runs } from '../../support/runs.js';
import { Decoding } from './support/decoding.js';

const CONVERSATIONS = runs(40);
const STEPS = 60;

const METHODS = ['ping', 'roots/list', 'sampling/createMessage'];
const CODES = [undefined, undefined, -32601, -1];
/** Between two messages, in ms: durations come into every bucket. */
const PAUSES_MS = [0, 1, 4, 8, 20, 40, 70, 200, 400, 900, 3000, 11_000];

/** Attributes that tell the series of a client apart. */
const IDENTITY = ['container.id', 'rpc.method', 'error.type'];

interface Bucket {
  readonly of: string;
  readonly kind: CallKind;
  readonly index: number;
  readonly count: number;
  readonly exemplar: Exemplar | undefined;
}

function bucketsOf({ series, totals }: Reading): Bucket[] {
  const kinds = ['server', 'client'] as const;
  return kinds.flatMap((kind) =>
    [...CALL_DURATION_BOUNDARIES, Number.POSITIVE_INFINITY].map((_, index) => {
      const column = durationColumns(RPC.durations[kind]).first + index;
      const of = identityOf(series.attributes);
      return { of, kind, index, count: totals[column], exemplar: series.exemplarOf(column) };
    }),
  );
}

function identityOf(attributes: Readonly<Record<string, unknown>>): string {
  return IDENTITY.map((name) => String(attributes[name])).join(' ');
}

/** Both ends call, and answer in any order, and time goes by. */
function converse(decoding: Decoding, client: string, random: Random): void {
  const flow = decoding.addFlow(client);
  const waiting: { from: Direction; id: number }[] = [];
  let timeMs = 0;
  const answer = () => {
    const [asked] = waiting.splice(random.below(waiting.length), 1);
    const code = random.oneOf(CODES);
    const end = code === undefined ? { result: 1 } : { error: { code, message: '' } };
    decoding.say(flow, asked.from === SEND ? RECV : SEND, { id: asked.id, ...end }, timeMs);
  };
  for (let id = 0; id < STEPS || waiting.length > 0; id++) {
    timeMs += random.oneOf(PAUSES_MS);
    if (id >= STEPS) {
      answer();
      continue;
    }
    const from = random.oneOf<Direction>([SEND, RECV]);
    const method = random.oneOf(METHODS);
    if (random.below(10) === 0) {
      decoding.say(flow, from, { method: 'notifications/progress' }, timeMs);
    } else if (waiting.length === 0 || random.below(2) === 0) {
      waiting.push({ from, id });
      decoding.say(flow, from, { id, method }, timeMs);
    } else {
      answer();
    }
  }
}

describe('exemplars', () => {
  const cleanup = useCleanup();

  /** Has calls made, and waits for all their spans. */
  async function converseAll(spanRatio: number): Promise<{ buckets: Bucket[]; spans: CallData[] }> {
    const decoding = new Decoding(cleanup, { spanRatio });
    for (let seed = 1; seed <= CONVERSATIONS; seed++) converse(decoding, `c${seed}`, new Random(seed));
    await decoding.read();
    await eventually('nothing is waited for', () => decoding.health(CALLS_ACTIVE) === 0);
    await decoding.enrichThread.shutdown();
    return {
      buckets: decoding.calls.readings().flatMap(bucketsOf),
      spans: [...decoding.spans.values()].flat(),
    };
  }

  /** The last of those spans that are counted in a bucket, which may be several that ended at once. */
  function lastOf(spans: readonly CallData[], { of, kind, index }: Bucket): CallData[] {
    const inIt = spans.filter(
      (span) =>
        span.kind === kind &&
        identityOf(span.attributes) === of &&
        bucketIndex(CALL_DURATION_BOUNDARIES, secondsOf(span)) === index,
    );
    const endMs = Math.max(...inIt.map((span) => span.endMs));
    return inIt.filter((span) => span.endMs === endMs);
  }

  const secondsOf = (span: CallData) => Math.round((span.endMs - span.startMs) * 1000) / 1e6;

  it('are each a span of the last call that is counted in its bucket', async () => {
    const { buckets, spans } = await converseAll(1);
    let exemplars = 0;
    for (const bucket of buckets) {
      const { exemplar, count } = bucket;
      assert.equal(exemplar !== undefined, count > 0, JSON.stringify(bucket));
      if (exemplar === undefined) continue;
      exemplars++;
      const span = lastOf(spans, bucket).find(({ spanId }) => spanId === exemplar.spanId);
      assert.ok(span !== undefined, JSON.stringify(bucket));
      assert.equal(span.traceId, exemplar.traceId);
      assert.equal(exemplar.timeMs, span.endMs);
      assert.ok(Math.abs(exemplar.value - secondsOf(span)) < 1e-6, JSON.stringify([bucket, span]));
    }
    assert.ok(exemplars > 100);
  });

  it('are none where no span goes to an exporter', async () => {
    const { buckets, spans } = await converseAll(0);
    assert.equal(spans.length, 0);
    assert.ok(buckets.some(({ count }) => count > 0));
    assert.ok(buckets.every(({ exemplar }) => exemplar === undefined));
  });

  it('are of sampled calls only', async () => {
    const { buckets, spans } = await converseAll(0.3);
    const sampled = new Set(spans.map(({ spanId }) => spanId));
    const found = buckets.flatMap(({ exemplar }) => (exemplar === undefined ? [] : [exemplar]));
    assert.ok(found.length > 0);
    assert.ok(found.length < buckets.filter(({ count }) => count > 0).length);
    assert.ok(found.every(({ spanId }) => sampled.has(spanId)));
  });
});
