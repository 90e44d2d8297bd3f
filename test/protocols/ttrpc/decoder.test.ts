import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { ttrpc } from '../../../src/protocols/ttrpc/protocol.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';
import {
  DATA,
  failure,
  frame,
  NO_DATA,
  REMOTE_CLOSED,
  REMOTE_OPEN,
  REQUEST,
  RESPONSE,
  request,
  response,
} from './wire.js';

/** What is told, in a few words each. */
function told(ear: Ear): string[] {
  return ear.heard.map((one) => {
    if (one.kind === 'undecodable') return one.reason;
    if (one.kind === 'response') return `#${one.id} ${one.error?.code ?? one.doubt ?? 'ok'} ${one.bytes}`;
    return `#${one.id} ${one.method}`;
  });
}

const PART = Buffer.from('part');

describe('TtrpcDecoder', () => {
  it('takes what a server streams for one answer, with the bytes of all of it', () => {
    const ear = new Ear(ttrpc).data(SEND, request(1, 'a.B', 'Watch', { flags: REMOTE_CLOSED }));
    ear.data(RECV, frame(1, DATA, PART)).data(RECV, frame(1, DATA, PART));
    assert.equal(ear.heard.length, 1);
    ear.data(RECV, frame(1, DATA, Buffer.alloc(0), REMOTE_CLOSED | NO_DATA));
    assert.deepEqual(told(ear), ['#1 a.B/Watch', '#1 ok 38']);
  });

  it('takes a response for the end of a stream', () => {
    const ear = new Ear(ttrpc).data(SEND, request(1, 'a.B', 'Chat', { flags: REMOTE_OPEN }));
    ear
      .data(SEND, frame(1, DATA, PART))
      .data(RECV, frame(1, DATA, PART))
      .data(RECV, failure(1, 10, ''));
    assert.deepEqual(told(ear), ['#1 a.B/Chat', '#1 ABORTED 30']);
  });

  it('says at the end of the connection which calls have been answered in part', () => {
    const ear = new Ear(ttrpc);
    for (const stream of [1, 3, 5]) ear.data(SEND, request(stream, 'a.B', 'Watch', { flags: REMOTE_CLOSED }));
    ear.data(RECV, frame(3, DATA, PART)).data(RECV, response(1));
    ear.decoder.end(9);
    assert.deepEqual(told(ear).slice(3), ['#1 ok 21', '#3 unfinished 14']);
  });

  it('names status codes, and those that have none by their number; nothing of what is said of them', () => {
    const ear = new Ear(ttrpc);
    for (const code of [0, 2, 5, 12, 16, 17, 4711]) {
      ear.data(SEND, request(1, 'a.B', 'C')).data(RECV, failure(1, code));
    }
    const { responses } = ear.listener;
    assert.deepEqual(
      responses.map(({ error }) => error?.code),
      [undefined, 'UNKNOWN', 'NOT_FOUND', 'UNIMPLEMENTED', 'UNAUTHENTICATED', '17', '4711'],
    );
    assert.ok(responses.every(({ error }) => error === undefined || error.message === ''));
  });

  it('knows that a response whose payload was cut is a success, if nothing else can be behind it', () => {
    const long = response(1, Buffer.alloc(3000));
    const cut = (kept: number) => {
      const ear = new Ear(ttrpc).data(SEND, request(1, 'a.B', 'C'));
      return told(ear.data(RECV, long.subarray(0, kept)).gap(RECV, long.length - kept, true))[1];
    };
    assert.deepEqual([cut(512), cut(14), cut(11)], ['#1 ok 3013', '#1 ok 3013', '#1 truncated 3013']);
  });

  it('has the trace that metadata name', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const metadata = { traceparent, tracestate: 'a=1', other: 'x' };
    const [asked] = new Ear(ttrpc).data(SEND, request(1, 'a.B', 'C', { metadata })).listener.requests;
    assert.deepEqual([asked.traceparent, asked.tracestate], [traceparent, 'a=1']);
  });

  it('counts what is no request, and goes on', () => {
    const ear = new Ear(ttrpc).data(SEND, request(1, 'a.B', 'C')).data(SEND, request(3, '', 'C'));
    ear
      .data(SEND, frame(5, REQUEST, Buffer.from([0x0a, 9, 1])))
      .data(SEND, frame(7, REQUEST, Buffer.from([3])));
    ear.data(SEND, request(9, 'a.B', 'D'));
    assert.deepEqual(told(ear), ['#1 a.B/C', 'not_a_message', 'malformed', 'malformed', '#9 a.B/D']);
  });

  it('gives up what goes wrong', () => {
    const ear = new Ear(ttrpc).data(SEND, request(1, 'a.B', 'C')).data(SEND, frame(2, REQUEST, PART));
    assert.deepEqual(told(ear), ['#1 a.B/C', 'unknown_protocol']);
  });

  it('reads what a protobuf library writes, however long and however it is cut', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
    const payload = fc.uint8Array({ maxLength: 400 });
    fc.assert(
      fc.property(name, name, payload, fc.nat(60), fc.nat(600), (service, method, bytes, code, at) => {
        const wire = [
          request(1, 'a.B', 'C'),
          request(3, service, method, { payload: bytes }),
          failure(3, code, service),
        ];
        const ear = new Ear(ttrpc).data(SEND, wire[0]).data(RECV, response(1));
        for (const [direction, whole] of [
          [SEND, wire[1]],
          [RECV, wire[2]],
        ] as const) {
          const cut = Math.min(at, whole.length);
          ear.data(direction, whole.subarray(0, cut)).data(direction, whole.subarray(cut));
        }
        const [asked, answered] = [ear.listener.requests[1], ear.listener.responses[1]];
        assert.equal(asked.method, Buffer.from(`${service}/${method}`).toString());
        assert.deepEqual([asked.bytes, answered.bytes], [wire[1].length, wire[2].length]);
        assert.equal(answered.error === undefined, code === 0);
      }),
      { numRuns: runs(100) },
    );
  });

  it('tells the type of an empty response', () => {
    const ear = new Ear(ttrpc)
      .data(SEND, request(1, 'a.B', 'C'))
      .data(RECV, frame(1, RESPONSE, Buffer.alloc(0)));
    assert.deepEqual(told(ear)[1], '#1 ok 10');
  });
});
