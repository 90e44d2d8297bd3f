import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import type { Request, Response } from '../../../src/protocols/protocol.js';
import { amid, ear } from './ear.js';

/** Shows a message of which so many bytes of its beginning and its end were captured. */
function cut(text: string, head: number, tail: number, one = amid()) {
  const bytes = Buffer.from(text);
  one.data(SEND, bytes.subarray(0, head)).gap(SEND, bytes.length - head - tail, tail === 0);
  if (tail > 0) one.data(SEND, bytes.subarray(bytes.length - tail)).gap(SEND, 0, true);
  return one;
}

function cutRequest(text: string, tail = 64): Request {
  const { requests, reasons } = cut(text, 512, tail).listener;
  assert.deepEqual([requests.length, reasons], [1, []]);
  return requests[0];
}

function cutResponse(text: string, tail = 64): Response {
  const { responses, reasons } = cut(text, 512, tail).listener;
  assert.deepEqual([responses.length, reasons], [1, []]);
  return responses[0];
}

const LONG = 'x'.repeat(900);

describe('a request of JSON-RPC that was cut', () => {
  const requests: [string, string, string | undefined][] = [
    [
      'ethers',
      `{"method":"eth_call","params":[{"data":"0x${LONG}"},"latest"],"id":61,"jsonrpc":"2.0"}`,
      '61',
    ],
    ['web3.js', `{"jsonrpc":"2.0","id":"a-1","method":"eth_call","params":[{"data":"0x${LONG}"}]}`, '"a-1'],
    ['Zabbix', `{"jsonrpc":"2.0","method":"host.get","params":{"x":"${LONG}"},"auth":null,"id":5}\r\n`, '5'],
    ['OVSDB', `{"id":7,"method":"transact","params":["db","${LONG}"]}`, '7'],
    ['parity.js', `{"params":["${LONG}"],"method":"eth_call","id":8,"jsonrpc":"2.0"}`, '8'],
    [
      'an MCP client',
      `{"params":{"text":"${LONG}","_meta":{}},"jsonrpc":"2.0","id":9,"method":"tools/call"}`,
      '9',
    ],
  ];
  for (const [who, text, id] of requests) {
    it(`has its id as ${who} writes it`, () => {
      const request = cutRequest(text);
      assert.deepEqual([request.id, request.isIdUnknown], [id, false]);
    });
  }

  const notifications: [string, string][] = [
    [
      'geth',
      `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":{"logsBloom":"0x${LONG}"}}}\n`,
    ],
    [
      'an editor',
      `{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"contentChanges":[{"text":"${LONG}"}]}}`,
    ],
    ['OVSDB', `{"id":null,"method":"update3","params":["db",{"Bridge":"${LONG}"}]}`],
    ['OVSDB in another order', `{"method":"update3","params":["db",{"Bridge":"${LONG}"}],"id":null}`],
    ['a server that writes the method last', `{"params":["${LONG}"],"method":"progress","jsonrpc":"2.0"}`],
  ];
  for (const [who, text] of notifications) {
    it(`is a notification when there is no id in what ${who} writes`, () => {
      const request = cutRequest(text);
      assert.deepEqual([request.id, request.isIdUnknown], [undefined, false]);
    });
  }

  it('may have an id where its end was not captured, or may hide one', () => {
    const text = `{"jsonrpc":"2.0","method":"a","params":["${LONG}"],"id":1234567}`;
    for (const tail of [0, 3, 8, 9]) {
      const request = cutRequest(text, tail);
      assert.deepEqual([request.id, request.isIdUnknown], [undefined, true], `${tail}`);
    }
    // The head ends in one member, and the tail begins in another.
    const between = `{"jsonrpc":"2.0","method":"a","params":["${LONG}"],"id":1,"meta":{"a":"${LONG}"}}`;
    assert.equal(cutRequest(between).isIdUnknown, true);
    const short = `{"jsonrpc":"2.0","method":"a","id":123456789,"params":[1]}`;
    assert.equal(cut(short, 40, 5).listener.requests[0].isIdUnknown, true);
  });

  it('may have an id when it is too long to be kept and the connection ends in it', () => {
    const one = ear(`{"jsonrpc":"2.0","method":"a","params":["${'x'.repeat(70_000)}`).data(
      SEND,
      '",{"y":{}}',
    );
    one.decoder.end(0);
    assert.deepEqual(one.listener.requests[0].isIdUnknown, true);
  });

  it('shows the trace and the payload that stand at its end', () => {
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const text = `{"jsonrpc":"2.0","method":"a","x":["${LONG}"],"id":1,"params":{"_meta":{"traceparent":"${parent}"}}}`;
    const request = cutRequest(text, 120);
    assert.deepEqual(
      [request.traceparent, request.payload],
      [parent, `{"_meta":{"traceparent":"${parent}"}}`],
    );
  });
});

describe('an answer of JSON-RPC that was cut', () => {
  const result = `"result":{"a":["${LONG}"]}`;
  const error = `"error":"${LONG}"`;
  /** Its id and outcome: an error code, a doubt, or nothing for a success. */
  const answers: [string, string | undefined, string | undefined][] = [
    [`{"jsonrpc":"2.0","id":1,${result}}`, '1', undefined],
    [`{"jsonrpc":"2.0",${result},"id":1}\n`, '1', undefined],
    [`{${result},"error":null,"id":1}`, '1', undefined],
    [`{${result},"id":5,"error":null}`, '5', undefined],
    [`{"error":null,"id":0,${result}}`, '0', undefined],
    // Go's net/rpc.
    [`{"id":1,"result":null,${error}}`, '1', '_OTHER'],
    [`{"result":null,${error},"id":1}`, '1', '_OTHER'],
    [`{${error},"result":null,"id":1}`, '1', '_OTHER'],
    [`{"id":1,${error},"result":null}`, '1', '_OTHER'],
    [`{"x":"${LONG}","result":null,"error":{"code":-5,"message":"m"},"id":1}`, '1', '-5'],
    [`{"id":1,"error":{"code":-5,"message":"m","data":"${LONG}"},"result":null}`, '1', '-5'],
    // Erigon, when it cannot go on.
    [`{"jsonrpc":"2.0","id":1,${result},"error":{"code":-32000,"message":"m"}}`, '1', '-32000'],
    [`{"jsonrpc":"2.0","result":null,"x":"${LONG}","id":1}`, '1', undefined],
    [`{"result":null,"x":"${LONG}","id":1}`, '1', 'truncated'],
    [`{"id":2,"result":null,"x":{"y":["${LONG}"]}}`, '2', undefined],
    [`{"x":"${LONG}","result":"0x1","id":3,"meta":{"a":[1,"}"]}}`, '3', undefined],
  ];
  for (const [text, id, outcome] of answers) {
    it(`tells how the call ended in ${text.replaceAll(LONG, '…')}`, () => {
      const answer = cutResponse(text);
      assert.deepEqual([answer.id, answer.error?.code ?? answer.doubt], [id, outcome]);
    });
  }

  it('leaves open how the call ended when a null is all that was captured', () => {
    const text = `{"id":1,"result":null,"error":"${LONG}"}`;
    const [answer] = cut(text, 21, 0).listener.responses;
    assert.deepEqual([answer.id, answer.error, answer.doubt], ['1', undefined, 'truncated']);
    const [version2] = cut(`{"jsonrpc":"2.0",${text.slice(1)}`, 37, 0).listener.responses;
    assert.equal(version2.doubt, undefined);
  });

  it('is malformed when its end is', () => {
    const one = cut(`{"jsonrpc":"2.0","result":"${LONG}","id":1,"x":yes}`, 512, 64);
    assert.deepEqual(one.listener.reasons, ['malformed']);
  });
});

describe('an answer of JSON-RPC', () => {
  const answers: [string, string | undefined, string | undefined][] = [
    ['{"jsonrpc":"2.0","id":5}', '5', 'no_outcome'],
    ['{"id":5}', '5', 'no_outcome'],
    ['{"jsonrpc":"2.0","id":5,"result":null}', '5', undefined],
    ['{"id":5,"error":null}', '5', undefined],
    ['{"id":5,"result":NaN}', '5', undefined],
    ['{"id":5,"result":-Infinity,"error":null}', '5', undefined],
    ['{"id":5,"error":{"code":NaN,"message":"x"}}', '5', '_OTHER'],
    // A server that could not read the id.
    ['{"jsonrpc":"2.0","error":{"code":-32600,"message":"x"},"id":null}', undefined, '-32600'],
    ['{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}', undefined, '-32700'],
    ['{"result":null,"error":"cannot parse","id":null}', undefined, '_OTHER'],
    ['{"jsonrpc":"2.0","result":true}', undefined, undefined],
    // A program that writes all members of requests and answers.
    ['{"jsonrpc":"2.0","id":5,"method":"","params":null,"result":null,"error":null}', '5', undefined],
    ['{"id":5,"method":"a","result":1,"error":null}', '5', undefined],
  ];
  for (const [text, id, outcome] of answers) {
    it(`tells how the call ended in ${text}`, () => {
      const { responses, reasons } = amid(text).listener;
      assert.deepEqual([responses.length, reasons], [1, []]);
      assert.deepEqual([responses[0].id, responses[0].error?.code ?? responses[0].doubt], [id, outcome]);
    });
  }

  it('is none without an id or anything else that makes it one', () => {
    for (const text of [
      '{"jsonrpc":"2.0"}',
      '{"jsonrpc":"2.0","id":null}',
      '{"result":1}',
      '{"error":"x"}',
    ]) {
      assert.deepEqual(amid(text).listener.reasons, ['not_a_message'], text);
    }
  });
});

describe('null as an id of JSON-RPC', () => {
  it('marks a notification, but in version 2.0', () => {
    for (const text of ['{"method":"a","params":[],"id":null}', '{"jsonrpc":"1.0","method":"a","id":null}']) {
      const [request] = ear(text).listener.requests;
      assert.deepEqual([request.id, request.idText, request.isIdUnknown], [undefined, undefined, false]);
    }
    const [request] = ear('{"jsonrpc":"2.0","method":"a","id":null}').listener.requests;
    assert.deepEqual([request.id, request.idText, request.isIdUnknown], ['null', undefined, true]);
  });

  it('answers as many requests as had it, and is unknown else', () => {
    const ask = '{"jsonrpc":"2.0","method":"a","id":null}\n';
    const answer = '{"jsonrpc":"2.0","result":1,"id":null}\n';
    const one = ear(ask, ask);
    for (let i = 0; i < 3; i++) one.data(RECV, answer);
    assert.deepEqual(
      one.listener.responses.map(({ id }) => id),
      ['null', 'null', undefined],
    );
    // Those of the other side are none of these.
    assert.equal(ear(ask).data(SEND, answer).listener.responses[0].id, undefined);
  });
});

describe('a byte order mark', () => {
  it('is passed over before any message', () => {
    const one = amid(
      '{"jsonrpc":"2.0","method":"a","id":1}\n',
      '\ufeff{"method":"b","id":2}\n',
      '\ufeff \ufeff[{"method":"c"}]\n',
    );
    assert.deepEqual(
      one.listener.requests.map(({ method, bytes }) => [method, bytes]),
      [
        ['a', 37],
        ['b', 21],
        ['c', 14],
      ],
    );
    assert.deepEqual(one.listener.reasons, []);
  });
});
