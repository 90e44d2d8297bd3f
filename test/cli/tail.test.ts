import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { soon } from '../exporters/support/exporter-fixture.js';
import { call, EventLog, operation, stream } from '../extensions/control/event-log.js';
import { startControl } from '../extensions/control/fixture.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { type RealProcess, startProcess } from '../support/process.js';
import { RawListener } from '../support/raw-stream.js';
import { startCommand } from '../support/udscope.js';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

const isRoot = process.geteuid?.() === 0;

/** Whether no byte can be written to a pipe without waiting. */
function isFull(pipe: number): boolean {
  try {
    writeSync(pipe, 'x');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN';
  }
}

describe('udscope tail', () => {
  const cleanup = useCleanup();
  let log: EventLog;

  beforeEach(() => {
    log = new EventLog();
  });

  async function startTail(args: readonly string[], env: Record<string, string> = {}): Promise<RealProcess> {
    const tail = await startCommand({ args: ['tail', ...args], env: { UDSCOPE_CONTROL: '', ...env } });
    cleanup.defer(() => tail.kill());
    return tail;
  }

  async function runTail(...args: string[]): Promise<{ code: number | null; output: string }> {
    const tail = await startTail(args);
    const { code } = await tail.exited;
    return { code, output: tail.output };
  }

  async function assertFails(args: readonly string[], message: RegExp): Promise<void> {
    const { code, output } = await runTail(...args);
    assert.equal(code, 1, output);
    assert.match(output, message);
    assert.equal(output.trimEnd().split('\n').length, 1, output);
  }

  it('shows the last ten events and goes on, until it is interrupted', async () => {
    const { socket } = await startControl(cleanup, log);
    for (let i = 0; i < 20; i++) log.push(call({ method: `method_${i}` }));
    const tail = await startTail(['--control', socket]);
    await tail.waitForOutput('method_19');
    log.push(call({ method: 'method_later', errorType: '-32601', errorMessage: 'no such method' }));
    await tail.waitForOutput('no such method');
    tail.signal('SIGINT');
    assert.deepEqual(await tail.exited, { code: 0, signal: null });
    const lines = tail.output.trimEnd().split('\n');
    assert.equal(lines.length, 11);
    assert.match(
      lines[0] ?? '',
      /^\d\d:\d\d:\d\d\.000 wallet {3}geth {3}jsonrpc → method_10 +1\.50 ms 100 B \/ 1\.95 KiB$/,
    );
    assert.match(lines[10] ?? '', /method_later .* error -32601: no such method$/);
  });

  it('gives the lines of the agent with --json', async () => {
    const { socket } = await startControl(cleanup, log);
    const events = [call({ method: '\x1b[2J' }), operation()];
    log.push(...events);
    const { code, output } = await runTail('--control', socket, '--json', '--no-follow', '--operations');
    assert.equal(code, 0);
    assert.equal(output, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  });

  describe('--pcapng', () => {
    it('writes what is carried from now on into a file of its own, and asks for it no longer than that', async () => {
      const { socket } = await startControl(cleanup, log);
      log.push(stream({ pieces: [{ kept: 5, skipped: 0, data: Buffer.from('early').toString('base64') }] }));
      const file = join(cleanup.directory(), 'packets');
      const tail = await startTail(['--control', socket, '--pcapng', file, '--socket', 'geth']);
      await tail.waitForOutput('writing packets');
      assert.equal(log.streamWatchers, 1);
      log.push(stream(), stream({ socket: 'other', connection: '2' }), call({ method: 'no_packet' }));
      await eventually('the packets are written', () => readFileSync(file, 'latin1').includes('ask'));
      tail.signal('SIGINT');
      assert.deepEqual(await tail.exited, { code: 0, signal: null });
      assert.match(tail.output, /^4 packets of 1 connections$/m);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.doesNotMatch(readFileSync(file, 'latin1'), /early|no_packet/);
      await eventually('nobody watches', () => log.streamWatchers === 0);
    });

    it('overwrites nothing, follows no link, and leaves nothing where it cannot ask', async () => {
      const { socket } = await startControl(cleanup, log);
      const directory = cleanup.directory();
      const [file, link] = [join(directory, 'there'), join(directory, 'link')];
      writeFileSync(file, 'mine');
      symlinkSync(join(directory, 'target'), link);
      for (const path of [file, link])
        await assertFails(['--control', socket, '--pcapng', path], /is there already, and is left as it is/);
      assert.equal(readFileSync(file, 'utf8'), 'mine');
      await assertFails(
        ['--control', socket, '--pcapng', `${directory}/no/x`],
        /a directory that does not exist/,
      );
      await assertFails(['--control', '/nobody', '--pcapng', join(directory, 'new')], /no agent answers/);
      assert.deepEqual(readdirSync(directory).sort(), ['link', 'there']);
      const { code, output } = await runTail('--pcapng', '--errors');
      assert.equal(code, 1);
      assert.match(output, /--pcapng \[file\]' cannot be used with option '--errors'/);
    });

    it('is interrupted while its reader does not read', async () => {
      const { socket } = await startControl(cleanup, log);
      const pipe = join(cleanup.directory(), 'pipe');
      execFileSync('mkfifo', [pipe]);
      const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
      cleanup.defer(async () => closeSync(reader));
      const args = ['-c', `exec "$@" > '${pipe}'`, '-', process.execPath, COMMAND];
      const tail = await startProcess({
        command: 'bash',
        args: [...args, 'tail', '--control', socket, '--pcapng'],
      });
      cleanup.defer(() => tail.kill());
      await tail.waitForOutput('writing packets');
      const data = Buffer.alloc(100_000).toString('base64');
      for (let i = 0; i < 10; i++) log.push(stream({ pieces: [{ kept: 100_000, skipped: 0, data }] }));
      await eventually('the pipe is full', () => isFull(reader));
      tail.signal('SIGINT');
      assert.deepEqual(await tail.exited, { code: 0, signal: null });
    });

    it('ends clearly where no more can be written, behind a whole packet', async () => {
      const { socket } = await startControl(cleanup, log);
      const file = join(cleanup.directory(), 'packets');
      const tail = await startProcess({
        command: 'bash',
        args: [
          '-c',
          `ulimit -f 4; trap '' XFSZ; exec "$@"`,
          '-',
          process.execPath,
          COMMAND,
          'tail',
          '--control',
          socket,
          '--pcapng',
          file,
        ],
      });
      cleanup.defer(() => tail.kill());
      await tail.waitForOutput('writing packets');
      const data = Buffer.alloc(3000).toString('base64');
      for (let i = 0; i < 4; i++)
        log.push(stream({ connection: String(i), pieces: [{ kept: 3000, skipped: 0, data }] }));
      assert.equal((await tail.exited).code, 1);
      assert.match(tail.output, /packets" is as large as a file may be$/m);
      const bytes = readFileSync(file);
      let at = 0;
      while (at < bytes.length) at += bytes.readUInt32LE(at + 4);
      assert.equal(at, bytes.length);
    });
  });

  it('has the agent choose by every option', async () => {
    const { socket } = await startControl(cleanup, log);
    const container = { 'container.name': 'c+1 &' };
    const shown = call({ container, socket: 's=1', method: 'a b', errorType: 'no_response' });
    log.push(shown, call({ ...shown, method: 'other' }), call({ ...shown, socket: 'other' }));
    log.push(
      call({ ...shown, container: {} }),
      call({ ...shown, system: 'http' }),
      call({ container, socket: 's=1', method: 'a b' }),
      operation(),
    );
    const { output } = await runTail(
      ...['--control', socket, '--no-follow', '--json', '--errors', '--last', '100'],
      ...[
        '--container',
        'c+1 &',
        '--container',
        'x',
        '--socket',
        's=1',
        '--method',
        'a*b',
        '--protocol',
        'jsonrpc',
      ],
    );
    assert.deepEqual(JSON.parse(output), shown);
    const all = await runTail('--control', socket, '--no-follow', '--json', '--operations');
    const types = (output: string) =>
      output
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).type);
    assert.deepEqual(types(all.output), [...Array(6).fill('call'), 'operation']);
    const calls = await runTail('--control', socket, '--no-follow', '--json');
    assert.deepEqual(types(calls.output), Array(6).fill('call'));
  });

  it('finds the agent through the environment', async () => {
    const { socket } = await startControl(cleanup, log);
    log.push(call());
    const tail = await startTail(['--no-follow'], { UDSCOPE_CONTROL: socket });
    assert.equal((await tail.exited).code, 0);
    assert.match(tail.output, /eth_call/);
  });

  it('shows text from outside as text, and no colours where there is no terminal', async () => {
    const { socket } = await startControl(cleanup, log);
    log.push(call({ method: 'a\x1b[31m\nb\u202e', errorType: 'e', errorMessage: '\r\x07', socket: '\x9b' }));
    const { output } = await runTail('--control', socket, '--no-follow');
    assert.doesNotMatch(output.trimEnd(), /[\p{Cc}\p{Cf}]/u);
    assert.match(output, /\\u\{9b\} .*a\\u\{1b\}\[31m\\u\{a\}b\\u\{202e\} .*error e: \\u\{d\}\\u\{7\}$/m);
  });

  describe('on a terminal', () => {
    async function onTerminal(env: Record<string, string>): Promise<string> {
      const { socket } = await startControl(cleanup, log);
      log.push(call({ errorType: 'no_response' }));
      const command = `stty cols 50; '${process.execPath}' '${COMMAND}' tail --no-follow --control '${socket}'`;
      const args = ['--quiet', '--return', '--command', command, '/dev/null'];
      const terminal = await startProcess({ command: 'script', args, env });
      cleanup.defer(() => terminal.kill());
      assert.equal((await terminal.exited).code, 0, terminal.describe());
      return terminal.output.trimEnd();
    }

    it('has colours, and lines that are no wider', async () => {
      const output = await onTerminal({ NO_COLOR: '' });
      assert.notEqual(stripVTControlCharacters(output), output);
      assert.match(stripVTControlCharacters(output), /^\d\d:.* eth_cal/);
      assert.ok(stripVTControlCharacters(output).length <= 50, output);
    });

    it('has no colours when NO_COLOR says so', async () => {
      const output = await onTerminal({ NO_COLOR: '1' });
      assert.equal(stripVTControlCharacters(output), output);
      assert.match(output, /^\d\d:.* eth_cal/);
    });
  });

  it('says how many events were missed', async () => {
    log = new EventLog(10);
    const { socket } = await startControl(cleanup, log);
    const tail = await startTail(['--control', socket, '--last', '1']);
    log.push(call({ method: 'first' }));
    await tail.waitForOutput('first');
    // All at once, so that the agent has no time to read between them.
    for (let i = 0; i < 25; i++) log.push(call({ method: `later_${i}` }));
    await tail.waitForOutput('later_24');
    assert.match(tail.output, /first.*\nmissed 15 events\n.*later_15/);
  });

  it('ends in silence when its reader has seen enough', async () => {
    const { socket } = await startControl(cleanup, log);
    log.pushCalls(500);
    const script =
      '"$0" "$1" tail --control "$2" --last 500 | head -n 1; echo "status $' + '{PIPESTATUS[0]}"';
    const shell = await startProcess({
      command: 'bash',
      args: ['-c', script, process.execPath, COMMAND, socket],
    });
    cleanup.defer(() => shell.kill());
    await shell.waitForOutput('eth_call');
    const pushing = setInterval(() => log.pushCalls(100), 20);
    cleanup.defer(() => clearInterval(pushing));
    assert.equal((await shell.exited).code, 0);
    assert.equal(shell.output.trimEnd().split('\n').length, 2, shell.output);
    assert.match(shell.output, /^status 0$/m);
  });

  it('says so when the agent goes away', async () => {
    const { socket, extension } = await startControl(cleanup, log);
    log.push(call());
    const tail = await startTail(['--control', socket]);
    await tail.waitForOutput('eth_call');
    await extension.shutdown(soon());
    assert.equal((await tail.exited).code, 1);
    assert.match(tail.output, new RegExp(`^the agent at ${socket} has gone away$`, 'm'));
  });

  it('says so when the agent dies', async () => {
    const path = `${cleanup.directory()}/control.sock`;
    const reply = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"typ\r\n';
    const agent = createServer((client) => {
      client.once('data', () => client.write(reply, () => client.destroy()));
    }).listen(path);
    cleanup.defer(() => agent.close());
    await once(agent, 'listening');
    for (const follow of [[], ['--no-follow']]) {
      await assertFails(['--control', path, ...follow], /^the agent at .*control\.sock has gone away\n$/);
    }
  });

  describe('says in one line why it cannot', () => {
    it('where nobody listens', async () => {
      const directory = cleanup.directory();
      RawListener.listen(`${directory}/dead.sock`, cleanup).close();
      writeFileSync(`${directory}/file`, '');
      for (const name of ['absent.sock', 'dead.sock', 'file', 'file/x']) {
        const path = `${directory}/${name}`;
        const message = `^no agent answers at ${path}; is udscope running with the control extension\\?\n$`;
        await assertFails(['--control', path], new RegExp(message));
      }
    });

    it('without permission', async function () {
      // Root may connect to anything: the command runs as nobody then.
      if (!isRoot) this.skip();
      const { socket } = await startControl(cleanup, log);
      chmodSync(socket.slice(0, socket.lastIndexOf('/')), 0o755);
      // What it takes is loaded before: nobody may not read a checkout that is closed to others.
      const script = `
        const { tail } = await import(process.argv[1]);
        process.setgid(65534);
        process.setuid(65534);
        const control = process.argv[2];
        await tail({ control, socket: [], container: [], method: [], last: 10, follow: true });`;
      const tail = spawn(
        process.execPath,
        ['--input-type=module', '-e', script, join(dirname(COMMAND), 'tail.js'), socket],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
      let output = '';
      tail.stderr.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      const [code] = await once(tail, 'close');
      assert.equal(code, 1);
      assert.match(output, new RegExp(`^no permission to connect to ${socket}; .*\n$`));
    });

    it('where somebody else answers', async () => {
      const path = `${cleanup.directory()}/other.sock`;
      const other = createServer((client) => client.on('error', () => {}).end('220 ready\r\n')).listen(path);
      cleanup.defer(() => other.close());
      await once(other, 'listening');
      await assertFails(['--control', path], /^what answers at .*other\.sock is no udscope agent\n$/);
    });

    it('of an agent that has no events', async () => {
      const { socket } = await startControl(cleanup, undefined);
      await assertFails(['--control', socket], /^the agent at .* refuses: this agent has no events: /);
    });

    it('of a path that cannot be', async () => {
      await assertFails(['--control', '@udscope'], /^--control: "@udscope" is an abstract socket/);
      const tail = await startTail([], { UDSCOPE_CONTROL: `/${'x'.repeat(200)}` });
      assert.equal((await tail.exited).code, 1);
      assert.match(tail.output, /^UDSCOPE_CONTROL: .* at most 107\n$/);
    });
  });

  it('refuses wrong flags', async () => {
    for (const [args, message] of [
      [['--lsat', '1'], /unknown option '--lsat'/],
      [['--last', '-1'], /--last <n>.*not a whole number from 0 to 100000/],
      [['--errors', '--operations'], /'--operations' cannot be used with option '--errors'/],
    ] as const) {
      const { code, output } = await runTail(...args);
      assert.equal(code, 1);
      assert.match(output, message);
    }
  });
});
