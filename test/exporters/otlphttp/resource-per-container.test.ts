import assert from 'node:assert/strict';
import { SeriesContainer } from '../../../src/telemetry/series-container.js';
import { eventually } from '../../support/eventually.js';
import { Agent, SCHEMA_URL, soon } from '../support/exporter-fixture.js';
import type { OtlpPoint } from '../support/otlp-request.js';
import { SpanFeed, span } from '../support/span-feed.js';
import { useOtlp } from './fixture.js';

/** That the agent itself runs in a pod is not true of the containers beside it. */
const AGENT = {
  'service.name': 'udscope',
  'host.name': 'box',
  'k8s.node.name': 'n1',
  'k8s.pod.uid': 'of the agent',
  'container.id': 'of the agent',
  'deployment.environment.name': 'test',
};

const OF_ALL = {
  'service.name': 'udscope',
  'host.name': 'box',
  'k8s.node.name': 'n1',
  'deployment.environment.name': 'test',
};

/** The third has the name of an attribute of the agent's for one of its own. */
const C1 = new SeriesContainer({ 'container.id': 'c1', 'container.name': 'web', 'k8s.pod.uid': 'p1' });
const C2 = new SeriesContainer({ 'container.id': 'c2', 'deployment.environment.name': 'its own' });
const NAMESAKE = new SeriesContainer({ 'container.id': 'c1', 'container.namespace': 'k8s.io' });

const resourceOf = (container: SeriesContainer, instance: string) => ({
  ...OF_ALL,
  'service.instance.id': instance,
  ...container.attributes,
});

describe('otlphttp exporter with resource_per_container', () => {
  const { listen, start } = useOtlp();
  const named = ({ attributes }: SeriesContainer) => ({ 'container.id': String(attributes['container.id']) });

  for (const encoding of ['proto', 'json'] as const) {
    it(`says in ${encoding} once what a container is, and of each point what else it is`, async () => {
      const agent = new Agent({ resource: AGENT });
      const receiver = await listen();
      agent.relay('geth', named(C1), C1).send(1);
      agent.relay('docker', named(C1), C1).send(2);
      agent.relay('geth', named(C2), C2).send(3);
      agent.relay('geth', { 'container.id': 'c1', 'container.namespace': 'k8s.io' }, NAMESAKE).send(4);
      agent.relay('geth', { 'process.executable.name': 'curl' }).send(5);
      await start(agent, { endpoint: receiver.url, encoding, resource_per_container: true });
      const { points } = await eventually('a request has come', () => receiver.requests[0]);
      assert.ok(points.every(({ schemaUrls }) => schemaUrls.every((url) => url === SCHEMA_URL)));
      const sent = points.filter(({ metric }) => metric === 'uds.send_bytes');
      const rows = sent.map(({ value, attributes, resource }) => ({ value, attributes, resource }));
      rows.sort((a, b) => a.value - b.value);
      const geth = { 'uds.socket.name': 'geth' };
      assert.deepEqual(rows, [
        { value: 1, attributes: geth, resource: resourceOf(C1, 'c1') },
        { value: 2, attributes: { 'uds.socket.name': 'docker' }, resource: resourceOf(C1, 'c1') },
        { value: 3, attributes: geth, resource: resourceOf(C2, 'c2') },
        { value: 4, attributes: geth, resource: resourceOf(NAMESAKE, 'k8s.io/c1') },
        { value: 5, attributes: { ...geth, 'process.executable.name': 'curl' }, resource: AGENT },
      ]);
    });
  }

  it('keeps series apart that name the container otherwise, as after a reload, for as long as they are there', async () => {
    const agent = new Agent({ resource: AGENT });
    const receiver = await listen();
    const former = agent.relay('geth', named(C1), C1);
    former.send(1);
    agent.relay('geth', { ...named(C1), 'container.name': 'web' }, C1).send(2);
    await start(agent, { endpoint: receiver.url, resource_per_container: true });
    const shown = (index: number) =>
      receiver.requests[index].points
        .filter(({ metric }) => metric === 'uds.send_bytes')
        .map(({ attributes, resource, value }) => [
          value,
          attributes['container.id'],
          resource['container.id'],
        ]);
    await eventually('a request has come', () => receiver.requests.length > 0);
    assert.deepEqual(shown(0), [
      [1, undefined, 'c1'],
      [2, 'c1', 'c1'],
    ]);
    former.handle.close();
    const before = receiver.requests.length;
    await eventually('further ones have come', () => receiver.requests.length > before + 1);
    assert.deepEqual(shown(before + 1), [[2, 'c1', 'c1']]);
  });

  it('keeps the name of the instance that the agent has', async () => {
    const agent = new Agent({ resource: { 'service.name': 'udscope', 'service.instance.id': 'i1' } });
    const receiver = await listen();
    agent.relay('geth', named(C2), C2);
    await start(agent, { endpoint: receiver.url, resource_per_container: true });
    const [request] = await eventually(
      'a request has come',
      () => receiver.requests.length > 0 && receiver.requests,
    );
    assert.equal(request.points[0].resource['service.instance.id'], 'i1/c2');
  });

  it('says it of spans', async () => {
    const feed = new SpanFeed();
    const agent = new Agent({ resource: AGENT, spans: [feed], metrics: false });
    const receiver = await listen();
    const exporter = await start(agent, { endpoint: receiver.url, resource_per_container: true });
    const attributes = { ...named(C1), 'rpc.system.name': 'jsonrpc' };
    feed.give(span({ name: 'a', attributes, container: C1 }), span({ name: 'b' }));
    // The same container, as another connection of it has it.
    feed.give(span({ name: 'c', attributes, container: new SeriesContainer({ ...C1.attributes }) }));
    await exporter.shutdown(soon());
    const seen = receiver.requests.flatMap(({ spans }) => spans);
    const ofC1 = { attributes: { 'rpc.system.name': 'jsonrpc' }, resource: resourceOf(C1, 'c1') };
    assert.deepEqual(
      seen.map(({ name, attributes, resource }) => ({ name, attributes, resource })),
      [
        { name: 'a', ...ofC1 },
        { name: 'c', ...ofC1 },
        { name: 'b', attributes: { 'rpc.system.name': 'jsonrpc' }, resource: AGENT },
      ],
    );
  });

  it('loses and doubles no delta of thousands of containers, some of which end, in an outage and in halves', async () => {
    const agent = new Agent({ resource: AGENT });
    const receiver = await listen();
    const count = 2500;
    const relayed = Array.from({ length: count }, (_, i) => {
      const container = new SeriesContainer({ 'container.id': `c${i}`, 'container.name': `name ${i}` });
      return agent.relay('geth', named(container), container);
    });
    const sums = new Map<string, number>();
    const add = ({ metric, value, resource }: OtlpPoint) => {
      if (metric !== 'uds.send_bytes') return;
      const id = resource['container.id'];
      sums.set(id, (sums.get(id) ?? 0) + value);
    };
    let requests = 0;
    // The first is too large, the third comes at a bad time.
    receiver.answer = () => {
      requests++;
      return requests === 1 ? { status: 413 } : requests === 3 ? { status: 503 } : { status: 200 };
    };
    for (const [i, { send }] of relayed.entries()) send(i + 1);
    const exporter = await start(agent, {
      endpoint: receiver.url,
      // What is taken and not answered in time comes twice: thousands of resources take some on a busy machine.
      interval: 2000,
      timeout: 10_000,
      temporality: 'delta',
      resource_per_container: true,
    });
    await eventually('there was an outage', () => requests >= 3);
    for (const [i, { send, handle }] of relayed.entries()) {
      send(i + 1);
      if (i % 2 === 0) handle.close();
    }
    await exporter.shutdown(soon());
    for (const point of receiver.taken.flatMap(({ points }) => points)) add(point);
    const expected = Object.fromEntries(relayed.map((_, i) => [`c${i}`, 2 * (i + 1)]));
    assert.deepEqual(Object.fromEntries(sums), expected);
  });
});
