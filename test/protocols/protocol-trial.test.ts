import assert from 'node:assert/strict';
import { RECV, SEND } from '../../src/protocols/direction.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import type { DecoderMemory, Protocol } from '../../src/protocols/protocol.js';
import { ProtocolTrial } from '../../src/protocols/protocol-trial.js';
import { conformsToProtocol, type SampleMessage } from './conformance.js';
import { wires } from './jsonrpc/wire.js';
import { Ear } from './listen.js';
import { sshAgent } from './support/ssh-agent/protocol.js';
import { sshAgentMessage } from './support/ssh-agent/wire.js';

const REQUEST = '{"jsonrpc":"2.0","id":1,"method":"a"}\n';

/** Several protocols as one, for a suite that has one; and which of them were settled on. */
function tried(protocols: readonly Protocol[], settled: string[] = []): Protocol {
  return {
    ...PROTOCOLS.jsonrpc,
    name: protocols.map(({ name }) => name).join(' or '),
    createDecoder: (sink, settings) =>
      new ProtocolTrial(protocols, sink, settings, ({ name }) => settled.push(name)),
  };
}

const EITHER_ORDER = [
  [PROTOCOLS.jsonrpc, sshAgent],
  [sshAgent, PROTOCOLS.jsonrpc],
];

for (const protocols of EITHER_ORDER) {
  conformsToProtocol(tried(protocols), [
    ...wires.map((wire) => ({
      name: wire.name,
      messages: [1, 2, 3, 4, 5].flatMap((id): SampleMessage[] => [
        { direction: SEND, units: wire.request(`{"jsonrpc":"2.0","id":${id},"method":"m${id}"}`) },
        { direction: RECV, units: wire.response(`{"jsonrpc":"2.0","id":${id},"result":[${id}]}`) },
      ]),
    })),
    {
      name: 'messages of ssh-agent',
      messages: [11, 13, 17, 19].flatMap((type): SampleMessage[] => [
        { direction: SEND, units: [sshAgentMessage(type, type)] },
        { direction: RECV, units: [sshAgentMessage(6)] },
      ]),
    },
  ]);
}

describe('ProtocolTrial', () => {
  for (const protocols of EITHER_ORDER) {
    const names = protocols.map(({ name }) => name).join(', ');

    it(`settles on what is spoken, once, of ${names}`, () => {
      for (const [message, name] of [
        [Buffer.from(REQUEST), 'jsonrpc'],
        [Buffer.from('POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}'), 'jsonrpc'],
        [sshAgentMessage(11), 'ssh_agent'],
      ] as const) {
        const settled: string[] = [];
        const ear = new Ear(tried(protocols, settled));
        for (const byte of message) ear.data(SEND, Buffer.from([byte]));
        ear.data(SEND, message);
        assert.deepEqual(settled, [name]);
      }
    });
  }

  it('takes the first of those that recognise the same', () => {
    const other: Protocol = { ...PROTOCOLS.jsonrpc, name: 'other' };
    for (const [first, second] of [
      [other, PROTOCOLS.jsonrpc],
      [PROTOCOLS.jsonrpc, other],
    ]) {
      const settled: string[] = [];
      new Ear(tried([first, second], settled)).data(SEND, REQUEST);
      assert.deepEqual(settled, [first.name]);
    }
  });

  it('counts what nobody recognises once, and says nothing more', () => {
    const settled: string[] = [];
    const ear = new Ear(tried(EITHER_ORDER[0], settled));
    ear.data(RECV, '\x7fELF').data(SEND, REQUEST).gap(SEND, 5, true).lose().data(RECV, '\x7fELF');
    assert.deepEqual(ear.heard, [{ kind: 'undecodable', direction: RECV, reason: 'unknown_protocol' }]);
    assert.deepEqual(settled, []);
  });

  it('settles by what either side says, also after a loss', () => {
    const ear = new Ear(tried(EITHER_ORDER[1]));
    ear.data(RECV, '\n').lose().data(RECV, '\x01\x02').gap(SEND, 9, false).lose();
    ear.data(RECV, `{"jsonrpc":"2.0","id":1,"result":1}\n`).data(SEND, REQUEST);
    assert.deepEqual(
      ear.heard.map(({ kind }) => kind),
      ['response', 'request'],
    );
  });

  it('keeps no more than a few KiB of what is not known yet, and gives it back', () => {
    let held = 0;
    let most = 0;
    const memory: DecoderMemory = {
      take: (bytes) => {
        held += bytes;
        most = Math.max(most, held);
        return true;
      },
      give: (bytes) => {
        held -= bytes;
      },
      isScarce: false,
    };
    const decoders = ['data', 'gap', 'lost'].map((kind) => {
      const ear = new Ear(tried(EITHER_ORDER[0]), { keepPayload: false, memory });
      if (kind === 'lost') ear.lose();
      for (let i = 0; i < 1000; i++) {
        if (kind === 'gap') ear.gap(SEND, 1, false);
        else ear.data(SEND, kind === 'lost' ? '!'.repeat(100) : ' ');
      }
      return ear.decoder;
    });
    assert.ok(most > 0 && most <= 3 * 4096, `${most} bytes`);
    for (const decoder of decoders) decoder.release();
    assert.equal(held, 0);
  });

  it('goes on where there is no memory, with a loss', () => {
    const memory: DecoderMemory = { take: () => false, give: () => {}, isScarce: true };
    const ear = new Ear(tried(EITHER_ORDER[0]), { keepPayload: false, memory });
    ear.data(SEND, '\r\n').data(SEND, REQUEST);
    assert.deepEqual(
      ear.listener.requests.map(({ method }) => method),
      ['a'],
    );
  });
});
