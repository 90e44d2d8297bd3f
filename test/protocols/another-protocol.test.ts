import assert from 'node:assert/strict';
import {
  unansweredColumn,
  undecodableColumn,
  unknownColumn,
} from '../../src/processors/enrich/instruments.js';
import { RECV, SEND } from '../../src/protocols/direction.js';
import { Road } from '../processors/enrich/support/road.js';
import { sshAgentFraming } from './support/ssh-agent/framing/index.js';
import { sshAgent } from './support/ssh-agent/protocol.js';
import { sshAgentMessage } from './support/ssh-agent/wire.js';

/** A road on which these protocols are tried. */
const trying = (protocols: readonly string[], maxBytes = 512) =>
  new Road({
    capture: { strategy: { type: 'size_limit', maxBytes } },
    enrich: { protocols },
    framings: { ssh_agent: sshAgentFraming },
    protocols: { ssh_agent: sshAgent },
  });

const SIGN = sshAgentMessage(13, 200);
const SIGNED = sshAgentMessage(14, 100);
const LIST = sshAgentMessage(11);
const FAILED = sshAgentMessage(5);

describe('another protocol', () => {
  for (const tried of [
    ['jsonrpc', 'ssh_agent'],
    ['ssh_agent', 'jsonrpc'],
  ]) {
    it(`is told from JSON-RPC on each connection, where they are tried as ${tried.join(', ')}`, () => {
      const road = trying(tried)
        .say(0, SEND, Buffer.concat([LIST, SIGN]))
        .say(1, SEND, '{"jsonrpc":"2.0","id":1,"method":"a"}\n')
        .say(0, RECV, FAILED)
        .say(2, SEND, 'SSH-2.0-OpenSSH\r\n\0\0\x05\x14')
        .say(1, RECV, '{"jsonrpc":"2.0","id":1,"result":1}\n')
        .say(0, RECV, SIGNED)
        .say(2, RECV, 'SSH-2.0-OpenSSH\r\n')
        .read();
      assert.deepEqual(road.calls, {
        'ssh_agent request_identities SSH_AGENT_FAILURE': 1,
        'ssh_agent sign_request': 1,
        'jsonrpc a': 1,
      });
      assert.equal(road.health(undecodableColumn('unknown_protocol')), 1);
    });
  }

  it('is the one that a socket names, and nothing else is tried there', () => {
    const road = trying(['ssh_agent'])
      .say(0, SEND, LIST)
      .say(0, RECV, FAILED)
      .say(1, SEND, '{"jsonrpc":"2.0","id":1,"method":"a"}\n')
      .read();
    assert.deepEqual(road.calls, { 'ssh_agent request_identities SSH_AGENT_FAILURE': 1 });
    assert.equal(road.health(undecodableColumn('unknown_protocol')), 1);
  });

  it('has as much of its messages kept as it takes to decode them', () => {
    const road = trying(['jsonrpc', 'ssh_agent'], 1).say(0, SEND, Buffer.concat([SIGN, LIST]));
    for (const answer of [SIGNED, FAILED]) road.say(0, RECV, answer);
    assert.deepEqual(road.read().calls, {
      'ssh_agent sign_request': 1,
      'ssh_agent request_identities SSH_AGENT_FAILURE': 1,
    });
  });

  it('has spans under its own names', () => {
    const [span] = trying(['ssh_agent']).say(0, SEND, SIGN).say(0, RECV, SIGNED).read().spans;
    assert.deepEqual([span.name, span.kind], ['sign_request', 'server']);
    assert.equal(span.attributes['rpc.system.name'], 'ssh_agent');
    assert.ok(!Object.keys(span.attributes).some((name) => name.startsWith('jsonrpc')));
  });

  it('has no outcome of calls that wait when a message is missed, and goes on with the next', () => {
    const road = trying(['ssh_agent'])
      .say(0, SEND, SIGN)
      .say(0, SEND, SIGN)
      .lose(0)
      .say(0, SEND, LIST)
      .say(0, RECV, FAILED)
      .say(0, SEND, SIGN)
      .end(0)
      .read();
    assert.deepEqual(road.calls, {
      'ssh_agent sign_request unknown': 2,
      'ssh_agent request_identities SSH_AGENT_FAILURE': 1,
      'ssh_agent sign_request no_response': 1,
    });
    assert.equal(road.health(unknownColumn('order_lost')), 2);
    assert.equal(road.health(unansweredColumn('connection_ended')), 1);
  });
});
