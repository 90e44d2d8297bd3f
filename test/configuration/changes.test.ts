import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Configuration, changesBetween, loadConfiguration } from '../../src/configuration/index.js';
import { useCleanup } from '../support/cleanup.js';

describe('what is different in another configuration', () => {
  const cleanup = useCleanup();

  function load(change: { sockets?: object[]; exporters?: object; service?: object }): Configuration {
    const { sockets = [socket('a'), socket('b')], exporters = {}, service = {} } = change;
    const file = join(cleanup.directory(), 'udscope.yaml');
    const metrics = { receivers: ['uds'], exporters: ['prometheus'] };
    const document = {
      receivers: { uds: { sockets } },
      exporters: { prometheus: {}, ...exporters },
      service: { pipelines: { metrics }, ...service },
    };
    writeFileSync(file, stringify(document));
    return loadConfiguration({ files: [file], sets: [], env: {} }).config;
  }

  const socket = (name: string, rest: object = {}) => ({
    name,
    listen: `/run/r/${name}/s`,
    upstream: `/run/${name}`,
    ...rest,
  });
  const before = () => load({});

  function assertChanges(next: Configuration, expected: readonly string[]): void {
    const found = changesBetween(before(), next).map(({ path, change }) => `${path} ${change}`);
    assert.deepEqual(found, expected);
  }

  it('is nothing where the values are the same', () => assertChanges(load({}), []));

  it('names sockets that come, go and change', () => {
    assertChanges(load({ sockets: [socket('a', { upstream: '/run/z' }), socket('c')] }), [
      'receivers.uds.sockets.a changed',
      'receivers.uds.sockets.b removed',
      'receivers.uds.sockets.c added',
    ]);
  });

  it('says that there is another order', () => {
    assertChanges(load({ sockets: [socket('b'), socket('a')] }), ['receivers.uds.sockets changed']);
  });

  it('names components and keys, and no value', () => {
    const otlphttp = { endpoint: 'http://localhost:4318', headers: { authorization: 'secret' } };
    const exporters = { prometheus: { endpoint: 'localhost:1' }, otlphttp };
    assertChanges(load({ exporters }), ['exporters.prometheus.endpoint changed', 'exporters.otlphttp added']);
  });

  it('tells no names of headers', () => {
    const withHeaders = (headers: object) =>
      load({ exporters: { otlphttp: { endpoint: 'http://localhost:4318', headers } } });
    const changes = changesBetween(withHeaders({ a: 'b' }), withHeaders({ c: 'd' }));
    assert.deepEqual(changes, [{ path: 'exporters.otlphttp.headers', change: 'changed' }]);
  });

  it('looks into the service', () => {
    const service = { drain_timeout: '5s', telemetry: { logs: { level: 'debug' } } };
    assertChanges(load({ service }), [
      'service.drain_timeout changed',
      'service.telemetry.logs.level changed',
    ]);
  });
});
