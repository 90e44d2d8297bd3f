import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { VERSION } from '../../src/version.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { type RealProcess, startProcess } from '../support/process.js';
import { EchoServer, startCommand } from '../support/udscope.js';

const COMMANDS = [
  'run',
  'relay',
  'validate',
  'init',
  'doctor',
  'config',
  'components',
  'schema',
  'tail',
  'top',
  'ps',
  'status',
  'reload',
  'register',
  'unregister',
];

describe('udscope', () => {
  const cleanup = useCleanup();
  let directory: string;

  beforeEach(() => {
    directory = cleanup.directory();
  });

  async function runToEnd(...args: string[]): Promise<{ code: number | null; output: string }> {
    const process = await startCommand({ args, cwd: directory });
    const { code } = await process.exited;
    return { code, output: process.output };
  }

  function configurationFile(text: string): string {
    const file = join(directory, 'udscope.yaml');
    writeFileSync(file, text);
    return file;
  }

  const relayTo = (upstream: string) =>
    `receivers: { uds: { sockets: [{ listen: ${directory}/r.sock, upstream: ${upstream} }] } }\n`;
  const pipeline = 'service: { pipelines: { metrics: { receivers: [uds], exporters: [prometheus] } } }\n';

  it('says its version and helps', async () => {
    assert.deepEqual(await runToEnd('--version'), { code: 0, output: `${VERSION}\n` });
    const help = await runToEnd('--help');
    assert.equal(help.code, 0);
    for (const command of COMMANDS) {
      assert.match(help.output, new RegExp(`^  ${command} `, 'm'));
    }
  });

  it('refuses an unknown flag and an unknown command', async () => {
    const flag = await runToEnd('run', '--confg', 'x');
    assert.notEqual(flag.code, 0);
    assert.match(flag.output, /unknown option '--confg'/);
    const command = await runToEnd('watch');
    assert.notEqual(command.code, 0);
    assert.match(command.output, /unknown command 'watch'/);
  });

  it('names the command that it has no help for, and the one that was meant', async () => {
    const { code, output } = await runToEnd('help', 'stauts');
    assert.equal(code, 1);
    assert.match(output, /unknown command 'stauts'\n\(Did you mean status\?\)/);
    assert.match((await runToEnd('help', 'status')).output, /^Usage: udscope status/);
  });

  it('lists its components, and the protocols that it decodes', async () => {
    const { code, output } = await runToEnd('components');
    assert.equal(code, 0);
    for (const type of ['uds', 'prometheus', 'otlphttp', 'debug', 'jsonrpc', 'varlink'])
      assert.match(output, new RegExp(`- ${type}$`, 'm'));
  });

  it('prints a JSON Schema', async () => {
    const { code, output } = await runToEnd('schema');
    assert.equal(code, 0);
    assert.match((JSON.parse(output) as { $schema: string }).$schema, /json-schema/);
  });

  describe('validate', () => {
    it('is silent when all is well', async () => {
      const file = configurationFile(`${relayTo('/run/x.sock')}exporters: { prometheus: }\n${pipeline}`);
      assert.deepEqual(await runToEnd('validate', '--config', file), { code: 0, output: '' });
    });

    it('reports every mistake with its line and exits with 1', async () => {
      const file = configurationFile(
        `${relayTo('/run/x.sock')}exporters:\n  prometheus:\n    enpoint: localhost:1\n    path: metrics\n${pipeline}`,
      );
      const { code, output } = await runToEnd('validate', '--config', file);
      assert.equal(code, 1);
      const lines = output.trimEnd().split('\n');
      assert.equal(lines.length, 2);
      assert.match(lines[0], /udscope\.yaml:4: exporters\.prometheus\.enpoint: .*endpoint/);
      assert.match(lines[1], /udscope\.yaml:5: exporters\.prometheus\.path: "metrics" /);
    });

    it('loads the modules of strategies as the start would', async () => {
      const module = join(directory, 'strategy.js');
      const file = configurationFile(
        `${relayTo('/run/x.sock')}exporters: { prometheus: }\n` +
          'processors:\n  enrich:\n  capture:\n    strategy: module\n    module: ./strategy.js\n' +
          pipeline.replace('receivers: [uds]', 'receivers: [uds], processors: [capture, enrich]'),
      );
      const outputOf = async (text: string | undefined) => {
        if (text !== undefined) writeFileSync(module, text);
        const { code, output } = await runToEnd('validate', '--config', file);
        return `${code}: ${output.replaceAll(`${directory}/`, '')}`;
      };
      assert.match(await outputOf(undefined), /^1: udscope\.yaml:7: .*strategy\.js.*\n$/);
      assert.match(await outputOf('export default ('), /^1: udscope\.yaml:7: .*strategy\.js/);
      assert.match(await outputOf('export default 5;'), /^1: udscope\.yaml:7: .*strategy\.js/);
      assert.equal(await outputOf('export default () => ({ keep: (bytes) => bytes });'), '0: ');
    });

    it('reports a missing file, named or by default', async () => {
      const named = await runToEnd('validate', '--config', 'absent.yaml');
      assert.equal(named.code, 1);
      assert.match(named.output, /^absent\.yaml: .*no such file/i);
      const byDefault = await runToEnd('validate');
      assert.equal(byDefault.code, 1);
      assert.match(byDefault.output, /^otel-config\.yaml: /);
    });
  });

  describe('config print', () => {
    it('prints what validate accepts', async () => {
      const file = configurationFile(`${relayTo('/run/x.sock')}exporters: { prometheus: }\n${pipeline}`);
      const { code, output } = await runToEnd('config', 'print', '--config', file, '--origins');
      assert.equal(code, 0);
      assert.match(output, /^ {8}upstream: \/run\/x\.sock # .*udscope\.yaml:1$/m);
      const printed = configurationFile(output);
      assert.deepEqual(await runToEnd('validate', '--config', printed), { code: 0, output: '' });
    });

    it('has the mistakes that validate has', async () => {
      const file = configurationFile('receivers: 5\nexporter: {}\n');
      const printed = await runToEnd('config', 'print', '--config', file);
      assert.equal(printed.code, 1);
      assert.deepEqual(printed, await runToEnd('validate', '--config', file));
    });
  });

  describe('run', () => {
    it('names the place in the file when a port is in use', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const file = configurationFile(
        `${relayTo('/run/x.sock')}exporters: { prometheus: { endpoint: "127.0.0.1:${port}" } }\n${pipeline}`,
      );
      const { code, output } = await runToEnd('run', '--config', file);
      server.close();
      assert.equal(code, 1);
      assert.match(output, /udscope\.yaml:2: .*127\.0\.0\.1:\d+: the port is in use/);
    });

    it('names the place in the file when somebody already listens on the path', async () => {
      const other = await EchoServer.listen(join(directory, 'r.sock'));
      const file = configurationFile(
        `${relayTo('/run/x.sock')}exporters: { prometheus: { endpoint: "localhost:0" } }\n${pipeline}`,
      );
      const { code, output } = await runToEnd('run', '--config', file);
      other.close();
      assert.equal(code, 1);
      assert.match(output, /udscope\.yaml:1: .*r\.sock: another process is listening there/);
    });

    it('finds otel-config.yaml in the current directory', async () => {
      writeFileSync(
        join(directory, 'otel-config.yaml'),
        `${relayTo('/run/x.sock')}exporters: { prometheus: { endpoint: "localhost:0" } }\n${pipeline}`,
      );
      const agent = await startCommand({ args: ['run'], cwd: directory });
      await agent.waitForOutput('udscope is ready');
      assert.equal((await agent.stop()).code, 0);
    });
  });

  describe('relay', () => {
    it('refuses a path that is too long, in the words of its own arguments', async () => {
      const { code, output } = await runToEnd('relay', `/tmp/${'x'.repeat(200)}`, '/run/x.sock');
      assert.equal(code, 1);
      assert.match(output, /^LISTEN: .*107/);
    });

    it('says which path cannot be listened on', async () => {
      writeFileSync(join(directory, 'file'), '');
      const { code, output } = await runToEnd(
        'relay',
        '--no-control',
        'file',
        '/tmp/b',
        '--prometheus',
        'localhost:0',
      );
      assert.equal(code, 1);
      assert.match(output, /^LISTEN: ".*\/file" exists and is no socket/);
    });

    it('decodes, and can be watched at a control socket', async () => {
      const [listen, upstream, control] = ['r/r.sock', 'upstream.sock', 'private/control.sock'].map((path) =>
        join(directory, path),
      ) as [string, string, string];
      await LineService.listen(cleanup, upstream);
      const args = ['relay', listen, upstream, '--prometheus', 'localhost:0', '--control', control];
      const agent = await startCommand({ args, cwd: directory });
      cleanup.defer(() => agent.kill());
      await agent.waitForOutput('udscope is ready');
      const client = await LineClient.connect(cleanup, listen);
      await client.call('eth_chainId');
      const tail = await startCommand({ args: ['tail', '--control', control] });
      cleanup.defer(() => tail.kill());
      await tail.waitForOutput('→ eth_chainId');
      const status = await runToEnd('status', '--control', control);
      assert.match(status.output, /^uds +\d+ +1 /m);
    });

    it('refuses a control socket that cannot be, in the words of its own arguments', async () => {
      const { code, output } = await runToEnd('relay', '/tmp/a', '/tmp/b', '--control', '@udscope');
      assert.equal(code, 1);
      assert.match(output, /^--control: "@udscope" is an abstract socket/);
    });

    it('refuses an endpoint that is none', async () => {
      const { code, output } = await runToEnd('relay', '/tmp/a', '/tmp/b', '--prometheus', 'nonsense');
      assert.equal(code, 1);
      assert.match(output, /^--prometheus: "nonsense" is not host:port/);
    });
  });

  it('says so on another system than Linux', async () => {
    const script = `Object.defineProperty(process, 'platform', { value: 'sunos' }); await import(process.argv[1])`;
    const main = new URL('../../src/cli/main.js', import.meta.url).pathname;
    const other: RealProcess = await startProcess({
      command: process.execPath,
      args: ['--input-type=module', '-e', script, main],
    });
    assert.equal((await other.exited).code, 1);
    assert.match(other.output, /runs on Linux only, not on sunos/);
  });
});
