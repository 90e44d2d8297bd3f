import assert from 'node:assert/strict';
import { accountOf } from '../support/account.js';
import { asUser } from '../support/as-user.js';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { TypedProcess } from './real-program.js';
import { logLines, startRsyslog } from './system-log.js';

const LINES = 2000;

describe('rsyslog', () => {
  requireTool('rsyslogd', 'apt-get install rsyslog');
  requireTool('logger', 'apt-get install bsdutils');

  for (const user of ['root', 'daemon']) {
    itWorks(`learns from the kernel that ${user} has logged a line`, async (passage, cleanup) => {
      const file = await startRsyslog(passage, cleanup);
      const { uid, gid } = accountOf(user);
      const options = ['--socket', passage.socket, '--tag', 'test'];
      const [command, ...args] = asUser(user, 'logger', options);
      const logger = await TypedProcess.start(cleanup, command, args);
      logger.type('a line\n');
      // It is still there: a process that is gone cannot be named any more.
      const [line = ''] = await logLines(file, 1);
      logger.hush();
      assert.equal((await logger.exited).code, 0, logger.describe());
      assert.match(
        line,
        new RegExp(
          `^test\\[${logger.pid}\\]: 13 {2}a line @\\[_PID=${logger.pid} _UID=${uid} _GID=${gid}\\b`,
        ),
      );
      await passage.assertCounted('one datagram', ({ sentOperations }) => assert.equal(sentOperations, 1));
    });
  }

  itWorks('gets every line of a flood, in order', async (passage, cleanup) => {
    const file = await startRsyslog(passage, cleanup);
    const logger = await TypedProcess.start(cleanup, 'logger', [
      '--socket',
      passage.socket,
      '--tag',
      'flood',
    ]);
    const said = Array.from({ length: LINES }, (_, i) => `line ${i} ${'x'.repeat(i % 500)}`);
    logger.type(`${said.join('\n')}\n`);
    logger.hush();
    assert.equal((await logger.exited).code, 0, logger.describe());
    const heard = (await logLines(file, LINES)).map((line) => /13 {2}(.*?)(?: @\[.*)?$/.exec(line)?.[1]);
    assert.deepEqual(heard, said);
    await passage.assertBooks({ sentOperations: LINES, receivedOperations: 0, sentDescriptors: 0 });
  });
});
