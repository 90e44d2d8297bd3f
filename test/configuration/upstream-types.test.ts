import assert from 'node:assert/strict';
import { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from '../../src/linux/constants.js';
import { useCleanup } from '../support/cleanup.js';
import { bindSocket } from '../support/message-socket.js';
import { load, refusal } from './support.js';

describe('the types of upstreams', () => {
  const cleanup = useCleanup();

  it('are checked with the configuration, each in its place', () => {
    const directory = cleanup.directory();
    const sockets = { stream: SOCK_STREAM, datagram: SOCK_DGRAM, packets: SOCK_SEQPACKET };
    for (const [name, type] of Object.entries(sockets)) bindSocket(type, `${directory}/${name}`, cleanup);
    const written = [...Object.keys(sockets), 'absent'].map(
      (name) => `{ listen: /tmp/${name}.relay, upstream: ${directory}/${name} }`,
    );
    const sets = [`receivers.uds.sockets=[${written.join(', ')}]`];
    const lines = refusal(() => load(['minimal'], { sets })).message.split('\n');
    assert.deepEqual(
      lines.map((line) => line.replaceAll(`${directory}/`, '').replace(/ and udscope.*/, '')),
      [
        '--set receivers.uds.sockets: receivers.uds.sockets[1].upstream: "datagram" is a datagram socket (SOCK_DGRAM),',
        '--set receivers.uds.sockets: receivers.uds.sockets[2].upstream: "packets" is a socket of sequenced packets (SOCK_SEQPACKET),',
      ],
    );
  });
});
