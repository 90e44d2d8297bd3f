import assert from 'node:assert/strict';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { client, PYTHON, program, serve } from './real-program.js';

/** Of packets: none, odd ones with a descriptor, and more than a relay reads at once. */
const SIZES = [0, 1, 2, 4095, 65_536, 0, 200_001, 400_000, 3, 0];
/** Beside them the client sends one packet of each size below. */
const MANY = 100;

describe('a SEQPACKET server', () => {
  requireTool('python3', 'apt-get install python3');

  itWorks('gets every packet whole, with its descriptors, and sends it back', async (passage, cleanup) => {
    const server = await serve(cleanup, PYTHON, [program('seqpacket_echo.py'), passage.upstream]);
    await passage.open(server);
    const given = SIZES.filter((size) => size % 2 === 1).length;
    const said = await client(PYTHON, [program('seqpacket_client.py'), passage.socket, ...SIZES.map(String)]);
    assert.equal(said, `${given}\n`);
    assert.equal(server.output, '');
    const bytes = SIZES.reduce((sum, size) => sum + size, (MANY * (MANY - 1)) / 2);
    await passage.assertBooks({
      connections: 1,
      sentOperations: SIZES.length + MANY,
      receivedOperations: SIZES.length + MANY,
      sentBytes: bytes,
      receivedBytes: bytes,
      sentDescriptors: given,
      receivedDescriptors: given,
    });
  });
});
