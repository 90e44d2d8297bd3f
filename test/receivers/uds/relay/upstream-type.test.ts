import assert from 'node:assert/strict';
import { unlinkSync } from 'node:fs';
import { SOCK_DGRAM, SOCK_SEQPACKET } from '../../../../src/linux/constants.js';
import { useCleanup } from '../../../support/cleanup.js';
import { bindSocket } from '../../../support/message-socket.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

describe('an upstream that comes as another type of socket', () => {
  const cleanup = useCleanup();

  for (const [name, type] of [
    ['SOCK_DGRAM', SOCK_DGRAM],
    ['SOCK_SEQPACKET', SOCK_SEQPACKET],
  ] as const) {
    it(`is an error of its own (${name}), said once, until it is a stream socket`, async () => {
      const relay = await RelayFixture.start(cleanup, { serve: false });
      bindSocket(type, relay.upstreamPath, cleanup);
      for (let i = 0; i < 3; i++) await (await RawStream.connectInTime(relay.path, cleanup)).receiveAll();
      assert.deepEqual((await relay.settled()).errors, { EPROTOTYPE: 3 });
      assert.deepEqual(relay.upstreamReports, ['EPROTOTYPE']);
      unlinkSync(relay.upstreamPath);
      const upstream = RawListener.listen(relay.upstreamPath, cleanup);
      await RawStream.connectInTime(relay.path, cleanup);
      await upstream.accept(cleanup);
    });
  }
});
