import assert from 'node:assert/strict';
import type { FlowUsage } from '../../../../src/api/usage/schema.js';
import { placeNodes } from '../../../../src/extensions/dashboard/page/model/map-layout.js';
import { serviceMap } from '../../../../src/extensions/dashboard/page/model/service-map.js';

const NO_CALLS = { calls: 0, errors: 0, unknown: 0, cancelled: 0 };

function flow(container: string | undefined, socket: string, bytes: number, calls = 0): FlowUsage {
  return {
    ...(container === undefined ? {} : { container: { 'container.id': container } }),
    socket,
    path: `/run/${socket}`,
    scope: 'host',
    counts: { active: 0, opened: 1, errors: 0, sendBytes: bytes, recvBytes: 0, sendOps: 1, recvOps: 1 },
    calls: { ...NO_CALLS, calls },
  };
}

describe('the service map', () => {
  it('has what each container has on each socket, and the servers behind these', () => {
    const flows = [flow('a', 'geth', 100, 5), flow('b', 'geth', 10, 1), flow('b', 'redis', 7)];
    const { nodes, edges } = serviceMap(
      flows,
      [flow(undefined, 'geth', 110, 6), flow(undefined, 'redis', 7)],
      10,
    );
    assert.deepEqual(
      nodes.map(({ kind, label, bytes, calls }) => [kind, label, bytes, calls]),
      [
        ['container', 'a', 100, 5],
        ['socket', 'geth', 110, 6],
        ['server', '/run/geth', 110, 6],
        ['container', 'b', 17, 1],
        ['socket', 'redis', 7, 0],
        ['server', '/run/redis', 7, 0],
      ],
    );
    assert.deepEqual(
      edges.map(({ weight }) => weight),
      [100, 110, 10, 7, 7],
    );
  });

  it('sums what is beyond its limit, and what the agent has not listed', () => {
    const flows = Array.from({ length: 300 }, (_, i) => flow(`c${i}`, 'geth', 300 - i));
    const { nodes } = serviceMap(flows, [flow(undefined, 'geth', 100_000, 9)], 10);
    assert.equal(nodes.length, 10 + 1 + 2);
    const others = nodes.find(({ label }) => label === 'other containers');
    const shown = nodes.filter(({ kind, href }) => kind === 'container' && href !== undefined);
    assert.equal(shown.length, 10);
    assert.equal(
      shown.reduce((sum, { bytes }) => sum + bytes, others?.bytes ?? 0),
      100_000,
    );
    assert.equal(others?.calls, 9);
  });

  it('places nodes without overlap, in their columns', () => {
    const flows = Array.from({ length: 300 }, (_, i) => flow(`c${i % 97}`, `s${i % 13}`, i + 1));
    const { nodes, edges } = serviceMap(flows, [], 100);
    const measures = { width: 900, nodeWidth: 200, nodeHeight: 44, gap: 10, columns: 3 };
    const { nodes: placed, height } = placeNodes(nodes, edges, measures);
    assert.equal(placed.length, nodes.length);
    assert.equal(new Set(placed.map(({ x, y }) => `${x} ${y}`)).size, nodes.length);
    assert.deepEqual([...new Set(placed.map(({ x }) => x))], [0, 350, 700]);
    for (const { y } of placed) assert.ok(y >= 0 && y + measures.nodeHeight <= height);
  });
});
