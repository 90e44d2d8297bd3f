import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { waitFor } from '../../support/process.js';
import { asUser } from '../support/as-user.js';
import { requireTool } from '../support/requirements.js';
import { itWorks, type Passage } from './passage.js';
import { program, serve, TypedProcess } from './real-program.js';

/** The journal's clients make their send buffers as large as they may; what is larger still they hand over in a descriptor. */
const LARGE = 'x'.repeat(3_000_000);
const HUGE = 'x'.repeat(12_000_000);

interface Entry {
  readonly MESSAGE: string;
  readonly SYSLOG_IDENTIFIER: string;
  readonly _PID: string;
  readonly _UID: string;
  readonly _COMM?: string;
  readonly _TRANSPORT: string;
}

describe("systemd's journal", () => {
  requireTool('systemd-cat', 'apt-get install systemd');
  requireTool('unshare', 'apt-get install util-linux');

  itWorks(
    'takes small and large entries by datagram, and huge ones by descriptor',
    async (passage, cleanup) => {
      const entries = await startJournal(passage, cleanup);
      for (const text of ['small', LARGE, HUGE]) {
        const logger = await startClient(passage, cleanup, 'logger', '--journald');
        logger.type(`MESSAGE=${text}\nSYSLOG_IDENTIFIER=test\n`);
        logger.hush();
        assert.equal((await logger.exited).code, 0, logger.describe());
        const entry = await waitFor(`the entry of ${text.length} bytes`, () => {
          return entries().find(({ MESSAGE }) => MESSAGE === text);
        });
        assert.deepEqual([entry._TRANSPORT, entry._UID], ['journal', '0']);
      }
      await passage.assertBooks({ sentOperations: 3, sentDescriptors: 1, receivedOperations: 0 });
    },
    { name: 'socket' },
  );

  itWorks(
    'takes the lines of a service',
    async (passage, cleanup) => {
      const entries = await startJournal(passage, cleanup);
      const service = await startClient(
        passage,
        cleanup,
        ...asUser('daemon', 'systemd-cat', ['--identifier=test', 'cat']),
      );
      service.type('one\ntwo\n');
      const heard = await waitFor('two lines', () => {
        const own = entries().filter(({ SYSLOG_IDENTIFIER }) => SYSLOG_IDENTIFIER === 'test');
        return own.length === 2 && own;
      });
      service.hush();
      assert.equal((await service.exited).code, 0);
      assert.deepEqual(
        heard.map(({ MESSAGE, _PID, _COMM }) => [MESSAGE, _PID, _COMM]),
        ['one', 'two'].map((line) => [line, `${service.pid}`, 'cat']),
      );
      await passage.assertBooks({ connections: 1, receivedBytes: 0, sentDescriptors: 0 });
    },
    { name: 'stdout' },
  );
});

/** Gives the entries of the journal so far. */
async function startJournal(passage: Passage, cleanup: Cleanup): Promise<() => Entry[]> {
  const files = cleanup.directory();
  const args = [program('journald.sh'), dirname(passage.upstream), files];
  await passage.open(await serve(cleanup, 'unshare', ['--mount', 'sh', ...args]));
  return () => {
    const options = [`--directory=${files}/journal`, '--output=json', '--all', '--quiet'];
    const lines = execFileSync('journalctl', options, { encoding: 'utf8', maxBuffer: 64 << 20 })
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Entry);
  };
}

/** Starts a program that finds the journal where the journal is. */
function startClient(passage: Passage, cleanup: Cleanup, ...command: string[]): Promise<TypedProcess> {
  const args = ['--mount', 'sh', program('with-journal.sh'), dirname(passage.socket), ...command];
  return TypedProcess.start(cleanup, 'unshare', args);
}
