import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import * as z from 'zod';
import { ControlClient } from '../../../src/cli/control/control-client.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';

describe('ControlClient', () => {
  const cleanup = useCleanup();

  async function serve(answer: RequestListener): Promise<string> {
    const path = `${cleanup.directory()}/agent.sock`;
    const server = createServer(answer).listen(path);
    cleanup.defer(() => server.closeAllConnections());
    cleanup.defer(() => server.close());
    await once(server, 'listening');
    return path;
  }

  const signal = new AbortController().signal;

  it('does not wait longer than it should, for the head of an answer or the rest', async () => {
    for (const begin of [false, true]) {
      const path = await serve((_, response) => {
        if (!begin) return;
        const drip = setInterval(() => response.write(' '), 10);
        response.once('close', () => clearInterval(drip));
      });
      const client = new ControlClient(path, signal, 200);
      const message = `the agent at ${path} takes too long to answer`;
      await assert.rejects(client.get('/v1/x', z.unknown()), { name: 'CommandError', message });
    }
  });

  it('ends with its signal, for the reason of that', async () => {
    let asked = 0;
    const path = await serve((_, response) => {
      asked++;
      response.write('[');
    });
    const stopping = new AbortController();
    const answered = new ControlClient(path, stopping.signal).get('/v1/x', z.unknown());
    const rejected = assert.rejects(answered, { name: 'Error', message: 'enough' });
    await eventually('it has asked', () => asked === 1);
    stopping.abort(new Error('enough'));
    await rejected;
  });

  it('tells what is not there from what is refused', async () => {
    const path = await serve((request, response) => {
      response.writeHead(request.url === '/v1/none' ? 404 : 409).end('{"error":"no"}');
    });
    const client = new ControlClient(path, signal);
    assert.equal(await client.find('/v1/none', z.unknown()), undefined);
    await assert.rejects(client.find('/v1/other', z.unknown()), {
      message: `the agent at ${path} refuses: no`,
    });
    await assert.rejects(client.delete('/v1/none'), { message: `the agent at ${path} refuses: no` });
  });

  it('takes no answer that it does not understand', async () => {
    const schema = z.array(z.object({ id: z.string() }));
    for (const body of ['[{"id":1}]', '{"version":"1"}', 'x', '', 'null', '[{"id":"a"}']) {
      const path = await serve((_, response) => response.end(body));
      await assert.rejects(new ControlClient(path, signal).get('/v1/x', schema), {
        name: 'CommandError',
        message: `the agent at ${path} answers in a way that this udscope does not understand; are they of the same version?`,
      });
    }
  });

  it('sends JSON', async () => {
    const path = await serve(async (request, response) => {
      let body = '';
      for await (const part of request.setEncoding('utf8')) body += part;
      const { method, headers } = request;
      response.end(JSON.stringify({ method, type: headers['content-type'], body }));
    });
    const answer = await new ControlClient(path, signal).put('/v1/x', { a: 'ü' }, z.unknown());
    assert.deepEqual(answer, { method: 'PUT', type: 'application/json', body: '{"a":"ü"}' });
  });
});
