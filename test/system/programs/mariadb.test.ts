import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { CallRecord, UNTIMED } from '../../support/call-record.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { directoryOf, runAs } from '../support/as-user.js';
import { findTool, requireTool } from '../support/requirements.js';

const CALLS = 30;

describe('MariaDB and its clients', () => {
  const cleanup = new Cleanup();
  requireTool('mariadbd', 'apt-get install mariadb-server');
  afterEach(() => cleanup.run());

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    it(`are told as the clients know it, with ${kept} captured`, async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      await serve(agent.upstream);
      const record = new CallRecord();
      const ask = (summary: string, call: () => Promise<unknown>) =>
        record.ask(summary, call, (error) => String((error as { errno: number }).errno));
      const client = await createConnection({ socketPath: agent.listen, user: 'root' });
      await ask('CREATE DATABASE shop', () => client.query('CREATE DATABASE shop'));
      await ask('USE shop', () => client.query('USE shop'));
      await ask('CREATE TABLE orders', () => client.query('CREATE TABLE orders (id INT PRIMARY KEY)'));
      for (let i = 0; i < CALLS; i++)
        await ask('INSERT orders', () => client.query('INSERT INTO orders VALUES (?)', [i]));
      await ask('INSERT orders', () => client.query('INSERT INTO orders VALUES (1)'));
      await ask('SELECT gone', () => client.query('SELECT id FROM gone'));
      await ask('_OTHER', () => client.query('SELEC 1'));
      await ask('SELECT seq_{n}_to_{n}', () => client.query('SELECT seq FROM seq_1_to_20000'));
      // Answers that are captured whole, and those of which the beginning and the end are, which may be all there is of them.
      for (let length = 100; length < 1000; length += 50)
        await ask('SELECT', () => client.query(`SELECT REPEAT('x', ${length})`));
      await ask('SELECT gone', () => client.query('SELECT id FROM gone'));
      record.answered('PREPARE SELECT orders', UNTIMED);
      for (let i = 0; i < CALLS; i++)
        await ask('SELECT orders', () => client.execute('SELECT id FROM orders WHERE id = ?', [i]));
      await ask('PING', () => client.ping());
      await client.end();
      record.notified('QUIT');
      await agent.assertTrue({ client: record });
    });
  }

  async function serve(socket: string): Promise<void> {
    const data = join(directoryOf(cleanup, 0, 0), 'data');
    const installed = await runAs('root', 'mariadb-install-db', [
      '--no-defaults',
      '--user=root',
      `--datadir=${data}`,
      '--auth-root-authentication-method=socket',
      '--skip-test-db',
    ]);
    assert.equal(installed.code, 0, installed.output);
    const args = [
      '--no-defaults',
      '--user=root',
      `--datadir=${data}`,
      `--socket=${socket}`,
      '--skip-networking',
    ];
    const server = await startProcess({ command: findTool('mariadbd') ?? 'mariadbd', args });
    cleanup.defer(() => server.kill());
    await server.waitForOutput('ready for connections', 60_000);
    await waitFor('the socket of MariaDB', () => isListening(socket), { process: server });
  }
});
