/** Servers that nobody here wrote, whose logs say what was asked of them. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CapturingAgent, type Counts, sumOf } from '../../support/capturing-agent.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { type RealProcess, startProcess, waitFor } from '../../support/process.js';
import { repeat } from '../../support/repeat.js';
import { requireTool } from '../support/requirements.js';
import { client, PYTHON, program, serve } from '../transparency/real-program.js';

const PAGE = 'hello\n';
/** Longer than any buffer on its way, and compressible. */
const LONG = 'a line of a long text\n'.repeat(100_000);

/** Words of the general log format: `"GET /a HTTP/1.1" 200`. */
const LOGGED = /"([A-Z]+) (\/[^\s"?]*)[^"]*" (\d{3})/g;

describe('servers of HTTP, as they log what they are asked', function () {
  this.timeout(120_000);

  const cleanup = new Cleanup();
  let agent: CapturingAgent;
  let directory: string;

  beforeEach(async () => {
    directory = cleanup.directory();
    agent = await new CapturingAgent(cleanup).start();
  });
  afterEach(() => cleanup.run());

  const curl = (...args: string[]) =>
    startProcess({
      command: 'curl',
      args: ['-sS', '-o', join(directory, 'got'), '--unix-socket', agent.listen, ...args],
    }).then(({ exited }) => exited);

  /** Calls by method, template and status. */
  async function told(): Promise<Counts> {
    const counts: Record<string, number> = {};
    for (const { labels, value } of (await agent.metrics()).get('uds_method_calls_total')?.samples ?? []) {
      const outcome =
        labels['http_response_status_code'] ?? labels['udscope_outcome'] ?? labels['error_type'];
      const path = labels['http_route'] ?? labels['url_template'];
      const key = `${labels['http_request_method']} ${path} ${outcome}`;
      counts[key] = (counts[key] ?? 0) + value;
    }
    return sortedByName(counts);
  }

  async function assertTold(logged: () => Counts): Promise<void> {
    await waitFor('every request to be told', async () => sumOf(await told()) >= sumOf(logged()), {
      timeoutMs: 10_000,
    }).catch(() => {});
    assert.deepEqual(await told(), logged());
    for (const doubt of ['undecodable', 'unmatched_responses', 'unknown_outcomes', 'unanswered_calls'])
      assert.equal(await agent.sum(`udscope_enrich_${doubt}_total`), 0, doubt);
    assert.equal(await agent.sum('udscope_enrich_active_calls'), 0);
  }

  describe('nginx', () => {
    requireTool('nginx', 'apt-get install nginx-core');
    requireTool('curl', 'apt-get install curl');

    it('is told line by line of its log', async () => {
      const log = join(directory, 'access.log');
      await startNginx(log);
      const at = (path: string) => `http://localhost${path}`;
      await curl(at('/page'), at('/long'), at('/nothing'), at('/page'));
      await curl('--http1.0', at('/page'));
      await curl('--compressed', at('/long'));
      await curl('--head', at('/long'), at('/page'));
      await curl(at('/fails'), at('/moved'), at('/none'));
      await curl('--range', '0-99', at('/long'));
      await curl('--range', '0-9,20-29', at('/long'));
      await curl('--upload-file', join(directory, 'long'), at('/put'));
      await curl('--header', 'Expect: 100-continue', '--upload-file', join(directory, 'long'), at('/put'));
      await curl(
        '--header',
        'Transfer-Encoding: chunked',
        '--upload-file',
        join(directory, 'long'),
        at('/put'),
      );
      await curl('--request', 'DELETE', at('/put'));
      const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
      const pipelined = [...repeat(40, (i) => get(i % 4 === 3 ? '/nothing' : '/page')), get('/long')].join(
        '',
      );
      await say(
        `\r\n${pipelined}HEAD /long HTTP/1.1\r\nHost: a\r\n\r\n${get('/page', 'Connection: close\r\n')}`,
      );
      await say('GET /page HTTP/1.0\r\n\r\n');
      await assertTold(() => loggedIn(readFileSync(log, 'utf8')));
    });

    async function startNginx(log: string): Promise<void> {
      writeFileSync(join(directory, 'page'), PAGE);
      writeFileSync(join(directory, 'long'), LONG);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      const configuration = `
        daemon off; user root; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
        events { worker_connections 64; }
        http {
          ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
          access_log ${log}; gzip on; gzip_types text/plain; default_type text/plain; client_max_body_size 10m;
          server {
            listen unix:${agent.upstream}; root ${directory}; dav_methods PUT DELETE;
            location /fails { return 503; }
            location /moved { return 302 /page; }
            location /none { return 204; }
          }
        }`;
      writeFileSync(join(directory, 'nginx.conf'), configuration);
      const server = await serve(cleanup, 'nginx', ['-c', join(directory, 'nginx.conf')]);
      await waitFor('nginx to listen', () => isListening(agent.upstream), { process: server });
    }

    /** Says it on a connection, and waits for its end. */
    async function say(bytes: string): Promise<void> {
      const socket = connect(agent.listen);
      socket.write(bytes);
      await text(socket);
    }
  });

  describe('Podman', () => {
    requireTool('podman', 'apt-get install podman');
    requireTool('busybox', 'apt-get install busybox-static');

    it('is told line by line of its log', async () => {
      const service = await startPodman();
      const podman = (...args: string[]) =>
        client('podman', ['--remote', '--url', `unix://${agent.listen}`, ...args]);
      const failing = (...args: string[]) => assert.rejects(podman(...args));
      const archive = join(directory, 'archive.tar');
      await client('tar', ['-C', '/bin', '-cf', archive, 'busybox']);
      await podman('version');
      await podman('import', archive, 'a.example/b/box');
      assert.match(await podman('images'), /a\.example\/b\/box/);
      await podman('create', '--name=box', '--network=none', 'a.example/b/box', '/busybox');
      assert.match(await podman('ps', '--all'), /box/);
      await podman('cp', 'box:/busybox', join(directory, 'copied'));
      await podman('inspect', 'box');
      await failing('inspect', 'nothing');
      await failing('exec', 'box', '/busybox');
      await podman('volume', 'create', 'v');
      await podman('tag', 'a.example/b/box', 'a.example/c/d/e');
      await failing('image', 'exists', 'nothing');
      await podman('logs', 'box');
      await podman('rm', '--force', 'box');
      await podman('volume', 'rm', 'v');
      await assertTold(() => loggedIn(service.output));
    });

    async function startPodman(): Promise<RealProcess> {
      mkdirSync(join(directory, 'run'));
      const own = ['root', 'runroot', 'tmpdir'].map((name) => `--${name}=${join(directory, name)}`);
      const settings = ['--storage-driver=vfs', '--cgroup-manager=cgroupfs', '--events-backend=file'];
      const command = ['--log-level=info', 'system', 'service', '--time=0', `unix://${agent.upstream}`];
      const service = await serve(cleanup, 'podman', [...own, ...settings, ...command]);
      await waitFor('Podman to listen', () => isListening(agent.upstream), { process: service });
      return service;
    }
  });

  describe('a WebSocket', () => {
    requireTool('python3', 'apt-get install python3-websockets');

    it('is a call that lasts, with all that the server says on it', async () => {
      await client(PYTHON, [program('websocket_echo.py'), agent.upstream, agent.listen]);
      await assertTold(() => ({ 'GET /socket 101': 2 }));
      assert.equal(
        await agent.sum('uds_method_bytes_total', { uds_direction: 'recv' }),
        await agent.sum('uds_recv_bytes_total'),
      );
    });
  });
});

/** The same of a log, with names of the tests replaced as templates do. */
function loggedIn(log: string): Counts {
  const counts: Record<string, number> = {};
  for (const [, method, path, status] of log.matchAll(LOGGED)) {
    const template = path
      .replace(/^\/v\d+\.\d+\.\d+\//, '/')
      .replace(/^(\/libpod\/containers\/)(?!create|json)[^/]+/, '$1{name}')
      .replace(/^(\/libpod\/volumes\/)(?!create|json)[^/]+/, '$1{name}')
      .replace(/^(\/libpod\/(?:networks|pods|manifests)\/)[^/]+/, '$1{name}')
      .replace(/^(\/libpod\/images\/)(?!import|json|pull|remove).+(\/(?:json|tag|exists))$/, '$1{name}$2');
    const key = `${method} ${template} ${status}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return sortedByName(counts);
}

const sortedByName = (counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
