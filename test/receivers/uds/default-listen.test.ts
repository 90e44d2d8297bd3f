import assert from 'node:assert/strict';
import { udsSocketSchema } from '../../../src/receivers/uds/config.js';
import { defaultListen } from '../../../src/receivers/uds/default-listen.js';

describe('where a socket listens unless told otherwise', () => {
  it('is a file named after it in a directory of its own', () => {
    const listenOf = (socket: object) => udsSocketSchema.parse(socket).listen;
    assert.equal(listenOf({ name: 'geth', upstream: '/run/x' }), '/run/udscope/sockets/geth/geth.sock');
    assert.equal(
      listenOf({ upstream: '/run/docker.sock' }),
      '/run/udscope/sockets/docker.sock/docker.sock.sock',
    );
    assert.equal(listenOf({ upstream: '@agent' }), '/run/udscope/sockets/agent/agent.sock');
    assert.equal(listenOf({ name: 'a b', listen: '/run/a.sock', upstream: '/run/x' }), '/run/a.sock');
  });

  const names = ['', '.', '..', '../x', 'a/b', 'a b', '-a', '.a', '@a', 'a\n', 'a\0b', 'ä', '$a', '*'];
  for (const name of names) {
    it(`cannot be said of ${JSON.stringify(name)}`, () => {
      const listen = defaultListen(name);
      assert.ok(!listen.ok);
      assert.match(listen.refusal, /^cannot be the name of a file in \/run\/udscope\/sockets; give listen/);
    });
  }

  it('has a name of 40 letters at most, or no address is long enough', () => {
    const [longest, longer] = ['x'.repeat(40), 'x'.repeat(41)].map(defaultListen);
    assert.ok(longest?.ok === true && Buffer.byteLength(longest.value) === 107);
    assert.ok(longer?.ok === false);
    assert.match(
      longer.refusal,
      /the path is 109 bytes long; a Unix socket path holds at most 107; give listen/,
    );
  });
});
