import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { DashboardServer } from '../../../src/extensions/dashboard/dashboard-server.js';
import { PageFiles } from '../../../src/extensions/dashboard/files.js';
import { soon } from '../../exporters/support/exporter-fixture.js';
import { useCleanup } from '../../support/cleanup.js';
import { liveBytes } from '../../support/heap.js';
import { waitFor } from '../../support/process.js';
import { call, EventLog, operation, stream } from '../control/event-log.js';
import { ask, open, startDashboard } from './fixture.js';

const FILES = ['/', '/app.js', '/style.css', '/icon.svg'];
const DATA = ['/v1/status', '/v1/methods', '/v1/flows', '/v1/sockets', '/v1/history', '/v1/configuration'];

describe('the HTTP server of the dashboard', () => {
  const cleanup = useCleanup();

  it('serves the page and what it shows, and has the browser load and run nothing else', async () => {
    const { address } = await startDashboard(cleanup);
    for (const path of [...FILES, ...DATA]) {
      const { status, headers } = await ask(address, path);
      assert.equal(status, 200, path);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*|http:|data:/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
    }
  });

  it('has a page without script or style in itself, from nowhere else', async () => {
    const { address } = await startDashboard(cleanup);
    const html = (await ask(address, '/')).body.toString();
    assert.doesNotMatch(html, /<script(?![^>]* src=)|<style| style=| on\w+=|https?:/);
    for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) assert.ok(FILES.includes(path), path);
  });

  it('compresses, and sends a file again only when it has changed', async () => {
    const { address } = await startDashboard(cleanup);
    const plain = await ask(address, '/app.js');
    const compressed = await ask(address, '/app.js', { headers: { 'accept-encoding': 'gzip' } });
    assert.deepEqual(gunzipSync(compressed.body), plain.body);
    const headers = { 'if-none-match': String(plain.headers.etag) };
    assert.equal((await ask(address, '/app.js', { headers })).status, 304);
    const head = await ask(address, '/app.js', { method: 'HEAD' });
    assert.deepEqual([head.status, head.body.length], [200, 0]);
    assert.equal(head.headers['content-length'], String(plain.body.length));
  });

  it('only shows: no method but GET, and nothing that commands the agent', async () => {
    const { address } = await startDashboard(cleanup);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await ask(address, '/v1/status', { method });
      assert.deepEqual([status, headers.allow], [405, 'GET'], method);
    }
    for (const path of ['/v1/reload', '/v1/upgrade', '/v1/containers', '/v1/openapi.json', '/nothing', '//'])
      assert.equal((await ask(address, path)).status, 404, path);
    for (const path of ['/../../package.json', '/page/app.js', '/%2e%2e/config.js'])
      assert.equal((await ask(address, path)).status, 404, path);
  });

  it('refuses names that are not those of this machine', async () => {
    const { address } = await startDashboard(cleanup, { allowed_hosts: ['dash.example'] });
    const status = async (host: string) => (await ask(address, '/v1/status', { headers: { host } })).status;
    for (const host of ['localhost', `127.0.0.1:${address.port}`, '[::1]', 'dash.example'])
      assert.equal(await status(host), 200, host);
    for (const host of ['evil.example', 'localhost.evil.example'])
      assert.equal(await status(host), 421, host);
  });

  it('refuses pages of others, but for a link to the page', async () => {
    const { address } = await startDashboard(cleanup);
    const status = async (path: string, headers: Record<string, string>) =>
      (await ask(address, path, { headers })).status;
    const site = (name: string) => ({ 'sec-fetch-site': name });
    assert.equal(await status('/v1/status', site('same-origin')), 200);
    assert.equal(await status('/v1/status', site('none')), 200);
    for (const name of ['cross-site', 'same-site']) {
      for (const path of [...FILES, ...DATA]) assert.equal(await status(path, site(name)), 403, path);
    }
    const link = { ...site('cross-site'), 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    assert.equal(await status('/', link), 200);
    assert.equal(await status('/v1/status', link), 403);
    assert.equal(await status('/', { ...link, 'sec-fetch-dest': 'iframe' }), 403);
    const host = `localhost:${address.port}`;
    assert.equal(await status('/v1/status', { host, origin: `http://${host}` }), 200);
    for (const origin of ['http://evil.example', 'null', 'http://localhost:1'])
      assert.equal(await status('/v1/status', { host, origin }), 403, origin);
  });

  it('shows calls without payload, unless it is told to', async () => {
    const secret = { params: '["s3cret"]', result: 's3cret', errorType: '-1', errorMessage: 's3cret' };
    for (const show_payload of [false, true]) {
      const events = new EventLog(8);
      events.push(call(secret), operation({ payload: 'Authorization: k3y' }));
      const { address } = await startDashboard(cleanup, { show_payload }, events);
      const { body } = await ask(address, '/v1/events?follow=false&type=call&type=operation');
      assert.match(body.toString(), /"method":"eth_call"/);
      assert.match(body.toString(), /"type":"operation"/);
      assert.equal(body.toString().includes('s3cret'), show_payload);
      // What was captured of an operation is more than spans have.
      assert.doesNotMatch(body.toString(), /k3y/);
    }
  });

  it('has no streams of connections, and none remembered for it', async () => {
    for (const show_payload of [false, true]) {
      const events = new EventLog(8);
      events.push(stream({ pieces: [{ kept: 6, skipped: 0, data: 's3cret' }] }));
      const { address } = await startDashboard(cleanup, { show_payload }, events);
      const { status, body } = await ask(address, '/v1/events?follow=false&type=stream');
      assert.equal(status, 400);
      assert.match(body.toString(), /type: .*stream.* is not operation or call/);
      assert.doesNotMatch((await ask(address, '/v1/events?follow=false')).body.toString(), /stream|s3cret/);
      assert.equal(events.streamWatchers, 0);
    }
  });

  it('has a limited number of streams, and ends them with the agent', async () => {
    const { address, extension } = await startDashboard(cleanup, {}, new EventLog(8));
    const streams: IncomingMessage[] = [];
    for (let i = 0; i < 16; i++) streams.push(await open(address, '/v1/events'));
    assert.deepEqual(new Set(streams.map(({ statusCode }) => statusCode)), new Set([200]));
    const refused = await ask(address, '/v1/events');
    assert.equal(refused.status, 503);
    assert.match(refused.body.toString(), /16 streams of calls are open/);
    assert.equal((await ask(address, '/v1/status')).status, 200);
    streams[0].destroy();
    await waitFor('another one may be opened', async () => {
      const response = await open(address, '/v1/events');
      response.destroy();
      return response.statusCode === 200;
    });
    const last = streams[1].resume();
    await Promise.all([once(last, 'end'), extension.shutdown(soon())]);
  });

  it('has as many streams as before when a client has gone that sent requests without waiting', async () => {
    const events = new EventLog(8);
    const { address } = await startDashboard(cleanup, {}, events);
    for (let i = 0; i < 2; i++) {
      const client = connect(address.port, '127.0.0.1');
      client.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(12));
      await once(client, 'data');
      // The first one breaks off; the others never have their turn.
      events.failure = new Error('the thread has ended');
      await once(client, 'close');
      events.failure = undefined;
    }
    for (let i = 0; i < 16; i++) assert.equal((await open(address, '/v1/events')).statusCode, 200);
  });

  it('makes one answer in a turn of the thread, however many are asked for', async () => {
    const { address, agent } = await startDashboard(cleanup);
    let turn = 0;
    let next = setImmediate(function count() {
      turn++;
      next = setImmediate(count);
    });
    cleanup.defer(() => clearImmediate(next));
    const turns: number[] = [];
    const history = agent.history.bind(agent);
    agent.history = (query) => {
      turns.push(turn);
      return history(query);
    };
    const clients = Array.from({ length: 24 }, () => connect(address.port, '127.0.0.1'));
    const send = (path: string) => {
      for (const client of clients) client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    };
    send('/nothing');
    // Connections are accepted one in a turn; what comes over them later is there at once.
    await Promise.all(clients.map((client) => once(client, 'data')));
    send('/v1/history');
    await waitFor('all have their answer', () => turns.length === clients.length);
    assert.equal(new Set(turns).size, clients.length);
    for (const client of clients) client.destroy();
  });

  it('takes no memory for a page that is left open', async () => {
    const events = new EventLog(8);
    const { address, agent } = await startDashboard(cleanup, {}, events);
    for (let i = 0; i < 50; i++) agent.counted.called(`method${i}`, { ms: 3 });
    const poll = async () => {
      for (const path of ['/', ...DATA]) await ask(address, path);
      (await open(address, '/v1/events')).destroy();
    };
    for (let i = 0; i < 20; i++) await poll();
    const before = liveBytes();
    const polls = 60;
    for (let i = 0; i < polls; i++) await poll();
    const grown = liveBytes() - before;
    // Less than 4 KB for each request: a connection or an answer that is kept takes more.
    assert.ok(grown < polls * 8 * 4096, `${grown} bytes more after ${polls} polls`);
  });

  it('says so when the page is not built, and shows it as soon as it is', async () => {
    const folder = cleanup.directory();
    mkdirSync(`${folder}/page`);
    const log: string[] = [];
    const logger = pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line).msg) });
    const server = new DashboardServer({
      id: 'dashboard',
      endpoint: { host: 'localhost', port: 0 },
      allowedHosts: [],
      api: { answer: () => Promise.reject(new Error('not asked')), abort: () => {} },
      logger,
      files: new PageFiles(pathToFileURL(`${folder}/`)),
    });
    cleanup.defer(() => server.close(soon()));
    const address: AddressInfo = await server.start();
    const { status, body } = await ask(address, '/');
    assert.equal(status, 500);
    assert.match(body.toString(), /the log of udscope says why/);
    assert.match(log.join('\n'), /the dashboard's \/ cannot be read/);
  });

  it('names what it cannot listen on', async () => {
    const { address } = await startDashboard(cleanup);
    await assert.rejects(
      startDashboard(cleanup, { endpoint: `localhost:${address.port}` }),
      /^Error: dashboard: cannot listen on localhost:\d+: the port is in use$/,
    );
  });
});
