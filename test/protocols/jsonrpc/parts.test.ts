import assert from 'node:assert/strict';
import { SEND } from '../../../src/protocols/direction.js';
import { readNumber } from '../../../src/protocols/jsonrpc/call-id.js';
import { amid, request, response } from './ear.js';

describe('a decoder of JSON-RPC', () => {
  describe('with ids', () => {
    const ids: [string, string, string | undefined][] = [
      ['1', '1', '1'],
      ['1.0', '1', '1.0'],
      ['1e0', '1', '1e0'],
      ['100', '100', '100'],
      ['1e2', '100', '1e2'],
      ['-0', '0', '-0'],
      ['1.5', '1.5', '1.5'],
      ['-12', '-12', '-12'],
      ['9007199254740993', '9007199254740993', '9007199254740993'],
      ['-9007199254740992', '-9007199254740992', '-9007199254740992'],
      ['12345678901234567890', '12345678901234567890', '12345678901234567890'],
      ['1234567890123456789000e-2', '12345678901234567890', '1234567890123456789000e-2'],
      ['1.234567890123456789e19', '12345678901234567890', '1.234567890123456789e19'],
      ['"1"', '"1', '1'],
      ['""', '"', ''],
      ['"null"', '"null', 'null'],
      ['"a\\u0062\\n"', '"ab\n', 'ab\n'],
      ['"\\ud83d\\ude00"', '"😀', '😀'],
      ['"\\ud800"', '"\ufffd', '\ufffd'],
      [`"${'x'.repeat(256)}"`, `"${'x'.repeat(256)}`, 'x'.repeat(256)],
    ];
    for (const [wire, id, text] of ids) {
      it(`reads ${wire.slice(0, 30)}`, () => {
        const { id: found, idText, isIdUnknown } = request(`{"id":${wire},"method":"a"}`);
        assert.deepEqual([found, idText, isIdUnknown], [id, text, false]);
        assert.equal(response(`{"id":${wire},"result":1}`).id, id);
      });
    }

    it('tells a notification from a request whose id is not known', () => {
      assert.equal(request('{"method":"a"}').isIdUnknown, false);
      const { listener } = amid('{"method":"a","params":[').gap(SEND, 100, true);
      assert.deepEqual([listener.requests[0].id, listener.requests[0].isIdUnknown], [undefined, true]);
    });

    it('reads a long number with many zeros as fast as any other', () => {
      const fastest = (number: string) => {
        const bytes = Buffer.from(number);
        const times = Array.from({ length: 50 }, () => {
          const startMs = performance.now();
          for (let i = 0; i < 20; i++) readNumber(bytes, 0, bytes.length);
          return performance.now() - startMs;
        });
        return Math.min(...times);
      };
      const usual = fastest('1'.repeat(256));
      for (const number of [`1${'0'.repeat(254)}1`, `1.${'0'.repeat(253)}1`])
        assert.ok(fastest(number) < 5 * usual, number);
    });

    it('takes an id that is very long for unknown', () => {
      for (const id of [`"${'x'.repeat(257)}"`, '1'.repeat(257)]) {
        const { id: found, isIdUnknown } = request(`{"method":"a","id":${id}}`);
        assert.deepEqual([found, isIdUnknown], [undefined, true]);
      }
    });

    for (const id of ['true', '{}', '[1]', '01', '1.', 'nul', '-', '"\\x"']) {
      it(`takes a message with the id ${id} for none`, () => {
        for (const rest of ['"method":"a"', '"result":1']) {
          assert.deepEqual(amid(`{${rest},"id":${id}}`).listener.reasons, ['not_a_message']);
        }
      });
    }
  });

  describe('with methods', () => {
    const methods: [string, string][] = [
      ['__proto__', '__proto__'],
      ['rpc.discover', 'rpc.discover'],
      ['', ''],
      ['a\\nb\\u001b[31m', 'a\nb\u001b[31m'],
      ['m\\u00e9thode\\ud83d\\ude00', 'méthode😀'],
      ['日本', '日本'],
      ['\\udc00', '\ufffd'],
      ['x'.repeat(300), 'x'.repeat(256)],
      [`${'x'.repeat(255)}😀`, 'x'.repeat(255)],
      ['y'.repeat(60_000), 'y'.repeat(256)],
    ];
    for (const [wire, method] of methods) {
      it(`reads ${wire.slice(0, 30)}`, () => {
        assert.equal(request(`{"id":1,"method":"${wire}"}`).method, method);
      });
    }

    it('makes one character of each invalid sequence of UTF-8', () => {
      const bytes = Buffer.from('{"method":"a_b","id":1}');
      bytes[12] = 0xff;
      assert.equal(request(bytes).method, 'a\ufffdb');
    });

    it('does not find them elsewhere', () => {
      const decoys = [
        '{"params":{"method":"decoy","id":2},"method":"m","id":1}',
        '{"params":"\\",\\"method\\":\\"decoy\\"","method":"m","id":1}',
        '{"x":{"method":"decoy"},"params":[{"id":{"method":"decoy"}}],"method":"m","id":1,"y":{"id":5}}',
        '{"method":"decoy","id":9,"method":"m","id":1}',
        '{ "me\\u0074hod" : "m" ,\t"\\u0069d"\r:\n1 }',
        '{"Method":"decoy","METHOD":"decoy","method ":"decoy","method":"m","id":1}',
      ];
      for (const text of decoys) {
        const { method, id } = request(text);
        assert.deepEqual([method, id], ['m', '1'], text);
      }
    });

    it('tells ten thousand of them apart', () => {
      const one = amid();
      for (let i = 0; i < 10_000; i++) one.data(SEND, `{"method":"m${i}"}\n`);
      assert.equal(new Set(one.listener.requests.map(({ method }) => method)).size, 10_000);
    });

    it('does without one of a megabyte', () => {
      const text = `{"id":1,"method":"${'m'.repeat(1e6)}"}\n`;
      const one = amid(text.slice(0, 100_000), text.slice(100_000), '{"method":"a"}\n');
      assert.deepEqual(one.listener.reasons, ['truncated']);
      assert.deepEqual(
        one.listener.requests.map(({ method }) => method),
        ['a'],
      );
    });
  });

  describe('with errors', () => {
    const errors: [string, string, string][] = [
      ['{"code":-32000,"message":"no \\u0022x\\u0022"}', '-32000', 'no "x"'],
      ['{"message":"m","data":{"code":5},"code":3.0}', '3', 'm'],
      ['{"code":"E_BAD"}', 'E_BAD', ''],
      ['{"code":null,"message":5}', '_OTHER', ''],
      ['{}', '_OTHER', ''],
      ['"broken"', '_OTHER', 'broken'],
      ['17', '_OTHER', ''],
      [`{"code":1,"message":"${'x'.repeat(1000)}"}`, '1', 'x'.repeat(256)],
    ];
    for (const [wire, code, message] of errors) {
      it(`reads ${wire.slice(0, 50)}`, () => {
        assert.deepEqual(response(`{"id":1,"error":${wire},"result":null}`).error, { code, message });
      });
    }

    it('takes null for none, as version 1.0 has it', () => {
      assert.equal(response('{"result":5,"error":null,"id":1}').error, undefined);
    });

    it('forgets the code of an error that is overruled', () => {
      const { error } = response('{"id":1,"error":{"code":1,"message":"a"},"error":{"message":"b"}}');
      assert.deepEqual(error, { code: '_OTHER', message: 'b' });
    });
  });

  describe('with a trace', () => {
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const traced = (traceparent: string, more = '') =>
      request(
        `{"method":"a","params":{"x":{"_meta":{"traceparent":"no"}},"_meta":{"traceparent":"${traceparent}"${more}}}}`,
      );

    it('finds it', () => {
      const { traceparent, tracestate } = traced(parent, ',"tracestate":"a=b,c=d"');
      assert.deepEqual([traceparent, tracestate], [parent, 'a=b,c=d']);
      assert.equal(traced(`01${parent.slice(2)}-more`).traceparent, `01${parent.slice(2)}-more`);
    });

    it('leaves alone what is none', () => {
      const wrong = [
        '',
        parent.toUpperCase(),
        `ff${parent.slice(2)}`,
        `${parent}-more`,
        parent.slice(0, -1),
        parent.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
        parent.replace('b7ad6b7169203331', '0'.repeat(16)),
      ];
      for (const text of wrong) {
        const { traceparent, tracestate } = traced(text, ',"tracestate":"a=b"');
        assert.deepEqual([traceparent, tracestate], [undefined, undefined], text);
      }
      for (const state of ['', 'a=\\n', 'x'.repeat(513)]) {
        assert.equal(traced(parent, `,"tracestate":"${state}"`).tracestate, undefined);
      }
    });

    it('does not look for it elsewhere', () => {
      const elsewhere = `{"method":"a","_meta":{"traceparent":"${parent}"},"params":[{"_meta":{"traceparent":"${parent}"}}]}`;
      assert.equal(request(elsewhere).traceparent, undefined);
    });
  });
});
