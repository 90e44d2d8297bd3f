import assert from 'node:assert/strict';
import { Cleanup } from '../support/cleanup.js';
import { accountOf } from './support/account.js';
import { directoryOf, type Outcome, relayed, runAs } from './support/as-user.js';
import { POSTGRESQL_SOCKET, servePostgresql } from './support/postgresql.js';
import { requireTool } from './support/requirements.js';

describe('PostgreSQL with peer authentication, through the relay', () => {
  requireTool('psql', 'apt-get install postgresql');
  const cleanup = new Cleanup();
  let direct: string;
  let relay: string;

  before(async function () {
    this.timeout(120_000);
    const { uid, gid } = accountOf('postgres');
    direct = directoryOf(cleanup, uid, gid);
    await servePostgresql(cleanup, direct);
    for (const name of ['daemon', 'games']) {
      const created = await query('postgres', 'postgres', direct, `CREATE ROLE ${name} LOGIN`);
      assert.equal(created.code, 0, created.output);
    }
    relay = await relayed(cleanup, direct, POSTGRESQL_SOCKET);
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
