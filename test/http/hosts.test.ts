import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { foreignHost } from '../../src/http/hosts.js';

describe('foreignHost', () => {
  const own = [
    undefined,
    '',
    'localhost',
    'LocalHost:9464',
    'localhost.',
    '127.0.0.1:9464',
    '10.1.2.3',
    '[::1]:9464',
    '[2001:db8::1]',
    hostname(),
    `${hostname().toUpperCase()}:9464`,
  ];
  for (const header of own) {
    it(`takes ${header} for this machine`, () => {
      assert.equal(foreignHost(header, []), undefined);
    });
  }

  const foreign: readonly [header: string, host: string][] = [
    ['rebound.example', 'rebound.example'],
    ['rebound.example:9464', 'rebound.example'],
    ['localhost.rebound.example', 'localhost.rebound.example'],
    ['127.0.0.1.rebound.example', '127.0.0.1.rebound.example'],
    ['localhost.example:80', 'localhost.example'],
    [`${hostname()}.rebound.example`, `${hostname()}.rebound.example`],
    ['1.2.3', '1.2.3'],
    ['[localhost]', '[localhost]'],
    ['a:b:c', 'a:b:c'],
    ['user@localhost', 'user@localhost'],
    ['localhost, rebound.example', 'localhost, rebound.example'],
  ];
  for (const [header, host] of foreign) {
    it(`does not take ${header} for this machine`, () => {
      assert.equal(foreignHost(header, []), host);
    });
  }

  it('takes names that are listed, and those below a domain that is', () => {
    const names = ['Metrics.example', '*.svc.cluster.local'];
    for (const header of ['metrics.example:9464', 'METRICS.EXAMPLE.', 'a.b.svc.cluster.local']) {
      assert.equal(foreignHost(header, names), undefined, header);
    }
    for (const header of ['a.metrics.example', 'svc.cluster.local', 'xsvc.cluster.local']) {
      assert.equal(foreignHost(header, names), header);
    }
    assert.equal(foreignHost('rebound.example', ['*']), undefined);
  });
});
