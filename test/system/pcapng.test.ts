/** What `udscope tail --pcapng` writes, as Wireshark sees it: programs of others speak, and tshark tells what they said. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { CapturingAgent } from '../support/capturing-agent.js';
import { Cleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { isListening } from '../support/listening.js';
import { startProcess, waitFor } from '../support/process.js';
import { COMMAND, startCommand } from '../support/udscope.js';
import { accountOf } from './support/account.js';
import { directoryOf, runAs } from './support/as-user.js';
import { POSTGRESQL_SOCKET, servePostgresql } from './support/postgresql.js';
import { findTool, requireTool } from './support/requirements.js';

const WHOLE = { capture: { strategy: 'full' }, enrich: { payload: 'raw' } };

describe('udscope tail --pcapng', () => {
  const cleanup = new Cleanup();
  let agent: CapturingAgent;
  let file: string;

  requireTool('tshark', 'apt-get install tshark');

  beforeEach(() => {
    agent = new CapturingAgent(cleanup);
    file = join(agent.directory, 'packets.pcapng');
  });

  afterEach(() => cleanup.run());

  /** Writes to the file what is said meanwhile. Returns what the command says at the end. */
  async function during(say: () => Promise<void>, ...options: string[]): Promise<string> {
    const tail = await startCommand({
      args: ['tail', '--control', agent.control, '--pcapng', file, ...options],
    });
    cleanup.defer(() => tail.kill());
    await tail.waitForOutput('writing packets');
    await say();
    await settled();
    tail.signal('SIGINT');
    assert.equal((await tail.exited).code, 0, tail.output);
    return tail.output;
  }

  /** Waits until nothing is added any more. */
  async function settled(): Promise<void> {
    let before = -1;
    await waitFor(
      'the packets to be written',
      () => {
        const { size } = statSync(file);
        const isSame = size === before && size > 200;
        before = size;
        return isSame;
      },
      { intervalMs: 500 },
    );
  }

  async function tshark(...args: string[]): Promise<string[]> {
    const shark = await startProcess({ command: 'tshark', args: ['-n', '-r', file, ...args], cwd: '/' });
    await shark.exited;
    return shark.output.split('\n').filter((line) => line !== '' && !line.startsWith('Running as user'));
  }

  const fields = (filter: string, ...names: string[]) =>
    tshark('-Y', filter, '-T', 'fields', ...names.flatMap((name) => ['-e', name]));

  /** Warnings and errors: a note is also that a connection is closed. */
  async function complaints(...args: string[]): Promise<string[]> {
    return tshark(
      ...args,
      '-o',
      'tcp.check_checksum:TRUE',
      '-o',
      'ip.check_checksum:TRUE',
      '-Y',
      '_ws.expert.severity >= 0x00600000 || _ws.malformed || _ws.short',
    );
  }

  async function run(command: string, args: readonly string[]): Promise<void> {
    const client = await startProcess({ command: findTool(command) ?? command, args });
    assert.equal((await client.exited).code, 0, client.output);
  }

  it('has HTTP dissected, and names who speaks', async () => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(request.url === '/gone' ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ big: 'x'.repeat(100_000) }));
    }).listen(agent.upstream);
    cleanup.defer(() => server.close());
    await agent.start(WHOLE);
    const said = await during(async () => {
      for (const path of ['/containers/json', '/gone'])
        await run('curl', ['-s', '-o', '/dev/null', '--unix-socket', agent.listen, `http://x${path}`]);
    });
    assert.match(said, /^\d+ packets of 2 connections$/m);
    assert.deepEqual(await fields('http.request', 'http.request.method', 'http.request.uri'), [
      'GET\t/containers/json',
      'GET\t/gone',
    ]);
    assert.deepEqual(await fields('http.response', 'http.response.code', 'json.key'), [
      '200\tbig',
      '404\tbig',
    ]);
    assert.deepEqual(await complaints(), []);
    const [first = ''] = await fields(
      'tcp.flags.syn == 1 && tcp.flags.ack == 0',
      'frame.comment',
      'frame.interface_name',
      'frame.interface_description',
    );
    assert.match(
      first,
      /connection .*container\.name=wallet.*uds\.socket\.path=\S+rpc-service\.sock\twallet → rpc\t.*container\.id=c1/,
    );
    assert.deepEqual((await fields('tcp.flags.fin == 1', 'tcp.stream')).sort(), ['0', '0', '1', '1']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('has JSON-RPC dissected', async () => {
    await LineService.listen(cleanup, agent.upstream);
    await agent.start(WHOLE);
    await during(async () => {
      const client = await LineClient.connect(cleanup, agent.listen);
      await client.call('eth_chainId');
      await client.call('eth_call');
      await client.close();
    });
    const asJson = ['-d', 'tcp.port==8545,json'];
    const methods = await tshark(
      ...asJson,
      '-Y',
      'json.key == "method"',
      '-T',
      'fields',
      '-e',
      'json.value.string',
    );
    assert.match(methods.join('\n'), /eth_chainId[\s\S]*eth_call/);
    assert.deepEqual(await complaints(...asJson), []);
  });

  it('has Redis dissected', async () => {
    const args = ['--port', '0', '--unixsocket', agent.upstream, '--save', '', '--dir', agent.directory];
    const server = await startProcess({ command: findTool('redis-server') ?? 'redis-server', args });
    cleanup.defer(() => server.kill());
    await waitFor('redis-server to listen', () => isListening(agent.upstream), { process: server });
    await agent.start(WHOLE);
    await during(async () => {
      await run('redis-cli', ['-s', agent.listen, 'SET', 'key', 'value']);
      await run('redis-cli', ['-s', agent.listen, 'GET', 'key']);
    });
    assert.deepEqual(await fields('tcp.dstport == 6379 && tcp.len > 0', '_ws.col.Protocol'), [
      'RESP',
      'RESP',
    ]);
    assert.match((await tshark('-Y', 'resp', '-V')).join('\n'), /SET[\s\S]*value[\s\S]*OK[\s\S]*GET/);
    assert.deepEqual(await complaints(), []);
  });

  it('has PostgreSQL dissected', async () => {
    const { uid, gid } = accountOf('postgres');
    const directory = directoryOf(cleanup, uid, gid);
    await servePostgresql(cleanup, directory, 'trust');
    const listen = join(agent.directory, 'pg', POSTGRESQL_SOCKET);
    const socket = { upstream: join(directory, POSTGRESQL_SOCKET), listen, credentials: 'self' };
    await agent.start({ ...WHOLE, socket });
    await during(async () => {
      await run('psql', [
        '-h',
        join(agent.directory, 'pg'),
        '-U',
        'postgres',
        '-c',
        'SELECT 1 AS one',
        '-c',
        'SELECT nothing',
      ]).catch(() => {});
    });
    assert.deepEqual(await fields('pgsql.query', 'pgsql.query'), ['SELECT 1 AS one', 'SELECT nothing']);
    assert.deepEqual(await complaints(), []);
  });

  it('has MariaDB dissected', async () => {
    const data = join(directoryOf(cleanup, 0, 0), 'data');
    const options = ['--no-defaults', '--user=root', `--datadir=${data}`];
    const auth = ['--auth-root-authentication-method=socket', '--skip-test-db'];
    assert.equal((await runAs('root', 'mariadb-install-db', [...options, ...auth])).code, 0);
    const args = [...options, `--socket=${agent.upstream}`, '--skip-networking'];
    const server = await startProcess({ command: findTool('mariadbd') ?? 'mariadbd', args });
    cleanup.defer(() => server.kill());
    await server.waitForOutput('ready for connections', 60_000);
    await agent.start(WHOLE);
    await during(() =>
      run('mariadb', ['--no-defaults', '-u', 'root', '-S', agent.listen, '-e', 'SELECT 41 + 1']),
    );
    assert.ok((await fields('mysql.query', 'mysql.query')).includes('SELECT 41 + 1'));
    assert.deepEqual(await complaints(), []);
  });

  it('shows lengths where there is no payload, and what was left out', async () => {
    await LineService.listen(cleanup, agent.upstream);
    await agent.start({ capture: { strategy: 'full' } });
    const said = await during(async () => {
      const client = await LineClient.connect(cleanup, agent.listen);
      await client.call('hunter2');
      await client.close();
    });
    assert.match(said, /without payload: it takes payload: raw/);
    assert.doesNotMatch(readFileSync(file, 'latin1'), /hunter2/);
    const [asked = ''] = await fields('tcp.dstport == 8545 && tcp.len > 0', 'tcp.len', 'frame.cap_len');
    const [length = 0, captured] = asked.split('\t').map(Number);
    assert.ok(length > 40, asked);
    assert.equal(captured, 40);
  });

  it('is read by another program while it is written, and ends with it', async () => {
    await LineService.listen(cleanup, agent.upstream);
    await agent.start(WHOLE);
    const pipe = `"$0" "$1" tail --control "$2" --pcapng | tshark -n -l -i - -c 5 -T fields -e tcp.len`;
    const shell = await startProcess({
      command: 'bash',
      args: ['-o', 'pipefail', '-c', pipe, process.execPath, COMMAND, agent.control],
      cwd: '/',
    });
    cleanup.defer(() => shell.kill());
    await shell.waitForOutput('writing packets');
    await shell.waitForOutput('Capturing on');
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call('eth_chainId');
    await shell.waitForOutput(/^[1-9]\d*$/m);
    let isOver = false;
    void shell.exited.then(() => {
      isOver = true;
    });
    // It sees that nobody reads any more when it writes.
    while (!isOver) await client.call('eth_chainId');
    await client.close();
    assert.match(shell.output, /^0$/m);
  });
});
