import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Agent } from '../../support/agent.js';
import type { Cleanup } from '../../support/cleanup.js';
import { fetchThrough } from '../../support/socket-fetch.js';
import type { TextTarget } from '../text-target.js';

/** Whoever is let in can have sockets made wherever the agent's user may: here that is nearly nowhere. */
const NOBODY = 65_534;

const ANSWER_MS = 250;
const LOOK_EVERY = 50;

/** The control API of an agent, byte by byte. */
export async function control(cleanup: Cleanup): Promise<TextTarget> {
  const agent = new Agent(cleanup);
  const relay = join(agent.directory, 'relay');
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(agent.directory, NOBODY, NOBODY);
  const uds = { sockets: [{ listen: join(relay, 'a.sock'), upstream: '/tmp/none.sock', name: 'a' }] };
  await agent.startWith(
    {
      receivers: { uds: { ...uds, containers: { directory: join(agent.directory, 'containers') } } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      extensions: { control: { socket: agent.control } },
      service: {
        extensions: ['control'],
        pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } },
      },
    },
    isRoot ? { limit: becoming(NOBODY) } : {},
  );
  const ask = fetchThrough(cleanup, agent.control);
  let checks = 0;
  return {
    samples: samples(agent.directory),
    fragments: FRAGMENTS,
    check: async (text) => {
      checkAnswers(await answersTo(agent.control, text));
      assert.equal(agent.process.exit, undefined, agent.process.describe());
      if (++checks % LOOK_EVERY !== 0) return;
      const response = await ask('http://localhost/v1/status', { signal: AbortSignal.timeout(5_000) });
      assert.equal(response.status, 200, await response.text());
      assert.doesNotMatch(agent.process.output, /fault of udscope|BrokenInvariant|TypeError/);
    },
  };
}

/** Shell code that runs the command as another user; what comes after it is never reached. */
function becoming(uid: number): string {
  return `exec setpriv --reuid=${uid} --regid=${uid} --clear-groups "$0" "$@"`;
}

/** Everything that comes within a moment: a request that is not whole is waited for. */
function answersTo(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answers = '';
    const socket = connect({ path, allowHalfOpen: true });
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answers);
    };
    const timer = setTimeout(done, ANSWER_MS);
    socket.setEncoding('latin1').on('data', (data: string) => {
      answers += data;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') reject(error);
      else done();
    });
    socket.on('end', done).on('close', done);
    socket.end(Buffer.from(text, 'latin1'));
  });
}

function checkAnswers(answers: string): void {
  if (answers === '') return;
  assert.match(answers, /^HTTP\/1\.1 \d\d\d /, 'what comes is an answer');
  for (const [, status] of answers.matchAll(/^HTTP\/1\.1 (\d\d\d) /gm))
    assert.ok(Number(status) < 500 || status === '503', `a fault: ${answers.slice(0, 500)}`);
}

function request(line: string, body?: unknown): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const length =
    body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n`;
  return `${line} HTTP/1.1\r\nHost: localhost\r\n${length}\r\n${text}`;
}

function samples(directory: string): string[] {
  const mounts = [{ destination: '/run/a.sock', source: '/tmp/none.sock', type: 'bind', options: ['rbind'] }];
  const container = {
    sockets: [{ path: '/run/a.sock', upstream: '/tmp/none.sock' }],
    annotations: { 'io.kubernetes.pod.name': 'p' },
    mounts,
    bundle: directory,
    marker: directory,
  };
  const socket = { name: 'b', listen: join(directory, 'relay/b.sock'), upstream: '/tmp/none.sock' };
  return [
    request('GET /v1/status'),
    request('GET /v1/sockets?limit=1'),
    request('GET /v1/events?socket=a*&method=eth_*&limit=3'),
    request('GET /v1/containers/c1?namespace=x'),
    request('POST /v1/sockets', socket) + request('DELETE /v1/sockets/b'),
    request('PUT /v1/containers/c1', container) + request('DELETE /v1/containers/c1'),
    request('POST /v1/containers', container),
    request('GET /v1') + request('GET /v1/sockets') + request('HEAD /v1/status'),
  ];
}

const FRAGMENTS = [
  ...[
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\0',
    ' ',
    '%00',
    '%',
    '%2e%2e%2f',
    '../',
    '/',
    '//',
    '?',
    '&',
    '=',
    '*',
    '#',
  ],
  ...[
    'GET ',
    'PUT /v1/containers/',
    'POST /v1/sockets',
    'DELETE /v1/sockets/a',
    'HEAD ',
    'CONNECT ',
    'HTTP/1.1',
  ],
  ...[
    'Host: evil.example\r\n',
    'Content-Length: 0\r\n',
    'Content-Length: 99999999\r\n',
    'Transfer-Encoding: chunked\r\n',
  ],
  ...[
    '0\r\n\r\n',
    'Expect: 100-continue\r\n',
    'Upgrade: websocket\r\nConnection: upgrade\r\n',
    'Content-Encoding: gzip\r\n',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\\u0000',
    '\\ud800',
    'null',
    '1e999',
    '-1',
    '"__proto__":{},',
    '"upstream":"/",',
  ],
  ...[
    'limit=99999999999',
    'after=',
    'follow=true',
    '"id":"..",',
    '"id":"",',
    '"sockets":[],',
    '\xff',
    '/v1/containers',
  ],
];
