import assert from 'node:assert/strict';
import { type RealProcess, startProcess, waitFor } from '../../support/process.js';
import { accountOf } from '../support/account.js';
import { asUser } from '../support/as-user.js';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { PYTHON, program, serve } from './real-program.js';

/** What the receiver says of a datagram. */
interface Datagram {
  readonly text: string;
  readonly truncated: boolean;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly files?: readonly string[];
}

describe('systemd-notify', () => {
  requireTool('systemd-notify', 'apt-get install systemd');
  requireTool('python3', 'apt-get install python3');

  for (const user of ['root', 'daemon']) {
    itWorks(`says as ${user} that it is ready, and waits until that is heard,`, async (passage, cleanup) => {
      const receiver = await serve(cleanup, PYTHON, [program('notify_receiver.py'), passage.upstream]);
      await passage.open(receiver);
      const [command, ...args] = asUser(user, 'systemd-notify', ['--ready', '--status=fine']);
      const notify = await startProcess({ command, args, env: { NOTIFY_SOCKET: passage.socket } });
      const { code } = await notify.exited;
      assert.equal(code, 0, notify.describe());
      const heard = await waitFor('two datagrams', () => datagrams(receiver, 2), { process: receiver });
      const { uid, gid } = accountOf(user);
      const sender = { uid, gid, truncated: false };
      // Whom a shell script speaks for is the script: root may say so, anybody else is himself.
      const spokesman = user === 'root' ? process.pid : notify.pid;
      assert.deepEqual(heard[0], { text: 'READY=1\nSTATUS=fine', pid: spokesman, ...sender });
      const { files = [], ...barrier } = heard[1]!;
      assert.deepEqual(barrier, { text: 'BARRIER=1', pid: notify.pid, ...sender });
      assert.equal(files.length, 1);
      assert.match(files[0]!, /^pipe:/);
      await passage.assertBooks({
        sentOperations: 2,
        sentBytes: 28,
        sentDescriptors: 1,
        receivedOperations: 0,
      });
    });
  }
});

function datagrams(receiver: RealProcess, count: number): Datagram[] | undefined {
  const lines = receiver.output.trim().split('\n');
  return lines.length < count ? undefined : lines.map((line) => JSON.parse(line) as Datagram);
}
