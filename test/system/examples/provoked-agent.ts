/**
 * An agent to which everything happens that the dashboard and the alerts of examples/ tell of: calls of each protocol, errors,
 * clients beyond their shares, services that are down or silent, exporters that fail, threads that end.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Agent } from '../../support/agent.js';
import type { Cleanup } from '../../support/cleanup.js';
import { answer, type LineRequest, LineService, onLines } from '../../support/line-service.js';
import { isListening } from '../../support/listening.js';
import { repositoryPath } from '../../support/paths.js';
import { freePort, startProcess, waitFor } from '../../support/process.js';
import { repeat } from '../../support/repeat.js';
import { findTool } from '../support/requirements.js';

const FAILING = fileURLToPath(new URL('../../support/failing-thread.js', import.meta.url));

/** Connections of a client, of which the load needs fewer. */
const CONNECTIONS = 16;
/** More methods than the client has series for. */
const SERIES = 40;
/** More calls at once than the small ring has room for. */
const BURST = 4000;

/** Half of it is understood. */
const GARBLED = '{"jsonrpc":"2.0","method":"good"}\n{"jsonrpc":"2.0","method":\n'.repeat(200);

/** What a client of MCP begins with, and its server's answer. */
const HANDSHAKE = { protocolVersion: '2025-06-18', capabilities: {} };

/** Answers of services that do not always keep to the protocol. */
function answerOddly(line: LineRequest): string | undefined {
  const { id, method } = line;
  const result = (value: object) => JSON.stringify({ jsonrpc: '2.0', id, ...value });
  if (method === 'initialize') return result({ result: HANDSHAKE });
  if (method === 'vague') return result({});
  if (method === 'doubled')
    return `${answer(line)}\n${JSON.stringify({ jsonrpc: '2.0', id: 'x', result: 1 })}`;
  return answer(line);
}

export class ProvokedAgent extends Agent {
  readonly #cleanup: Cleanup;
  #isOver = false;

  constructor(cleanup: Cleanup) {
    super(cleanup);
    this.#cleanup = cleanup;
  }

  /** Starts services, agent and load. `otlp`: where a Collector takes what it exports. */
  async begin(otlp: string): Promise<void> {
    await this.#startServices();
    writeFileSync(
      join(this.directory, 'faulty.js'),
      'let kept = 0;\nexport default () => ({ keep(bytes) { if (++kept > 3) throw new Error(`on purpose`); return bytes; } });\n',
    );
    const env = { DIRECTORY: this.directory, NODE_OPTIONS: `--import ${FAILING}` };
    await this.startWith(this.#configuration(otlp, await freePort()), { env });
    const load = this.#load();
    this.#cleanup.defer(() => {
      this.#isOver = true;
      return load;
    });
    await this.#startUnmonitored();
    // What fails is replaced once, and must not fail again.
    for (const kind of ['relay', 'enrich']) writeFileSync(join(this.directory, `${kind}-throws`), '');
    await this.waitForSum('udscope_relay_failures_total', 1);
    await this.waitForSum('udscope_enrich_restarts_total', 1);
  }

  /** What an engine does for a container that is annotated with a path that is not mounted. The runtime itself has nothing to do. */
  async #startUnmonitored(): Promise<void> {
    const annotations = { 'dev.gvisor.uds.monitor.path': '/elsewhere.sock' };
    writeFileSync(
      join(this.directory, 'config.json'),
      JSON.stringify({ ociVersion: '1.0.2', annotations, mounts: [] }),
    );
    const command = repositoryPath('bin', 'udscope-runtime');
    const own = [
      `--udscope-runtime=${findTool('true')}`,
      `--udscope-control=${this.control}`,
      `--udscope-node=${process.execPath}`,
    ];
    const args = [...own, 'create', '--bundle', this.directory, 'c9'];
    const wrapper = await startProcess({ name: 'udscope-runtime', command, args });
    await wrapper.exited;
    await this.waitForSum('udscope_runtime_unmonitored_containers_total', 1);
  }

  #path = (name: string) => join(this.directory, name, `${name}.sock`);
  #service = (name: string) => join(this.directory, `${name}-service.sock`);

  #configuration(otlp: string, closedPort: number): unknown {
    const socket = (name: string, options = {}) => ({
      name,
      listen: this.#path(name),
      upstream: this.#service(name),
      ...options,
    });
    const pod = { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'wallet-0', 'k8s.container.name': 'app' };
    const container = { id: 'c1', name: 'wallet', attributes: pod };
    const failing = {
      sending_queue: { queue_size: 1 },
      timeout: '1s',
      interval: '1s',
      retry_on_failure: { initial_interval: '1s', max_elapsed_time: '3s' },
    };
    const pipeline = { receivers: ['uds'], processors: ['capture', 'enrich'] };
    return {
      receivers: {
        uds: {
          threads: 1,
          client_limits: { connections: CONNECTIONS, series: SERIES },
          sockets: [
            socket('rpc', { container }),
            socket('http'),
            socket('redis'),
            socket('mcp', { container: { id: 'c2', name: 'assistant' } }),
            socket('odd', { container: { id: 'c3', name: 'odd' } }),
            socket('crowded', { upstream: this.#service('rpc'), container: { id: 'c5', name: 'crowd' } }),
            socket('silent', { unanswered_after: '100ms' }),
            socket('absent'),
            socket('faulty', { capture: 'capture/faulty' }),
            socket('burst', { capture: 'capture/small', container: { id: 'c4', name: 'burst' } }),
          ],
        },
      },
      processors: {
        capture: {},
        'capture/small': { ring_buffer: { entries: 16, max_bytes: '64KiB' } },
        'capture/faulty': { strategy: 'module', module: join(this.directory, 'faulty.js') },
        enrich: {},
      },
      exporters: {
        prometheus: { endpoint: 'localhost:0' },
        otlphttp: { endpoint: otlp, interval: '1s' },
        'otlphttp/failing': { endpoint: `http://127.0.0.1:${closedPort}`, ...failing },
      },
      extensions: { control: { socket: this.control } },
      service: {
        extensions: ['control'],
        pipelines: {
          metrics: { ...pipeline, exporters: ['prometheus', 'otlphttp', 'otlphttp/failing'] },
          traces: { ...pipeline, exporters: ['otlphttp', 'otlphttp/failing'] },
        },
      },
    };
  }

  async #startServices(): Promise<void> {
    const cleanup = this.#cleanup;
    for (const name of ['rpc', 'mcp', 'odd', 'faulty', 'burst'])
      await LineService.listen(cleanup, this.#service(name), answerOddly);
    const http = createHttpServer((asked, response) => {
      response.statusCode = asked.url === '/missing' ? 404 : 200;
      response.end('{}');
    }).listen(this.#service('http'));
    cleanup.defer(() => http.close());
    // The first client is answered, and nobody after it.
    let isFirst = true;
    const silent = createServer((socket) => {
      if (isFirst) socket.write('welcome');
      isFirst = false;
      cleanup.defer(() => socket.destroy());
      socket.on('error', () => socket.destroy()).resume();
    }).listen(this.#service('silent'));
    cleanup.defer(() => silent.close());
    const args = [
      '--port',
      '0',
      '--unixsocket',
      this.#service('redis'),
      '--save',
      '',
      '--dir',
      this.directory,
    ];
    const redis = await startProcess({ command: findTool('redis-server') ?? 'redis-server', args });
    cleanup.defer(() => redis.kill());
    await waitFor('redis-server to listen', () => isListening(this.#service('redis')), { process: redis });
  }

  /** Goes on until the test ends, so that rates are not zero. A failing relay thread cuts connections: each turn has its own. */
  async #load(): Promise<void> {
    while (!this.#isOver) {
      await Promise.allSettled([
        this.#call('rpc', 'eth_call', ...repeat(20, () => 'fail_call')),
        this.#call('mcp', 'initialize', 'tools/list', 'tools/call'),
        this.#call('odd', 'vague', 'doubled', ...repeat(SERIES + 1, (i) => `method_${i}`)),
        this.#call('faulty', 'eth_call'),
        this.#call('burst', ...repeat(BURST, () => 'eth_call')),
        this.#write('odd', GARBLED),
        this.#write('absent', 'hello'),
        this.#write('redis', 'SET a 1\r\nLPUSH a 1\r\nGET a\r\n'),
        ...repeat(2, () => this.#write('silent', 'hello', 1500)),
        ...repeat(CONNECTIONS + 4, () => this.#write('crowded', '')),
        this.#get('/'),
        this.#get('/missing'),
      ]);
      await sleep(200);
    }
  }

  /** Calls these methods, and leaves when they are answered or two seconds have passed. */
  async #call(name: string, ...methods: string[]): Promise<void> {
    const lines = methods.map((method, id) =>
      JSON.stringify({ jsonrpc: '2.0', id, method, params: { name: 'search', ...HANDSHAKE } }),
    );
    const socket = connect(this.#path(name)).on('error', () => socket.destroy());
    let answers = 0;
    onLines(socket, () => {
      if (++answers >= methods.length) socket.destroy();
    });
    socket.write(`${lines.join('\n')}\n`);
    await Promise.race([once(socket, 'close'), sleep(2000)]);
    socket.destroy();
  }

  /** Says something, and leaves a moment later. */
  async #write(name: string, text: string, milliseconds = 500): Promise<void> {
    const socket = connect(this.#path(name)).on('error', () => socket.destroy());
    socket.resume().write(text);
    await sleep(milliseconds);
    socket.destroy();
  }

  async #get(path: string): Promise<void> {
    const asked = request({ socketPath: this.#path('http'), path, agent: false }).end();
    const [response] = await once(asked, 'response');
    response.resume();
  }
}
