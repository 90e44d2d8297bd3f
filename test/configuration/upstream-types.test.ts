import assert from 'node:assert/strict';
import { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from '../../src/linux/constants.js';
import { useCleanup } from '../support/cleanup.js';
import { bindSocket } from '../support/message-socket.js';
import { load, refusal } from './support.js';

describe('the types of upstreams', () => {
  const cleanup = useCleanup();

  function sockets(type: string): { directory: string; sets: string[] } {
    const directory = cleanup.directory();
    const types = { stream: SOCK_STREAM, datagram: SOCK_DGRAM, packets: SOCK_SEQPACKET };
    for (const [name, number] of Object.entries(types)) bindSocket(number, `${directory}/${name}`, cleanup);
    const written = [...Object.keys(types), 'absent'].map(
      (name) => `{ listen: /tmp/${name}.relay, upstream: ${directory}/${name}, type: ${type} }`,
    );
    return { directory, sets: [`receivers.uds.sockets=[${written.join(', ')}]`] };
  }

  it('are checked with the configuration, each in its place', () => {
    const { directory, sets } = sockets('stream');
    const lines = refusal(() => load(['minimal'], { sets })).message.split('\n');
    assert.deepEqual(
      lines.map((line) => line.replaceAll(`${directory}/`, '')),
      [
        '--set receivers.uds.sockets: receivers.uds.sockets[1].upstream: "datagram" is a datagram socket (SOCK_DGRAM), and type: stream asks for a stream socket (SOCK_STREAM); write type: auto or dgram',
        '--set receivers.uds.sockets: receivers.uds.sockets[2].upstream: "packets" is a socket of sequenced packets (SOCK_SEQPACKET), and type: stream asks for a stream socket (SOCK_STREAM); write type: auto or seqpacket',
      ],
    );
  });

  it('are all right where the type is found out, or is theirs', () => {
    load(['minimal'], { sets: sockets('auto').sets });
  });
});
