import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { geteuid } from 'node:process';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { useCleanup } from '../support/cleanup.js';
import { type RealProcess, startProcess } from '../support/process.js';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const isRoot = geteuid?.() === 0;

describe('udscope without the right to act as others', () => {
  const cleanup = useCleanup();

  /** As whoever runs the tests; of root the capabilities are taken away that it takes. */
  async function udscope(...args: string[]): Promise<RealProcess> {
    const lower = ['--bounding-set=-setuid,-setgid,-sys_nice', '--inh-caps=-setuid,-setgid,-sys_nice'];
    const command = isRoot ? ['setpriv', ...lower, process.execPath] : [process.execPath];
    const started = await startProcess({
      command: command[0],
      args: [...command.slice(1), COMMAND, ...args],
    });
    cleanup.defer(() => started.kill());
    return started;
  }

  it('does not start with a socket that is to be connected as the client, and says where that is written', async () => {
    const directory = cleanup.directory();
    const file = `${directory}/udscope.yaml`;
    const socket = { listen: `${directory}/a`, upstream: `${directory}/b`, credentials: 'client' };
    const configuration = {
      receivers: { uds: { sockets: [socket] } },
      exporters: { debug: {} },
      service: { pipelines: { metrics: { receivers: ['uds'], exporters: ['debug'] } } },
    };
    writeFileSync(file, stringify(configuration));
    const agent = await udscope('run', '--config', file);
    assert.deepEqual(await agent.exited, { code: 1, signal: null });
    assert.match(
      agent.output,
      /udscope\.yaml:\d+: credentials: client needs CAP_SETUID and CAP_SETGID, and .* \(setgroups: EPERM\)/,
    );
  });

  it('connects as itself otherwise, and says so', async () => {
    const directory = cleanup.directory();
    const agent = await udscope(
      'relay',
      `${directory}/a`,
      `${directory}/b`,
      '--no-control',
      '--prometheus',
      'localhost:0',
    );
    await agent.waitForOutput('udscope is ready');
    assert.match(
      agent.output,
      isRoot ? /WARN.*EVERY CLIENT IS ROOT/ : /INFO.*sees udscope and not its clients/,
    );
    assert.match(agent.output, /setgroups: EPERM/);
    assert.match(agent.output, /INFO.*relay threads are no more urgent .*\(nice -5: EACCES\)/);
  });

  it('takes the word of the command line for it', async () => {
    const directory = cleanup.directory();
    const paths = [`${directory}/a`, `${directory}/b`];
    const strict = await udscope('relay', ...paths, '--no-control', '--credentials', 'client');
    assert.deepEqual(await strict.exited, { code: 1, signal: null });
    assert.match(strict.output, /udscope relay: credentials: client needs CAP_SETUID/);
    const wrong = await udscope('relay', ...paths, '--no-control', '--credentials', 'root');
    assert.equal((await wrong.exited).code, 1);
    assert.match(wrong.output, /--credentials: "root" is not one of client, self/);
  });
});
