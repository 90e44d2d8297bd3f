import assert from 'node:assert/strict';
import { InetServer } from '../../src/http/inet-server.js';
import { type DescriptorStore, NO_STORE } from '../../src/store/descriptor-store.js';
import { isDescriptorName } from '../../src/store/names.js';
import type { Endpoint } from '../../src/values/endpoint.js';
import { soon } from '../exporters/support/exporter-fixture.js';
import { useCleanup } from '../support/cleanup.js';

describe('an HTTP server on a port', () => {
  const cleanup = useCleanup();

  async function keptAs(owner: string, endpoint: Endpoint): Promise<string> {
    const names: string[] = [];
    const store: DescriptorStore = { ...NO_STORE, keep: (name) => void names.push(name) };
    const server = new InetServer({
      owner,
      endpoint,
      kept: { store, opened: Promise.resolve() },
      requestMs: 1000,
      keepAliveMs: 1000,
      hostRefusal: () => undefined,
      toRefusal: (body) => ({ type: 'text/plain', body }),
      acceptFailed: () => {},
      adoptFailed: () => {},
      answer: (_, response) => response.end(),
    });
    await server.start();
    cleanup.defer(() => server.close(soon()));
    assert.deepEqual(names.map(isDescriptorName), [true]);
    return names.join();
  }

  it('has its socket kept under a name of its own, also where the port may be any', async () => {
    const any = { host: 'localhost', port: 0 };
    const names = [
      await keptAs('prometheus', any),
      await keptAs('prometheus/für:b', any),
      await keptAs('dashboard', any),
    ];
    assert.equal(new Set(names).size, names.length);
    assert.equal(names[0], 'http=localhost/0/prometheus');
  });
});
