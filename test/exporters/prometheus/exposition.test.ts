import assert from 'node:assert/strict';
import type { Family } from '../../support/prometheus-text.js';
import { Agent, SCHEMA_URL } from '../support/exporter-fixture.js';
import { usePrometheusExporter } from './fixture.js';

describe('what the prometheus exporter shows', () => {
  const start = usePrometheusExporter();
  let agent: Agent;

  const sent = (families: Map<string, Family>) => families.get('uds_send_bytes_total')?.samples ?? [];

  beforeEach(() => {
    agent = new Agent();
  });

  it('has each instrument under its Prometheus name, with help, unit and type', async () => {
    agent.relay('geth').send(12_345);
    const page = await (await start(agent)).families();
    assert.deepEqual(page.get('uds_send_bytes_total'), {
      name: 'uds_send_bytes_total',
      help: 'Bytes sent by the container to the upstream.',
      unit: 'bytes',
      type: 'counter',
      samples: [{ labels: { uds_socket_name: 'geth' }, value: 12_345 }],
    });
    assert.equal(page.get('uds_connections_active')?.type, 'gauge');
    assert.deepEqual(
      [...page.keys()],
      [
        'target_info',
        'uds_send_bytes_total',
        'uds_recv_bytes_total',
        'uds_send_ops_total',
        'uds_recv_ops_total',
        'uds_connections_active',
        'uds_connections_opened_total',
      ],
    );
  });

  it('is well formed when there is nothing to tell', async () => {
    const { families } = await start(agent);
    assert.deepEqual([...(await families()).keys()], ['target_info']);
  });

  it('is collected anew for each scrape', async () => {
    const socket = agent.relay('geth');
    const { families } = await start(agent);
    for (const total of [1, 2, 3]) {
      socket.send(1);
      assert.equal(sent(await families())[0].value, total);
    }
  });

  it('carries any characters in attribute values through', async () => {
    const values = [
      '"',
      '\\',
      '\n',
      '\\n',
      '\r\n',
      '\t',
      '\0',
      '\u001b[31m',
      '\u2028',
      'ä😀',
      '{a="b"} 1',
      '',
    ];
    for (const value of values) agent.relay('geth', { odd: value });
    const { families } = await start(agent);
    assert.deepEqual(
      sent(await families()).map(({ labels }) => labels['odd']),
      values,
    );
  });

  it('shows large counts to the last digit', async () => {
    agent.relay('geth').send(Number.MAX_SAFE_INTEGER);
    const { body } = await (await start(agent)).scrape();
    assert.match(body.toString(), /^uds_send_bytes_total\{[^}]*\} 9007199254740991$/m);
  });

  it('has one family for several tables of the same instruments', async () => {
    const other = new Agent();
    agent.relay('geth').send(1);
    other.relay('geth').send(2);
    other.relay('docker').send(4);
    agent.context.source.tables = [agent.table, other.table];
    const { families } = await start(agent);
    assert.deepEqual(sent(await families()), [
      { labels: { uds_socket_name: 'geth' }, value: 3 },
      { labels: { uds_socket_name: 'docker' }, value: 4 },
    ]);
  });

  it('has the scope on each series when that is asked for', async () => {
    agent.relay('geth');
    const { families } = await start(agent, { without_scope_info: false });
    assert.deepEqual(sent(await families())[0].labels, {
      uds_socket_name: 'geth',
      otel_scope_name: 'udscope',
      otel_scope_schema_url: SCHEMA_URL,
      otel_scope_version: '1.2.3',
    });
  });

  describe('of the resource', () => {
    it('is in target_info, under labels that Prometheus takes', async () => {
      agent = new Agent({
        resource: { 'service.name': 'a', service_name: 'b', '1st': 'c', 'host.name': 'd' },
      });
      const { families } = await start(agent);
      assert.deepEqual((await families()).get('target_info')?.samples, [
        { labels: { _1st: 'c', host_name: 'd', service_name: 'a;b' }, value: 1 },
      ]);
    });

    it('is on every series as far as resource_constant_labels matches', async () => {
      agent = new Agent({ resource: { 'service.name': 'udscope', 'host.name': 'box' } });
      agent.relay('geth');
      const { families } = await start(agent, { resource_constant_labels: /^host/ });
      for (let scrapes = 0; scrapes < 2; scrapes++) {
        assert.deepEqual(sent(await families()), [
          { labels: { uds_socket_name: 'geth', host_name: 'box' }, value: 0 },
        ]);
      }
    });

    it('gives way to a series that has the same label', async () => {
      agent = new Agent({ resource: { container_id: 'of the agent', 'host.name': 'box' } });
      agent.relay('geth', { 'container.id': 'of the client' });
      const { families } = await start(agent, { resource_constant_labels: /./ });
      assert.deepEqual(sent(await families())[0].labels, {
        uds_socket_name: 'geth',
        container_id: 'of the client',
        host_name: 'box',
      });
    });
  });
});
