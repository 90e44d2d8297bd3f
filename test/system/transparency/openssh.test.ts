import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { waitFor } from '../../support/process.js';
import { findTool, requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { client, serve, TypedProcess } from './real-program.js';

/** Only the master resolves a name, and it does not either. */
const HOST = 'host';
/** Where sshd has unprivileged processes of its own; its package's service makes it. */
const PRIVILEGE_SEPARATION = '/run/sshd';

describe('OpenSSH', () => {
  requireTool('ssh', 'apt-get install openssh-client');
  requireTool('sshd', 'apt-get install openssh-server');

  // Whoever shares a master's connection hands it the standard streams of his own session, behind a few messages.
  itWorks("runs sessions over a master's connection", async (passage, cleanup) => {
    const master = await serve(cleanup, 'ssh', await masterArguments(cleanup, passage.upstream));
    await passage.open(master);
    const shared = ['-F', 'none', '-o', `ControlPath=${passage.socket}`, HOST];

    const session = await TypedProcess.start(cleanup, 'ssh', [...shared, 'cat; echo said >&2; exit 7']);
    session.type('typed\n');
    session.hush();
    assert.equal((await session.exited).code, 7, session.describe());
    assert.deepEqual(session.output.trim().split('\n').sort(), ['said', 'typed']);
    const terminal = await TypedProcess.start(cleanup, 'script', [
      ...['-qefc', `ssh -t ${shared.join(' ')} tty`, '/dev/null'],
    ]);
    assert.equal((await terminal.exited).code, 0, terminal.describe());
    assert.match(terminal.output, /^\/dev\/pts\/\d+\r\n/);
    const control = (command: string) =>
      client('ssh', ['-F', 'none', '-S', passage.socket, '-O', command, HOST]);
    assert.match(await control('check'), /^Master running \(pid=\d+\)/);
    await passage.assertBooks({ connections: 3, sentDescriptors: 6, receivedDescriptors: 0 });

    assert.equal(await control('exit'), 'Exit request sent.\r\n');
    await waitFor('the socket to go', () => !existsSync(passage.socket));
    const late = await TypedProcess.start(cleanup, 'ssh', [
      '-F',
      'none',
      '-S',
      passage.socket,
      '-O',
      'check',
      HOST,
    ]);
    assert.equal((await late.exited).code, 255);
    assert.equal(late.output, `Control socket connect(${passage.socket}): No such file or directory\r\n`);
  });
});

/** Of a master whose server is a process of its own, with keys of their own: there is no network, and no service. */
async function masterArguments(cleanup: Cleanup, socket: string): Promise<string[]> {
  const directory = cleanup.directory();
  const [host, user, configuration] = ['host', 'user', 'configuration'].map((name) => join(directory, name));
  for (const key of [host, user]) await client('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const settings = [`HostKey ${host}`, `AuthorizedKeysFile ${user}.pub`, 'StrictModes no', 'UsePAM no'];
  writeFileSync(configuration, [...settings, 'PidFile none', ''].join('\n'));
  mkdirSync(PRIVILEGE_SEPARATION, { recursive: true });
  const options = [
    `ProxyCommand=${findTool('sshd')} -i -f ${configuration}`,
    ...[`IdentityFile=${user}`, 'IdentitiesOnly=yes', 'StrictHostKeyChecking=no', 'LogLevel=ERROR'],
    'UserKnownHostsFile=/dev/null',
  ];
  return ['-F', 'none', ...options.flatMap((option) => ['-o', option]), '-M', '-N', '-S', socket, HOST];
}
