import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Cleanup } from '../support/cleanup.js';
import { isListening } from '../support/listening.js';
import { startProcess, waitFor } from '../support/process.js';
import { accountOf } from './support/account.js';
import { directoryOf, type Outcome, relayed, runAs } from './support/as-user.js';
import { findTool, requireTool } from './support/requirements.js';

const SOCKET = 'mysqld.sock';

describe('MariaDB with its default login of root, through the relay', () => {
  requireTool('mariadbd', 'apt-get install mariadb-server');
  const cleanup = new Cleanup();
  let direct: string;
  let relay: string;

  before(async function () {
    this.timeout(120_000);
    const { uid, gid } = accountOf('mysql');
    direct = directoryOf(cleanup, uid, gid);
    const data = join(direct, 'data');
    const installed = await runAs('root', 'mariadb-install-db', [
      '--no-defaults',
      '--user=mysql',
      `--datadir=${data}`,
      '--auth-root-authentication-method=socket',
      '--skip-test-db',
    ]);
    assert.equal(installed.code, 0, installed.output);
    const server = await startProcess({
      command: findTool('mariadbd') ?? 'mariadbd',
      args: [
        '--no-defaults',
        '--user=mysql',
        `--datadir=${data}`,
        `--socket=${join(direct, SOCKET)}`,
        `--pid-file=${join(data, 'pid')}`,
        '--skip-networking',
      ],
    });
    cleanup.defer(() => server.stop());
    await server.waitForOutput('ready for connections', 60_000);
    await waitFor('the socket of MariaDB', () => isListening(join(direct, SOCKET)), { process: server });
    relay = await relayed(cleanup, direct, SOCKET);
  });

  after(() => cleanup.run());

  /** What it is as somebody who says he is root, which must be the same through the relay. */
  async function asDirectly(user: string): Promise<Outcome> {
    const ask = (directory: string) =>
      runAs(user, 'mariadb', [
        '--no-defaults',
        '--user=root',
        `--socket=${join(directory, SOCKET)}`,
        '--skip-column-names',
        '--execute=SELECT CURRENT_USER()',
      ]);
    const expected = await ask(direct);
    assert.deepEqual(await ask(relay), expected);
    return expected;
  }

  it('lets root in', async () => {
    assert.deepEqual(await asDirectly('root'), { code: 0, output: 'root@localhost' });
  });

  for (const user of ['daemon', 'nobody', '1000:1000']) {
    it(`does not take ${user} for root`, async () => {
      const { code, output } = await asDirectly(user);
      assert.notEqual(code, 0);
      assert.match(output, /Access denied for user 'root'@'localhost'/);
    });
  }
});
