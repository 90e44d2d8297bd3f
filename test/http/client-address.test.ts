import assert from 'node:assert/strict';
import { clientOfAddress, isLoopback } from '../../src/http/client-address.js';

describe('clientOfAddress', () => {
  it('is the address itself of IPv4, however it is written', () => {
    assert.equal(clientOfAddress('192.0.2.7'), '192.0.2.7');
    assert.equal(clientOfAddress('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(clientOfAddress(''), '');
  });

  it('is the network of 64 bits of IPv6', () => {
    for (const [address, client] of [
      ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
      ['2001:db8:1:2::6', '2001:db8:1:2'],
      ['2001:db8::6', '2001:db8:0:0'],
      ['fe80::1%eth0', 'fe80:0:0:0'],
      ['::1', '0:0:0:0'],
    ] as const) {
      assert.equal(clientOfAddress(address), client);
    }
  });
});

describe('isLoopback', () => {
  it('knows the addresses of the machine to itself', () => {
    for (const address of ['127.0.0.1', '127.0.1.1', '::1', '::ffff:127.0.0.1'])
      assert.ok(isLoopback(address));
    for (const address of ['10.0.0.1', '::', 'fe80::1', '::ffff:10.0.0.1', ''])
      assert.ok(!isLoopback(address));
  });
});
