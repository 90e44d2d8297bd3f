import assert from 'node:assert/strict';
import { VERSION } from '../../../../src/version.js';
import { useCleanup } from '../../../support/cleanup.js';
import { AgentInMemory } from '../agent-in-memory.js';
import { askJson, startControl } from '../fixture.js';

describe('the control API', () => {
  const cleanup = useCleanup();

  it('tells how the agent is', async () => {
    const agent = new AgentInMemory();
    const { socket } = await startControl(cleanup, undefined, { agent });
    const { status, value } = await askJson(socket, 'GET', '/v1/status');
    assert.equal(status, 200);
    const { startedMs, ...rest } = value as { startedMs: number };
    const { startedMs: _, ...expected } = agent.status();
    assert.deepEqual(rest, expected);
    assert.equal(typeof startedMs, 'number');
  });

  it('tells what there is', async () => {
    const { socket } = await startControl(cleanup, undefined);
    const { value } = await askJson(socket, 'GET', '/v1');
    const { routes, ...rest } = value as { routes: string[] };
    assert.deepEqual(rest, { name: 'udscope', version: VERSION, openapi: '/v1/openapi.json' });
    assert.deepEqual(routes, [
      'GET /v1',
      'GET /v1/openapi.json',
      'GET /v1/status',
      'GET /v1/configuration',
      'GET /v1/sockets',
      'POST /v1/sockets',
      'DELETE /v1/sockets/{name}',
      'GET /v1/containers',
      'GET /v1/containers/{id}',
      'PUT /v1/containers/{id}',
      'DELETE /v1/containers/{id}',
      'GET /v1/methods',
      'GET /v1/flows',
      'GET /v1/history',
      'GET /v1/events',
      'POST /v1/reload',
      'POST /v1/upgrade',
    ]);
  });
});
