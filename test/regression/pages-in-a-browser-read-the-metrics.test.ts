import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { usePrometheusExporter } from '../exporters/prometheus/fixture.js';
import { Agent } from '../exporters/support/exporter-fixture.js';
import { httpGet } from '../exporters/support/http-get.js';
import { ask, startControl } from '../extensions/control/fixture.js';
import { useCleanup } from '../support/cleanup.js';

/* DNS rebinding: the page's own name resolves to this machine, and is what the browser sends as the Host. */
describe('a page in a browser, whose name resolves to this machine,', () => {
  const start = usePrometheusExporter();
  const cleanup = useCleanup();
  const hosts = [
    'rebound.example',
    'rebound.example:9464',
    'localhost.rebound.example',
    '127.0.0.1.rebound.example',
  ];

  const statusOf = async (
    scrape: (options: object) => Promise<{ status?: number | undefined }>,
    host: string,
  ) => (await scrape({ headers: { host } })).status;

  it('does not read the metrics', async () => {
    for (const endpoint of [
      { host: '127.0.0.1', port: 0 },
      { host: 'localhost', port: 0 },
      { host: undefined, port: 0 },
    ]) {
      const { scrape, address } = await start(new Agent({ id: 'prometheus' }), { endpoint });
      for (const host of hosts) {
        const { status, body } = await scrape({ headers: { host } });
        assert.equal(status, 421);
        assert.match(body.toString(), /is no name of this machine; .*allowed_hosts/);
        assert.doesNotMatch(body.toString(), /uds_/);
      }
      for (const host of ['localhost', `127.0.0.1:${address.port}`, '[::1]', '10.0.0.1:80']) {
        assert.equal(await statusOf(scrape, host), 200, host);
      }
    }
  });

  it('does not get at the control API', async () => {
    const { socket } = await startControl(cleanup, undefined);
    for (const host of hosts) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const { status, body } = await ask(socket, '/v1/containers/c1', method, {
          headers: { host },
          body: '{}',
        });
        assert.equal(status, 421);
        assert.match(body, /is no name of this machine; ask for http:\/\/localhost\//);
      }
    }
    for (const host of ['localhost', '127.0.0.1', 'udscope', 'd', '']) {
      assert.equal((await ask(socket, '/v1/status', 'GET', { headers: { host } })).status, 200, host);
    }
  });

  it('reads them under names that are listed, and over other addresses unless some are', async () => {
    const everywhere = { endpoint: { host: undefined, port: 0 } };
    const listed = await start(new Agent({ id: 'prometheus' }), {
      ...everywhere,
      allowed_hosts: ['*.example'],
    });
    assert.equal(await statusOf(listed.scrape, 'metrics.example'), 200);
    assert.equal(await statusOf(listed.scrape, 'metrics.test'), 421);

    const address = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
    // A machine with no address but the loopback has nobody to be asked by from elsewhere.
    if (address === undefined) return;
    const open = await start(new Agent({ id: 'prometheus' }), everywhere);
    const from = (started: typeof open) => (options: object) =>
      httpGet({ ...started.address, address }, options);
    assert.equal(await statusOf(from(open), 'node7.monitoring.example'), 200);
    assert.equal(await statusOf(from(listed), 'node7.monitoring.test'), 421);
  });
});
