import assert from 'node:assert/strict';
import { requireTool } from '../support/requirements.js';
import { assertCountedFor, requireContainers, runProgram, within } from './container-programs.js';
import { itWorks } from './passage.js';
import { logLines, startRsyslog } from './system-log.js';

describe('a container in runc', () => {
  requireContainers('runc');
  requireTool('rsyslogd', 'apt-get install rsyslog');

  itWorks('logs lines, and the log knows its process,', async (passage, cleanup) => {
    const file = await startRsyslog(passage, cleanup);
    const args = ['/usr/bin/logger', '--socket', within(passage), '--tag', 'box'];
    const container = await runProgram(cleanup, passage, 'runc', args);
    container.say('one');
    container.say('two');
    // It is still there: the log can ask the kernel who it is.
    const lines = await logLines(file, 2);
    for (const [i, text] of ['one', 'two'].entries()) {
      const line = lines[i]!;
      assert.match(line, new RegExp(`^box\\[\\d+\\]: 13  ${text} @\\[_PID=\\d+ _UID=0 _GID=0 _COMM=logger`));
    }
    container.hush();
    assert.equal((await container.process.exited).code, 0, container.process.describe());
    await passage.assertBooks({ sentOperations: 2 });
    await assertCountedFor(passage, container);
  });
});
