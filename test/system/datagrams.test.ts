import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync } from 'node:fs';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { MessageEnd } from '../support/message-end.js';
import { requireTool } from './support/requirements.js';

const BARRIER = 'BARRIER=1';

describe('programs that send datagrams, through the relay', () => {
  requireTool('logger', 'apt-get install bsdutils');
  requireTool('systemd-notify', 'apt-get install systemd');
  requireTool('python3', 'apt-get install python3');
  const cleanup = useCleanup();

  /** An agent in front of a datagram socket of this process, whose type it finds out by itself. */
  async function start(): Promise<{ agent: CapturingAgent; server: MessageEnd }> {
    const agent = new CapturingAgent(cleanup);
    const server = MessageEnd.bind('dgram', agent.upstream, cleanup);
    server.askForSenders();
    chmodSync(agent.upstream, 0o666);
    await agent.start();
    return { agent, server };
  }

  function run(command: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    cleanup.defer(() => child.kill('SIGKILL'));
    return child;
  }

  function exitOf(child: ChildProcess): Promise<number | null> {
    return new Promise((resolve) => child.once('exit', resolve));
  }

  it('logger(1) and the syslog of Python reach a log daemon as themselves', async () => {
    const { agent, server } = await start();
    const logger = run('logger', ['--socket', agent.listen, '--tag', 'test', 'from logger']);
    const exited = exitOf(logger);
    const first = await server.receiveMessage();
    assert.match(first.bytes.toString(), /test: from logger$/);
    assert.equal(await exited, 0);
    const python = run('python3', [
      '-c',
      `import logging.handlers, time
handler = logging.handlers.SysLogHandler(address=${JSON.stringify(agent.listen)})
log = logging.getLogger('py'); log.addHandler(handler)
for i in range(20): log.error('from python %d', i)
time.sleep(30)`,
    ]);
    for (let i = 0; i < 20; i++) {
      const { bytes, sender } = await server.receiveMessage();
      assert.match(bytes.toString(), new RegExp(`from python ${i}\\0?$`));
      if (process.getuid?.() === 0) assert.deepEqual(sender, { pid: python.pid, uid: 0, gid: 0 });
    }
    await agent.waitForSum('uds_send_ops_total', 21);
  });

  it('systemd-notify(1) is heard, and learns from its descriptor that it was', async () => {
    const { agent, server } = await start();
    const notify = run('systemd-notify', ['--ready', '--status=all is well'], {
      NOTIFY_SOCKET: agent.listen,
    });
    const exited = exitOf(notify);
    const ready = await server.receiveMessage();
    assert.match(ready.bytes.toString(), /READY=1\nSTATUS=all is well/);
    // It waits until all copies of the descriptor are closed.
    const barrier = await server.receiveMessage();
    assert.equal(barrier.bytes.toString().trim(), BARRIER);
    assert.equal(barrier.fds.length, 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(notify.exitCode, null);
    closeSync(barrier.fds[0]);
    assert.equal(await exited, 0);
    await eventually('it is counted', () => agent.sum('uds_send_ops_total').then((sum) => sum === 2));
  });
});
