import assert from 'node:assert/strict';
import { SHUT_RD } from '../../src/linux/constants.js';
import { CLOSED, errorColumn } from '../../src/receivers/uds/counters.js';
import { useCleanup } from '../support/cleanup.js';
import { SteppedRelay } from '../support/stepped-relay.js';

/** Several reads of the relay's: it takes them for nobody, one a turn. */
const BYTES = 65_536;
const TURNS = 2 * (BYTES / 4096);

describe('a client that closes after it has sent much to a server that reads no more', () => {
  const cleanup = useCleanup();

  it('is gone, although the server neither writes nor closes', () => {
    const relay = new SteppedRelay(cleanup, { bufferBytes: 4096 });
    relay.run(
      (function* () {
        const client = relay.connect();
        yield;
        relay.accept().shutdown(SHUT_RD);
        yield;
        client.send(Buffer.alloc(BYTES));
        client.close();
        for (let turn = 0; turn < TURNS; turn++) yield;
        assert.equal(relay.row[CLOSED], 1);
        assert.equal(relay.row[errorColumn('EPIPE')], 1);
      })(),
    );
  });
});
