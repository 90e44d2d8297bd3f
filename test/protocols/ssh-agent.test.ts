import { RECV, SEND } from '../../src/protocols/direction.js';
import { conformsToProtocol, type SampleMessage } from './conformance.js';
import { sshAgent } from './support/ssh-agent/protocol.js';
import { sshAgentMessage } from './support/ssh-agent/wire.js';

const calls: readonly (readonly [request: Buffer, answer: Buffer])[] = [
  [sshAgentMessage(11), sshAgentMessage(12, 20)],
  [sshAgentMessage(13, 300), sshAgentMessage(14, 100)],
  [sshAgentMessage(17, 30), sshAgentMessage(6)],
  [sshAgentMessage(19), sshAgentMessage(5)],
];

const messages = calls.flatMap(([request, answer]): SampleMessage[] => [
  { direction: SEND, units: [request] },
  { direction: RECV, units: [answer] },
]);

conformsToProtocol(sshAgent, [{ name: 'short messages and longer ones', messages }]);
