import assert from 'node:assert/strict';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { grpc } from '../../../src/protocols/grpc/protocol.js';
import { CountedMemory } from '../../fuzz/counted-memory.js';
import { Ear } from '../listen.js';
import * as wire from './wire.js';

const TELLS_HTTP = { keepPayload: false, carriers: ['http'] };

/** A connection that has begun. */
function begun(settings = { keepPayload: false }): Ear {
  return new Ear(grpc, settings)
    .data(SEND, Buffer.concat([wire.PREFACE, wire.settings()]))
    .data(RECV, wire.settings());
}

/** `#1 a.B/C`, `#1 OK`, `#1 ! INTERNAL`, `#1 ? truncated`, `malformed`. */
function told({ heard }: Ear): string[] {
  return heard.map((one) => {
    if (one.kind === 'undecodable') return one.reason;
    if (one.kind === 'request') return `#${one.id} ${one.method}`;
    if (one.error !== undefined) return `#${one.id} ! ${one.error.code}`;
    return `#${one.id} ${one.doubt === undefined ? one.statusCode : `? ${one.doubt}`}`;
  });
}

describe('calls of gRPC', () => {
  it('are told with the names of their status, and the bytes of all their frames', () => {
    const ear = begun()
      .data(SEND, wire.ask(1, '/helloworld.Greeter/SayHello'))
      .data(SEND, wire.data(1, 7, wire.END_STREAM))
      .data(RECV, wire.opened(1))
      .data(RECV, wire.data(1, 11))
      .data(RECV, wire.trailers(1));
    assert.deepEqual(told(ear), ['#1 helloworld.Greeter/SayHello', '#1 OK']);
    const [[asked], [answered]] = [ear.listener.requests, ear.listener.responses];
    assert.deepEqual([asked.direction, answered.direction, asked.idText], [SEND, RECV, '1']);
    assert.equal(asked.bytes, wire.ask(1, '/helloworld.Greeter/SayHello').length);
    assert.equal(answered.requestBytes, 16);
    assert.equal(answered.bytes, wire.opened(1).length + 20 + wire.trailers(1).length);
  });

  it('may be streams of either side, and end when the server says so', () => {
    const ear = begun().data(SEND, wire.ask(1, '/a.B/Chat')).data(SEND, wire.ask(3, '/a.B/List'));
    for (let i = 0; i < 5; i++) ear.data(SEND, wire.data(1)).data(RECV, wire.data(3));
    ear.data(RECV, wire.opened(1)).data(RECV, wire.data(1)).data(RECV, wire.trailers(3, '11'));
    ear.data(SEND, wire.data(1, 0, wire.END_STREAM)).data(RECV, wire.trailers(1));
    assert.deepEqual(told(ear), ['#1 a.B/Chat', '#3 a.B/List', '#3 OUT_OF_RANGE', '#1 OK']);
  });

  it('have failed by what the convention calls errors of a server', () => {
    const ear = begun();
    const codes = Array.from({ length: 18 }, (_, code) => code);
    for (const code of codes) {
      ear.data(SEND, wire.ask(2 * code + 1, '/a.B/C')).data(RECV, wire.refused(2 * code + 1, String(code)));
    }
    const failed = ear.listener.responses.flatMap(({ error }) => (error === undefined ? [] : [error.code]));
    const errors = ['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'];
    assert.deepEqual(failed, [...errors, '17']);
    const others = ear.listener.responses.flatMap(({ statusCode }) => statusCode ?? []);
    assert.deepEqual(others.slice(0, 4), ['OK', 'CANCELLED', 'INVALID_ARGUMENT', 'NOT_FOUND']);
    assert.equal(others.at(-1), 'UNAUTHENTICATED');
  });

  it('of a server that makes them have failed by any other code than OK', () => {
    const ear = new Ear(grpc).data(RECV, Buffer.concat([wire.PREFACE, wire.settings()]));
    ear.data(SEND, wire.settings()).data(RECV, wire.ask(1, '/moby.filesync.v1.FileSync/DiffCopy'));
    ear.data(SEND, wire.refused(1, '5'));
    const [asked] = ear.listener.requests;
    assert.equal(asked.direction, RECV);
    assert.deepEqual(told(ear), ['#1 moby.filesync.v1.FileSync/DiffCopy', '#1 ! NOT_FOUND']);
  });

  it('have the status of HTTP where a proxy answers, and none where nothing says one', () => {
    const ear = begun();
    for (const id of [1, 3, 5, 7]) ear.data(SEND, wire.ask(id, '/a.B/C'));
    const failed = wire.plain({ ':status': '503', 'content-type': 'text/html' });
    ear.data(RECV, wire.block(1, failed)).data(RECV, wire.data(1, 9, wire.END_STREAM));
    ear.data(RECV, wire.block(3, failed, wire.END_STREAM));
    ear.data(RECV, wire.opened(5)).data(RECV, wire.block(5, wire.plain({ a: 'b' }), wire.END_STREAM));
    ear.data(RECV, wire.refused(7, 'x'));
    assert.deepEqual(told(ear).slice(4), ['#1 ! 503', '#3 ! 503', '#5 ? no_outcome', '#7 ? no_outcome']);
    assert.equal(ear.listener.responses[0].error?.isForeign, true);
  });

  it('have it as well where the client wants no more than to see that no gRPC answers', () => {
    const ear = begun().data(SEND, wire.ask(1, '/a.B/Nope'));
    ear.data(RECV, wire.block(1, wire.plain({ ':status': '404', 'content-type': 'text/plain' })));
    ear.data(SEND, wire.reset(1, wire.CANCEL));
    assert.deepEqual(told(ear).slice(1), ['#1 ! 404']);
  });

  it('are cancelled by their clients, or refused by their server', () => {
    const ear = begun();
    for (const id of [1, 3, 5, 7]) ear.data(SEND, wire.ask(id, '/a.B/C'));
    ear.data(RECV, wire.opened(1)).data(SEND, wire.reset(1, wire.CANCEL)).data(SEND, wire.reset(3, 0));
    ear.data(RECV, wire.reset(5, wire.REFUSED_STREAM)).data(RECV, wire.reset(7, 2));
    // What is said of calls that have ended says nothing.
    ear.data(RECV, wire.trailers(1)).data(RECV, wire.reset(1, 2)).data(SEND, wire.reset(99, 2));
    const expected = ['#1 CANCELLED', '#3 CANCELLED', '#5 ! UNAVAILABLE', '#7 ! INTERNAL'];
    assert.deepEqual(told(ear).slice(4), expected);
  });

  it('that were left keep no room for what their server had begun to say', () => {
    const ear = begun();
    const calls = 20_000;
    for (let i = 0; i < calls; i++) {
      ear.data(SEND, wire.ask(2 * i + 1, '/a.B/Watch')).data(SEND, wire.reset(2 * i + 1, wire.CANCEL));
      ear.data(RECV, wire.opened(2 * i + 1)).data(RECV, wire.data(2 * i + 1));
    }
    ear.data(SEND, wire.ask(2 * calls + 1, '/a.B/C')).data(RECV, wire.trailers(2 * calls + 1));
    assert.deepEqual(told(ear).slice(2 * calls), [`#${2 * calls + 1} a.B/C`, `#${2 * calls + 1} OK`]);
  });

  it('that one stream has again and again, as none may, are no more to remember', () => {
    const memory = new CountedMemory();
    const ear = new Ear(grpc, { keepPayload: false, memory }).data(
      SEND,
      Buffer.concat([wire.PREFACE, wire.settings()]),
    );
    for (let i = 0; i < 100; i++)
      ear.data(SEND, wire.ask(1, '/a.B/Watch')).data(SEND, wire.reset(1, wire.CANCEL));
    ear.decoder.release();
    assert.equal(memory.held, 0);
  });

  it('have exceeded their deadline if the client cancels them when it has waited as long as it said', () => {
    const ear = begun();
    const deadlines: [string, number][] = [
      ['100m', 61],
      ['100m', 59],
      ['2S', 2000],
      ['99999999n', 100],
      ['1H', 5000],
      ['x', 5000],
    ];
    deadlines.forEach(([timeout, afterMs], i) => {
      ear.timeMs = 1000;
      ear.data(SEND, wire.ask(2 * i + 1, '/a.B/C', { 'grpc-timeout': timeout }));
      ear.timeMs += afterMs;
      ear.data(SEND, wire.reset(2 * i + 1, wire.CANCEL));
    });
    const ends = ear.listener.responses.map(({ error, statusCode }) => error?.code ?? statusCode);
    const [over, left] = ['DEADLINE_EXCEEDED', 'CANCELLED'];
    assert.deepEqual(ends, [over, left, over, over, left, left]);
  });

  it('have exceeded it, too, if the server cancels them then, as that of Go does', () => {
    const ear = begun();
    for (const id of [1, 3]) ear.data(SEND, wire.ask(id, '/a.B/C', { 'grpc-timeout': '300m' }));
    ear.data(RECV, wire.reset(1, wire.CANCEL));
    ear.timeMs += 300;
    ear.data(RECV, wire.reset(3, wire.CANCEL));
    assert.deepEqual(told(ear).slice(2), ['#1 CANCELLED', '#3 ! DEADLINE_EXCEEDED']);
  });

  it('that a server does not take on any more are unavailable', () => {
    const ear = begun();
    for (const id of [1, 3, 5]) ear.data(SEND, wire.ask(id, '/a.B/C'));
    ear.data(RECV, wire.goAway(1)).data(RECV, wire.trailers(1));
    assert.deepEqual(told(ear).slice(3), ['#3 ! UNAVAILABLE', '#5 ! UNAVAILABLE', '#1 OK']);
  });

  it('are not finished if the connection ends in their answer', () => {
    const ear = begun().data(SEND, wire.ask(1, '/a.B/C')).data(SEND, wire.ask(3, '/a.B/C'));
    ear.data(RECV, wire.opened(1)).data(RECV, wire.data(1));
    ear.decoder.end(5);
    assert.deepEqual(told(ear).slice(2), ['#1 ? unfinished']);
  });

  it('continue the trace that their headers name', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const ear = begun()
      .data(SEND, wire.ask(1, '/a.B/C', { traceparent, tracestate: 'a=1' }))
      .data(SEND, wire.ask(3, '/a.B/C', { traceparent: 'x', tracestate: 'a=1' }));
    const [first, second] = ear.listener.requests;
    assert.deepEqual([first.traceparent, first.tracestate], [traceparent, 'a=1']);
    assert.deepEqual([second.traceparent, second.tracestate], [undefined, undefined]);
  });

  it('show nothing of what their headers and messages say', () => {
    const secret = { authorization: 'Bearer s3cret', cookie: 's3cret', 'x-s3cret': 's3cret' };
    const ear = begun({ keepPayload: true });
    ear
      .data(SEND, wire.ask(1, '/a.B/C?s3cret=1', secret))
      .data(SEND, wire.frame(0, 1, 1, Buffer.from('s3cret')));
    ear.data(RECV, wire.refused(1, '13', { 'grpc-message': 's3cret', ...secret }));
    assert.deepEqual(told(ear), ['#1 a.B/C', '#1 ! INTERNAL']);
    assert.doesNotMatch(JSON.stringify(ear.heard), /s3cret/);
  });

  it('may have headers in several frames, padded, with a priority, and promises between', () => {
    const ear = begun();
    const headers = wire.plain(wire.requestHeaders('/a.B/C'));
    const body = Buffer.concat([Buffer.from([5, 0, 0, 0, 0, 16]), headers, Buffer.alloc(5)]);
    ear.data(SEND, wire.block(1, body, wire.PADDED | wire.PRIORITY));
    ear.data(
      SEND,
      wire.frame(wire.HEADERS, wire.PRIORITY, 3, Buffer.concat([Buffer.alloc(5), headers.subarray(0, 9)])),
    );
    ear.data(SEND, wire.frame(wire.CONTINUATION, 0, 3, headers.subarray(9, 30)));
    ear.data(SEND, wire.frame(wire.CONTINUATION, wire.END_HEADERS, 3, headers.subarray(30)));
    ear.data(
      RECV,
      wire.frame(wire.PUSH_PROMISE, wire.END_HEADERS, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), headers])),
    );
    ear.data(RECV, wire.trailers(3));
    assert.deepEqual(told(ear), ['#1 a.B/C', '#3 a.B/C', '#3 OK']);
    assert.equal(ear.listener.requests[1].bytes, headers.length + 3 * 9 + 5);
  });

  it('do not begin with headers that never end', () => {
    const ear = begun();
    ear.data(SEND, wire.frame(wire.HEADERS, 0, 1, wire.plain(wire.requestHeaders('/a.B/C'))));
    for (let i = 0; i < 1000; i++)
      ear.data(SEND, wire.frame(wire.CONTINUATION, 0, 1, wire.plain({ a: 'b'.repeat(1000) })));
    ear.data(SEND, wire.frame(wire.CONTINUATION, wire.END_HEADERS, 1)).data(SEND, wire.ask(3, '/a.B/D'));
    assert.deepEqual(told(ear), ['#1 a.B/C', '#3 a.B/D']);
    ear.data(SEND, wire.frame(wire.CONTINUATION, wire.END_HEADERS, 9));
    assert.deepEqual(told(ear).slice(2), ['malformed']);
  });
});

describe('HTTP/2 that is no gRPC', () => {
  const request = (stream: number, path: string, more = {}, flags = wire.END_STREAM) =>
    wire.block(stream, wire.plain({ ':method': 'GET', ':scheme': 'http', ':path': path, ...more }), flags);
  const response = (stream: number, status: string, flags = 0) =>
    wire.block(stream, wire.plain({ ':status': status, 'content-type': 'text/html' }), flags);

  it('is told as HTTP, by template and status', () => {
    const ear = begun(TELLS_HTTP).data(SEND, request(1, '/containers/0123456789ab/json?a=b'));
    ear.timeMs = 7;
    ear
      .data(RECV, response(1, '103'))
      .data(RECV, response(1, '200'))
      .data(RECV, wire.data(1, 5, wire.END_STREAM));
    ear.data(SEND, request(3, '/x', { 'content-type': 'application/grpc-web+proto' }));
    ear.data(RECV, response(3, '503', wire.END_STREAM));
    assert.deepEqual(told(ear), ['#1 GET /containers/{id}/json', '#1 200', '#3 GET /x', '#3 ! 503']);
    const [[asked], [answered]] = [ear.listener.requests, ear.listener.responses];
    assert.deepEqual(asked.attributes, { 'network.protocol.version': '2' });
    assert.deepEqual([asked.carrier, answered.firstByteMs], ['http', 7]);
  });

  it('is told with the status when the client has seen enough, and without when it has seen nothing', () => {
    const ear = begun(TELLS_HTTP).data(SEND, request(1, '/events')).data(SEND, request(3, '/slow'));
    ear.data(RECV, response(1, '200')).data(RECV, wire.data(1));
    ear.data(SEND, wire.reset(1, wire.CANCEL)).data(SEND, wire.reset(3, wire.CANCEL));
    assert.deepEqual(told(ear).slice(2), ['#1 200', '#3 ! CANCEL']);
  });

  it('is not told where HTTP is not', () => {
    const ear = begun()
      .data(SEND, request(1, '/'))
      .data(RECV, response(1, '200', wire.END_STREAM));
    ear.data(SEND, wire.ask(3, '/a.B/C'));
    assert.deepEqual(told(ear), ['#3 a.B/C']);
  });

  it('is not guessed where the type was cut off', () => {
    const whole = request(1, '/a.B/C', { 'content-type': 'application/grpc' });
    const ear = begun(TELLS_HTTP);
    const kept = whole.length - 20;
    ear.data(SEND, whole.subarray(0, kept)).gap(SEND, 20, true);
    assert.deepEqual(told(ear), ['truncated']);
  });
});

describe('what is no gRPC any more', () => {
  const cases: Readonly<Record<string, [Direction, Buffer | string]>> = {
    'an answer of HTTP/1.1': [RECV, 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    'headers without a stream': [SEND, wire.ask(0, '/a.B/C')],
    'settings that are none': [SEND, wire.frame(wire.SETTINGS, 0, 0, Buffer.alloc(5))],
  };
  for (const [name, [direction, bytes]] of Object.entries(cases)) {
    it(`is given up: ${name}`, () => {
      const ear = new Ear(grpc).data(
        SEND,
        Buffer.concat([wire.PREFACE, wire.settings(), wire.ask(1, '/a.B/C')]),
      );
      ear.data(direction, bytes);
      assert.deepEqual(told(ear), ['#1 a.B/C', 'unknown_protocol']);
    });
  }
});
