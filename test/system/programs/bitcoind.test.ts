import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  Agent as HttpAgent,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallRecord } from '../../support/call-record.js';
import { type Cleanup, useCleanup } from '../../support/cleanup.js';
import { repeat } from '../../support/repeat.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';

/** A refusal may take as long as an answer. */
const HOLD_MS = 15;
/** As in bitcoin.conf. */
const AUTHORIZATION = `Basic ${Buffer.from('user:right').toString('base64')}`;
const LONG = 'ab'.repeat(8000);

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: OutgoingHttpHeaders;
}

const TEXT = { 'content-type': 'text/html; charset=ISO-8859-1' };
const JSON_TYPE = { 'content-type': 'application/json' };

/** What bitcoind answers: refusals with a status and little more, errors with a status and JSON-RPC of 1.0. */
function answerTo(asked: { method: string; id: unknown }, authorization: string | undefined): Answer {
  const { method, id } = asked;
  const failed = (status: number, code: number, message: string) => ({
    status,
    body: `${JSON.stringify({ result: null, error: { code, message }, id })}\n`,
    headers: JSON_TYPE,
  });
  if (authorization !== AUTHORIZATION) {
    return { status: 401, body: '', headers: { ...TEXT, 'www-authenticate': 'Basic realm="jsonrpc"' } };
  }
  switch (method) {
    case 'stop':
      return { status: 403, body: '', headers: TEXT };
    case 'scantxoutset':
      return { status: 503, body: 'Work queue depth exceeded', headers: TEXT };
    case 'getblock':
      return failed(500, -5, 'Block not found');
    case 'decodescript':
      return failed(500, -8, `argument must be hexadecimal string (not '${LONG}')`);
    case 'nope':
      return failed(404, -32_601, 'Method not found');
    case 'getrawtransaction':
      return {
        status: 200,
        body: `${JSON.stringify({ result: LONG, error: null, id })}\n`,
        headers: JSON_TYPE,
      };
    default:
      return {
        status: 200,
        body: `${JSON.stringify({ result: 840_000, error: null, id })}\n`,
        headers: JSON_TYPE,
      };
  }
}

/** Of its HTTP errors, those that udscope is to tell: a JSON-RPC error has a code of its own. */
const ERRORS: Readonly<Record<string, string>> = {
  stop: '403',
  scantxoutset: '503',
  getblock: '-5',
  decodescript: '-8',
  nope: '-32601',
};

const METHODS = [
  'getblockcount',
  'scantxoutset',
  'getblock',
  'getrawtransaction',
  'nope',
  'stop',
  'decodescript',
];

for (const [kept, capture] of Object.entries(CAPTURES)) {
  describe(`HTTP as bitcoind speaks it, with ${kept} captured`, () => {
    const cleanup = useCleanup();

    it('is told by the order of its answers, whatever ids say', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const server = await serve(cleanup, agent.upstream);
      const client = new CallRecord();
      const connections = new HttpAgent({ keepAlive: true, maxSockets: 3 });
      cleanup.defer(() => connections.destroy());
      const call = async (method: string, authorization = AUTHORIZATION) => {
        const startMs = performance.now();
        // As bitcoin-cli, python-bitcoinrpc and lines of curl do: always the same id.
        const params = method === 'decodescript' ? [LONG] : [];
        const body = JSON.stringify({ jsonrpc: '1.0', id: 1, method, params });
        const headers = { authorization, 'content-length': body.length };
        const asking = request({
          socketPath: agent.listen,
          method: 'POST',
          path: '/',
          agent: connections,
          headers,
        });
        const [response] = await once(asking.end(body), 'response');
        response.resume();
        await once(response, 'end');
        const error = authorization === AUTHORIZATION ? ERRORS[method] : '401';
        client.answered(method, (performance.now() - startMs) / 1000, error);
      };
      for (const method of [...METHODS, ...METHODS.toReversed()]) await call(method);
      await Promise.all(
        repeat(42, (i) => call(METHODS[i % METHODS.length]!, i % 5 === 0 ? 'Basic d3Jvbmc6' : undefined)),
      );
      await agent.assertTrue({ client, server });
      assert.ok(client.answers['getblockcount 401']! > 0);
    });
  });
}

async function serve(cleanup: Cleanup, path: string): Promise<CallRecord> {
  const record = new CallRecord();
  const server = createServer(async (asked, response: ServerResponse) => {
    const heardMs = performance.now();
    const { method, id } = JSON.parse(await text(asked));
    const { authorization } = asked.headers;
    const { status, body, headers } = answerTo({ method, id }, authorization);
    await sleep(HOLD_MS);
    const error = authorization === AUTHORIZATION ? ERRORS[method] : '401';
    record.answered(method, (performance.now() - heardMs) / 1000, error);
    response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
  });
  cleanup.defer(() => server.close());
  await once(server.listen(path), 'listening');
  return record;
}
