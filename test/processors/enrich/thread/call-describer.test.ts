import assert from 'node:assert/strict';
import type { GenerationSettings } from '../../../../src/processors/enrich/messages.js';
import { CallDescriber, type FinishedCall } from '../../../../src/processors/enrich/thread/call-describer.js';
import {
  failed,
  SUCCEEDED,
  UNANSWERED,
  UNKNOWN,
} from '../../../../src/processors/enrich/thread/call-outcome.js';
import { PROTOCOLS } from '../../../../src/protocols/index.js';
import { repeat } from '../../../support/repeat.js';
import { generationSettings, request, response } from '../support/messages.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const MAKES = 2000;

function finished(changes: Partial<FinishedCall> = {}): FinishedCall {
  return {
    request: request(),
    response: response(),
    matchedBy: 'id',
    outcome: SUCCEEDED,
    protocol: PROTOCOLS.jsonrpc,
    method: 'eth_call',
    startMs: 1_700_000_000_000,
    durationMs: 10,
    firstByteMs: undefined,
    waitedMs: 10,
    ...changes,
  };
}

function make(changes: Partial<FinishedCall> = {}, settings: Partial<GenerationSettings> = {}) {
  return new CallDescriber(generationSettings(settings)).describe(finished(changes));
}

const traced = (flags: string, trace = TRACE) => ({
  request: request({ traceparent: `00-${trace}-${PARENT}-${flags}`, tracestate: 'vendor=1' }),
});

describe('CallDescriber', () => {
  it('makes a span of its own trace, with ids as they should be', () => {
    const span = make();
    assert.match(span?.traceId ?? '', /^[0-9a-f]{32}$/);
    assert.match(span?.spanId ?? '', /^[0-9a-f]{16}$/);
    assert.equal(span?.parentSpanId, undefined);
    assert.deepEqual([span?.startMs, span?.endMs], [1_700_000_000_000, 1_700_000_000_010]);
    assert.equal(span?.error, undefined);
  });

  it('has what the server says of an error, but for HTTP, whose status says it', () => {
    const error = { code: '500', message: 'Internal Server Error' };
    const failure = { outcome: failed(error.code), response: response({ error }) };
    assert.equal(make(failure)?.error, 'Internal Server Error');
    const protocol = PROTOCOLS.http;
    const span = make({ ...failure, protocol, method: 'GET /info' });
    assert.deepEqual([span?.error, span?.attributes['http.response.status_code']], ['', 500]);
  });

  it('gives no two spans the same id', () => {
    const maker = new CallDescriber(generationSettings());
    const spans = repeat(MAKES, () => maker.describe(finished()));
    assert.equal(new Set(spans.map((span) => span?.spanId)).size, MAKES);
    assert.equal(new Set(spans.map((span) => span?.traceId)).size, MAKES);
  });

  it('does not make a call without a known end look like one that went well', () => {
    const unseen = { response: undefined, durationMs: undefined, matchedBy: undefined, waitedMs: 0 };
    const span = make({ ...unseen, outcome: UNKNOWN.lost });
    assert.deepEqual([span?.endMs, span?.error], [span?.startMs, undefined]);
    assert.equal(span?.attributes['udscope.outcome'], 'unknown');
    assert.equal(span?.attributes['udscope.unknown_reason'], 'lost');
    assert.ok(!('error.type' in (span?.attributes ?? {})));
    for (const outcome of [SUCCEEDED, UNANSWERED, undefined]) {
      assert.ok(!('udscope.outcome' in (make({ ...unseen, outcome })?.attributes ?? {})));
    }
  });

  it('continues the trace of its caller', () => {
    const span = make(traced('01'));
    assert.deepEqual([span?.traceId, span?.parentSpanId, span?.traceState], [TRACE, PARENT, 'vendor=1']);
  });

  it('makes none where the caller is not sampled, whatever else its flags say', () => {
    for (const flags of ['00', '02', 'fe']) assert.equal(make(traced(flags)), undefined);
    for (const flags of ['01', '03', 'ff']) assert.equal(make(traced(flags))?.traceId, TRACE);
  });

  it('makes none where nobody takes them', () => {
    assert.equal(make({}, { spanRatio: 0 }), undefined);
    assert.equal(make(traced('01'), { spanRatio: 0 }), undefined);
  });

  it('gives every call a log record where these are wanted, with a span or without', () => {
    const logged = make(traced('00'), { spanRatio: 1, logs: true });
    assert.deepEqual(logged?.logAttributes, {
      'uds.direction': 'send',
      'udscope.duration': 0.01,
      'udscope.request_bytes': 50,
      'udscope.response_bytes': 30,
    });
    assert.equal(logged?.isSampled, false);
    assert.equal(make({}, { spanRatio: 0, logs: true })?.isSampled, false);
    const both = make({}, { spanRatio: 1, logs: true });
    assert.deepEqual([both?.isSampled, both?.logAttributes !== undefined], [true, true]);
    assert.equal(make()?.logAttributes, undefined);
  });

  it('has no duration and no answer in the log record of a call that has none', () => {
    const unseen = { response: undefined, durationMs: undefined, matchedBy: undefined, waitedMs: 0 };
    const asked = { ...unseen, request: request({ direction: 1 }), outcome: undefined };
    assert.deepEqual(make(asked, { logs: true })?.logAttributes, {
      'uds.direction': 'recv',
      'udscope.request_bytes': 50,
    });
  });

  it('decides by the id of the trace, so that all of its calls have a span or none', () => {
    const low = `${'f'.repeat(24)}3fffffff`;
    const high = `${'0'.repeat(23)}180000000`;
    for (let i = 0; i < 20; i++) {
      assert.ok(make(traced('01', low), { spanRatio: 0.25 }));
      assert.equal(make(traced('01', high), { spanRatio: 0.5 }), undefined);
      assert.ok(make(traced('01', high), { spanRatio: 0.51 }));
    }
  });

  it('makes spans of a part of the calls that have no trace', () => {
    const maker = new CallDescriber(generationSettings({ spanRatio: 0.5 }));
    const { length } = repeat(MAKES, () => maker.describe(finished())).filter((span) => span !== undefined);
    const sigma = Math.sqrt(MAKES * 0.25);
    assert.ok(Math.abs(length - MAKES / 2) < 6 * sigma, `${length} of ${MAKES}`);
  });

  it('is named after the method, or the protocol where that is not shown', () => {
    assert.equal(make()?.name, 'eth_call');
    const other = make({ method: '_OTHER', request: request({ method: 'rare' }) });
    assert.equal(other?.name, 'jsonrpc');
    assert.equal(other?.attributes['rpc.method'], '_OTHER');
    assert.equal(other?.attributes['rpc.method_original'], 'rare');
    assert.ok(!('rpc.method_original' in (make()?.attributes ?? {})));
  });

  it('is of a server for what the container asks, and of a client for what it is asked', () => {
    assert.equal(make()?.kind, 'server');
    assert.equal(make({ request: request({ direction: 1 }) })?.kind, 'client');
  });

  it('says why a call failed', () => {
    const outcome = failed('-32000');
    const error = { code: '-32000', message: 'out of gas' };
    const span = make({ outcome, response: response({ error }) });
    assert.equal(span?.error, 'out of gas');
    assert.equal(span?.attributes['error.type'], '-32000');
    assert.equal(span?.attributes['rpc.status_code'], '-32000');
    const unanswered = make({
      outcome: UNANSWERED,
      response: undefined,
      durationMs: undefined,
      waitedMs: 300,
    });
    assert.equal(unanswered?.error, '');
    assert.equal((unanswered?.endMs ?? 0) - (unanswered?.startMs ?? 0), 300);
    assert.equal(unanswered?.attributes['error.type'], 'no_response');
    assert.ok(!('rpc.status_code' in (unanswered?.attributes ?? {})));
  });

  it('says how an answer was matched only where that may be wrong', () => {
    assert.ok(!('udscope.matched_by' in (make()?.attributes ?? {})));
    for (const matchedBy of ['only_outstanding', 'elimination'] as const) {
      assert.equal(make({ matchedBy })?.attributes['udscope.matched_by'], matchedBy);
    }
  });

  it('has no id of a request that has none', () => {
    assert.equal(make()?.attributes['jsonrpc.request.id'], '1');
    const notification = make({ request: request({ id: undefined, idText: undefined }) });
    assert.ok(!('jsonrpc.request.id' in (notification?.attributes ?? {})));
  });

  it('shows of payload what it is given', () => {
    const said = { request: request({ payload: '["shown"]' }), response: response({ payload: '"shown"' }) };
    const { attributes } = make(said) ?? assert.fail('no span');
    assert.equal(attributes['udscope.params'], '["shown"]');
    assert.equal(attributes['udscope.result'], '"shown"');
    assert.ok(!Object.keys(make()?.attributes ?? {}).some((name) => name.startsWith('udscope.')));
  });
});
