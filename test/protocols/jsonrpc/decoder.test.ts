import assert from 'node:assert/strict';
import { SEND } from '../../../src/protocols/direction.js';
import { Ear } from '../listen.js';
import { amid, ear, protocol, request, response } from './ear.js';

describe('a decoder of JSON-RPC', () => {
  it('tells all there is to tell of a request', () => {
    assert.deepEqual(request('{"jsonrpc":"2.0","method":"add","params":[1, 2],"id":7}\n'), {
      kind: 'request',
      direction: SEND,
      method: 'add',
      id: '7',
      idText: '7',
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      timeMs: 0,
      bytes: 55,
      traceparent: undefined,
      tracestate: undefined,
      payload: '[1, 2]',
    });
  });

  it('tells all there is to tell of a response', () => {
    const text = '{"jsonrpc":"2.0","id":"7","error":{"code":-32601,"message":"Method not found","data":[]}}';
    assert.deepEqual(response(text), {
      kind: 'response',
      direction: SEND,
      id: '"7',
      error: { code: '-32601', message: 'Method not found' },
      doubt: undefined,
      inner: undefined,
      timeMs: 0,
      bytes: text.length,
      payload: '{"code":-32601,"message":"Method not found","data":[]}',
    });
  });

  it('keeps no payload unless it is asked to', () => {
    const one = new Ear(protocol).data(SEND, '{"method":"a","params":["secret"]}{"id":1,"result":"secret"}');
    assert.equal(one.heard.length, 2);
    assert.ok(!JSON.stringify(one.heard).includes('secret'));
  });

  it('keeps the payload of a text in its quotes', () => {
    assert.equal(response('{"id":1,"result":"a\\n"}').payload, '"a\\n"');
  });

  describe('with batches', () => {
    it('tells of each element, with its own length', () => {
      const one = ear(' [ {"method":"a","id":1} ,{"method":"b"},{"id":2,"result":[]}]\n');
      assert.deepEqual(
        one.heard.map((heard) => (heard.kind === 'undecodable' ? heard.reason : heard.bytes)),
        [21, 14, 20],
      );
    });

    it('counts elements that are none, and goes on', () => {
      const one = amid('[{},{"method":"a"},[{"method":"b"}],1,"{",{"method":"c"}]');
      assert.deepEqual(
        one.listener.requests.map(({ method }) => method),
        ['a', 'c'],
      );
      assert.deepEqual(one.listener.reasons, Array(4).fill('not_a_message'));
    });

    it('tells of the elements that were captured', () => {
      const { listener } = ear('[{"method":"a","id":1},{"method":"b","params":[').gap(SEND, 100, true);
      assert.deepEqual(
        listener.requests.map(({ method, isIdUnknown }) => [method, isIdUnknown]),
        [
          ['a', false],
          ['b', true],
        ],
      );
      // There may have been more behind the one that was cut.
      assert.deepEqual(listener.reasons, ['truncated']);
    });

    it('says once that it was cut, whatever was lost with it', () => {
      const element = '{"method":"a","id":1,"params":[1,"x",{"y":[]}]}';
      const batch = `[${element}, ${element} ,{"jsonrpc":"2.0","x":"${'x'.repeat(60)}","method":"b"}]`;
      for (let kept = 1; kept < batch.length; kept++) {
        const one = amid(batch.slice(0, kept)).gap(SEND, batch.length - kept + 1, true);
        assert.deepEqual(one.listener.reasons, ['truncated'], batch.slice(0, kept));
        const whole = batch.slice(0, kept).split(element).length - 1;
        assert.ok(one.listener.requests.length >= whole);
      }
    });

    it('says of an element why it was not understood, and of those behind it that they were cut', () => {
      const one = amid('[{"method":"a\\q","params":[').gap(SEND, 100, true);
      assert.deepEqual(one.listener.reasons, ['malformed', 'truncated']);
    });

    it('takes an array that begins with anything but an object for one that is none', () => {
      for (const text of [
        '[1,2,3]',
        '["tag",5,{"method":"a"}]',
        '[2024-01-01 12:00:00] INFO {started}',
        '[info',
        '[[]]',
      ]) {
        assert.deepEqual(amid('{}\n', `${text}\n`).listener.reasons, Array(2).fill('not_a_message'), text);
      }
    });

    it('takes an empty one for none, and no more than ten thousand elements', () => {
      assert.deepEqual(amid('[]\n').listener.reasons, ['not_a_message']);
      const { requests, reasons } = amid(`[${'{"method":"a"},'.repeat(10_001).slice(0, -1)}]\n`).listener;
      assert.deepEqual([requests.length, reasons], [10_000, ['too_large']]);
    });
  });

  const malformed = [
    '{"method":"a",}',
    '{"method":"a" "id":1}',
    '{"method" "a"}',
    '{"method":"a"}}',
    '{"method":"a"} x',
    '{"method":"a","id":}',
    '{"method":"a","id":1',
    '{"method":"a\\q"}',
    '{"method":"a\tb"}',
    '[{"method":}]',
    '[{"id":1,"method":"a"',
    '{',
    '{"method":"a',
  ];
  for (const text of malformed) {
    it(`takes ${JSON.stringify(text)} for malformed`, () => {
      const one = amid('{}\n', `${text}\n`, '{}\n');
      assert.deepEqual(one.listener.reasons, ['not_a_message', 'malformed', 'not_a_message']);
      assert.deepEqual(one.listener.requests, []);
    });
  }

  it('takes other JSON for no message', () => {
    const texts = [
      '{"result":1}',
      '{"method":5,"id":1}',
      '{"jsonrpc":"2.0"}',
      'true',
      'log: x',
      '{method:"a"}',
      '[debug] {',
      '[1, 2]',
      '"{"',
    ];
    const one = amid('{}\n', ...texts.map((text) => `${text}\n`));
    assert.deepEqual(one.listener.reasons, Array(texts.length + 1).fill('not_a_message'));
  });

  it('does not mind a million brackets', () => {
    const deep = '['.repeat(1e6) + ']'.repeat(1e6);
    assert.equal(request(`{"id":1,"method":"a","params":${deep}}\n`).id, '1');
    assert.deepEqual(amid('{}\n', `${deep}\n`).listener.reasons, ['not_a_message', 'not_a_message']);
    assert.equal(ear(`{"id":1,"method":"a","params":${'['.repeat(1e6)}`).listener.heard.length, 0);
  });
});
