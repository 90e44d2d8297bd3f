import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { geteuid } from 'node:process';
import { useCleanup } from '../support/cleanup.js';
import { startCommand } from '../support/udscope.js';

const NOBODY = 65_534;

/** Answers as an agent does, and names a file as its configuration. Its pid is its own. */
const AGENT = `
const [, , socket, file] = process.argv;
const status = {
  ...{ version: '1', pid: process.pid, startedMs: 0, configuration: { files: [file] } },
  ...{ receivers: [], exporters: [], losses: [] },
};
require('node:http')
  .createServer((request, response) => response.end(JSON.stringify(request.url === '/v1/status' ? status : [])))
  .listen(socket, () => console.log('listening'));
`;

describe('udscope doctor, asking an agent of another user', () => {
  const cleanup = useCleanup();

  it('shows nothing of a file which that one may not read', async function () {
    // Only root can be asked by another user, and can read everything.
    if (geteuid?.() !== 0) this.skip();
    const directory = cleanup.directory();
    chmodSync(directory, 0o755);
    const own = `${directory}/own`;
    mkdirSync(own);
    chownSync(own, NOBODY, NOBODY);
    writeFileSync(`${directory}/secret`, 'root: hush-hush\n', { mode: 0o600 });
    writeFileSync(`${directory}/udscope`, AGENT);
    // Whatever the umask is.
    chmodSync(`${directory}/udscope`, 0o644);
    const args = [`${directory}/udscope`, `${own}/c.sock`, `${directory}/secret`];
    const agent = spawn(process.execPath, args, { uid: NOBODY, gid: NOBODY, cwd: '/' });
    cleanup.defer(() => void agent.kill());
    const isListening = await Promise.race([
      once(agent.stdout, 'data').then(() => true),
      once(agent, 'exit').then(() => false),
    ]);
    assert.ok(isListening);
    const command = await startCommand({ args: ['doctor', '--json', '--control', `${own}/c.sock`] });
    await command.exited;
    assert.doesNotMatch(command.output, /hush|"root"/);
    assert.match(command.output, /the agent is one of user 65534/);
  });
});
