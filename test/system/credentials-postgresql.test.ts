import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from '../support/cleanup.js';
import { startProcess, waitFor } from '../support/process.js';
import { accountOf } from './support/account.js';
import { asUser, directoryOf, type Outcome, relayed, runAs } from './support/as-user.js';
import { requireTool } from './support/requirements.js';

const SOCKET = '.s.PGSQL.5432';
const VERSIONS = '/usr/lib/postgresql';

/** Where Debian has the server's commands, of the newest version there is. */
function serverCommand(name: string): string {
  const [newest] = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  return join(VERSIONS, newest, 'bin', name);
}

describe('PostgreSQL with peer authentication, through the relay', () => {
  requireTool('psql', 'apt-get install postgresql');
  const cleanup = new Cleanup();
  let direct: string;
  let relay: string;

  before(async function () {
    this.timeout(120_000);
    const { uid, gid } = accountOf('postgres');
    direct = directoryOf(cleanup, uid, gid);
    const data = join(direct, 'data');
    const initialized = await runAs('postgres', serverCommand('initdb'), [
      `--pgdata=${data}`,
      '--auth=peer',
      '--no-sync',
    ]);
    assert.equal(initialized.code, 0, initialized.output);
    const settings = ['fsync=off', 'listen_addresses=', `unix_socket_directories=${direct}`];
    const [command, ...args] = asUser('postgres', serverCommand('postgres'), [
      '-D',
      data,
      ...settings.flatMap((setting) => ['-c', setting]),
    ]);
    const server = await startProcess({ command, args, cwd: '/' });
    // Fast shutdown: it does not wait for those who are connected.
    cleanup.defer(async () => {
      server.signal('SIGINT');
      await server.exited;
    });
    await server.waitForOutput('database system is ready');
    await waitFor('the socket of PostgreSQL', () => existsSync(join(direct, SOCKET)), { process: server });
    for (const name of ['daemon', 'games']) {
      const created = await query('postgres', 'postgres', direct, `CREATE ROLE ${name} LOGIN`);
      assert.equal(created.code, 0, created.output);
    }
    relay = await relayed(cleanup, direct, SOCKET);
  });

  after(() => cleanup.run());

  function query(user: string, role: string, directory: string, sql: string): Promise<Outcome> {
    const options = ['-X', '-t', '-A', '-h', directory, '-U', role, '-d', 'postgres', '-c', sql];
    return runAs(user, 'psql', options, [directory]);
  }

  /** What it is as somebody, which must be the same through the relay. */
  async function asDirectly(user: string, role: string): Promise<Outcome> {
    const sql = 'SELECT current_user';
    const expected = await query(user, role, direct, sql);
    assert.deepEqual(await query(user, role, relay, sql), expected);
    return expected;
  }

  for (const user of ['postgres', 'daemon', 'games']) {
    it(`lets ${user} in as ${user}`, async () => {
      assert.deepEqual(await asDirectly(user, user), { code: 0, output: user });
    });
  }

  for (const [user, role] of [
    ['games', 'daemon'],
    ['daemon', 'postgres'],
    ['root', 'postgres'],
    ['nobody', 'postgres'],
  ]) {
    it(`does not let ${user} in as ${role}`, async () => {
      const { code, output } = await asDirectly(user, role);
      assert.notEqual(code, 0);
      assert.match(output, new RegExp(`Peer authentication failed for user "${role}"`));
    });
  }

  it('does not know nobody', async () => {
    const { code, output } = await asDirectly('nobody', 'nobody');
    assert.notEqual(code, 0);
    assert.match(output, /role "nobody" does not exist/);
  });
});
