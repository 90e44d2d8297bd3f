import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { ear } from './ear.js';

type Exchange = [request: string, answer: string];

/** Protocols of JSON texts that are not JSON-RPC, as their programs write them. */
const strangers: [string, Exchange[]][] = [
  [
    'Varlink',
    [
      [
        '{"method":"io.systemd.UserDatabase.GetUserRecord","parameters":{"userName":"u"}}\0',
        '{"parameters":{}}\0',
      ],
      [
        '{"method":"io.podman.ListPods","more":true}\0',
        '{"error":"org.varlink.service.MethodNotFound","parameters":{}}\0',
      ],
      ['{"method":"org.varlink.service.GetInfo"}\0', '{"continues":true,"parameters":{"vendor":"x"}}\0'],
    ],
  ],
  [
    'QMP of QEMU',
    [
      ['', '{"QMP":{"version":{"qemu":{"micro":0,"minor":2,"major":8}},"capabilities":["oob"]}}\r\n'],
      ['{"execute":"qmp_capabilities"}\n', '{"return":{}}\r\n'],
      ['{"execute":"query-kvm","id":"libvirt-5"}\n', '{"return":{"enabled":true},"id":"libvirt-5"}\r\n'],
      ['{"execute":"x","id":6}\n', '{"id":6,"error":{"class":"CommandNotFound","desc":"x"}}\r\n'],
      ['', '{"timestamp":{"seconds":1,"microseconds":2},"event":"POWERDOWN"}\r\n'],
    ],
  ],
  [
    'the IPC of mpv',
    [
      [
        '{"command":["get_property","volume"],"request_id":1}\n',
        '{"data":50,"request_id":1,"error":"success"}\n',
      ],
      ['{"command":["x"]}\n', '{"request_id":0,"error":"invalid parameter"}\n'],
      ['', '{"event":"end-file","reason":"eof"}\n'],
    ],
  ],
  [
    'the debug adapter protocol',
    [
      [
        '{"seq":1,"type":"request","command":"next","arguments":{}}',
        '{"seq":2,"type":"response","request_seq":1,"success":true}',
      ],
    ],
  ],
  [
    'Transmission',
    [
      [
        '{"method":"torrent-get","arguments":{"fields":["id"]},"tag":4}\n',
        '{"arguments":{},"result":"success","tag":4}\n',
      ],
    ],
  ],
  [
    'records with ids',
    [
      ['{"level":30,"time":1,"msg":"x","id":5}\n', ''],
      ['{"level":30,"id":6}\n', ''],
    ],
  ],
  ['of its own make', [['{"cmd":"get","id":7}\n', '{"id":7,"result":{"a":1}}\n']]],
  [
    'the REST of snapd',
    [['{"action":"install"}\n', '{"type":"sync","status-code":200,"status":"OK","result":{"id":5}}\n']],
  ],
];

function talk(exchanges: readonly Exchange[], times: number, conversation = ear()) {
  for (let i = 0; i < times; i++) {
    for (const [request, answer] of exchanges) conversation.data(SEND, request).data(RECV, answer);
  }
  return conversation;
}

const CALL = '{"jsonrpc":"2.0","id":1,"method":"a"}\n';

describe('a conversation that is not JSON-RPC', () => {
  for (const [name, exchanges] of strangers) {
    it(`has no calls and one reason when it is ${name}, however long it is`, () => {
      for (const times of [1, 2, 100]) {
        const conversation = talk(exchanges, times);
        conversation.decoder.end(0);
        conversation.decoder.release();
        const { heard, listener } = conversation;
        assert.deepEqual([heard.length, listener.reasons], [1, ['unknown_protocol']]);
        assert.equal(conversation.decoder.hasGivenUp, true);
      }
    });

    it(`is given up while it goes on when it is ${name}`, () => {
      assert.deepEqual(talk(exchanges, 64).listener.reasons, ['unknown_protocol']);
    });
  }

  it('is one of its own when its messages are cut', () => {
    const cut = (conversation = ear()) => {
      for (const [text, end] of [
        ['{"method":"io.x.Y","parameters":{"a":"', '"}}\0'],
        ['{"parameters":{"record":[', ']}}\0'],
      ]) {
        conversation.data(SEND, text).gap(SEND, 900, false).data(SEND, end).gap(SEND, 0, true);
      }
      return conversation;
    };
    const conversation = cut();
    conversation.decoder.end(0);
    assert.deepEqual(conversation.listener.reasons, ['unknown_protocol']);
  });

  it('says nothing when nothing was said', () => {
    const conversation = ear('\n');
    conversation.decoder.end(0);
    assert.deepEqual(conversation.heard, []);
  });
});

describe('a conversation of JSON-RPC', () => {
  it('tells why strangers before it were not understood, once it is there', () => {
    const conversation = ear('{"level":"info","msg":"ready"}\n', '{"level":"warn"\n', '[]\n');
    assert.equal(conversation.heard.length, 0);
    conversation.data(SEND, CALL);
    assert.deepEqual(conversation.listener.reasons, ['not_a_message', 'malformed', 'not_a_message']);
    assert.equal(conversation.heard.at(-1)?.kind, 'request');
    conversation.data(SEND, '{"level":"info"}\n').decoder.end(0);
    assert.deepEqual(conversation.listener.reasons.length, 4);
  });

  it('is recognised by any of the members that only it has', () => {
    for (const text of [
      '{"method":"a","id":1}',
      '{"method":"a","params":[]}',
      '{"jsonrpc":"2.0","method":"a"}',
    ]) {
      assert.equal(ear(text).listener.requests.length, 1, text);
    }
    for (const text of ['{"jsonrpc":"2.0","id":1,"result":1}', '{"jsonrpc":"2.0","error":{"code":1}}']) {
      assert.equal(ear(text).listener.responses.length, 1, text);
    }
  });

  it('has bare notifications, and answers without a version, once it has something else', () => {
    const conversation = ear('{"method":"bare"}\n');
    assert.equal(conversation.heard.length, 0);
    conversation.data(SEND, CALL).data(SEND, '{"method":"bare"}\n').data(RECV, '{"id":1,"result":1}\n');
    assert.deepEqual(
      conversation.heard.map(({ kind }) => kind),
      ['undecodable', 'request', 'request', 'response'],
    );
  });

  it('has answers without a version when its beginning was missed', () => {
    const answer = '{"id":1,"result":1}\n';
    assert.equal(ear('{"a":1}\n').data(RECV, answer).listener.responses.length, 0);
    assert.equal(ear().lose().data(RECV, answer).listener.responses.length, 1);
    // A request that was left out, as those that are not in a sample.
    const sampled = ear(CALL.replace('"jsonrpc":"2.0",', ''));
    assert.equal(sampled.gap(SEND, 40, true).data(RECV, answer).listener.responses.length, 1);
    assert.equal(ear().gap(SEND, 40, true).data(RECV, answer).listener.responses.length, 1);
    // A record that was cut is no request of the other end.
    assert.equal(ear().gap(SEND, 40, true).data(SEND, answer).listener.responses.length, 0);
  });

  it('has answers without a version when what is sent is not captured', () => {
    const answer = '{"id":1,"result":1,"error":null}\n';
    assert.equal(ear().data(RECV, answer).listener.responses.length, 1);
    assert.equal(ear(answer).listener.responses.length, 0, 'nobody has asked the client');
  });

  it('is not given up because its messages are cut too early', () => {
    const conversation = ear();
    for (let i = 0; i < 200; i++) conversation.data(SEND, '{"jsonrpc"').gap(SEND, 30, true);
    conversation.data(SEND, CALL).decoder.end(0);
    assert.deepEqual(conversation.listener.reasons, Array(200).fill('truncated'));
    assert.equal(conversation.listener.requests.length, 1);
  });

  it('gives each reason once when it ends before anything was understood', () => {
    const conversation = ear('{"jsonrpc"').gap(SEND, 30, true).data(SEND, '{"jsonrpc"').gap(SEND, 30, true);
    assert.equal(conversation.heard.length, 0);
    conversation.decoder.release();
    assert.deepEqual(conversation.listener.reasons, ['truncated', 'truncated']);
  });
});
