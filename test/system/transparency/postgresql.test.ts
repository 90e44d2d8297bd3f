import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { waitFor } from '../../support/process.js';
import { asUser, runAs } from '../support/as-user.js';
import { POSTGRESQL_SOCKET, postgresqlCommand, servePostgresql } from '../support/postgresql.js';
import { requireTool } from '../support/requirements.js';
import { itWorks, type Passage } from './passage.js';
import { TypedProcess } from './real-program.js';

const ROWS = 50_000;

describe('PostgreSQL', () => {
  requireTool('psql', 'apt-get install postgresql');
  const options = { name: POSTGRESQL_SOCKET, owner: 'postgres' };

  itWorks(
    'takes and gives back a table',
    async (passage, cleanup) => {
      await open(passage, cleanup);
      const rows = Array.from({ length: ROWS }, (_, i) => `${i}\t${'x'.repeat(i % 97)}\n`).join('');
      const script = [
        'CREATE TABLE things (id integer, text text);',
        '\\copy things FROM STDIN',
        `${rows}\\.`,
        '\\copy (SELECT * FROM things ORDER BY id) TO STDOUT',
      ];
      const psql = await startPsql(passage, cleanup);
      psql.type(`${script.join('\n')}\n`);
      psql.hush();
      assert.equal((await psql.exited).code, 0, psql.describe());
      // What it says at the end: it keeps only the newest part.
      const sum = await ask(
        passage,
        "SELECT md5(string_agg(id || E'\\t' || text || E'\\n', '' ORDER BY id)) FROM things",
      );
      assert.equal(sum, createHash('md5').update(rows).digest('hex'));
      assert.ok(`CREATE TABLE\nCOPY ${ROWS}\n${rows}`.endsWith(psql.output));
      await passage.assertCounted('rows both ways', ({ connections, sentBytes, receivedBytes }) => {
        assert.equal(connections, 2);
        assert.ok(sentBytes > rows.length && receivedBytes > rows.length, `${sentBytes} ${receivedBytes}`);
      });
    },
    options,
  );

  itWorks(
    'serves many clients at once, each its transactions',
    async (passage, cleanup) => {
      await open(passage, cleanup);
      const database = ['--host', dirname(passage.socket), 'postgres'];
      const bench = async (...args: string[]) => {
        const { code, output } = await runAs('postgres', postgresqlCommand('pgbench'), [
          ...args,
          ...database,
        ]);
        assert.equal(code, 0, output);
        return output;
      };
      await bench('--initialize', '--quiet');
      const said = await bench('--client=8', '--transactions=50', '--protocol=prepared', '--no-vacuum');
      assert.match(said, /number of transactions actually processed: 400\/400/);
      assert.match(said, /number of failed transactions: 0 /);
      assert.equal(await ask(passage, 'SELECT count(*) FROM pgbench_history'), '400');
      await passage.assertCounted('the clients', ({ connections }) => assert.ok(connections >= 10));
    },
    options,
  );

  itWorks(
    'notifies, and cancels what takes too long',
    async (passage, cleanup) => {
      await open(passage, cleanup);
      const listener = await startPsql(passage, cleanup);
      listener.type('LISTEN news;\n');
      await listener.waitForOutput('LISTEN');
      await ask(passage, "NOTIFY news, 'something new'");
      listener.type('SELECT 1;\n');
      await listener.waitForOutput(/Asynchronous notification "news" with payload "something new"/);
      listener.type('SELECT pg_sleep(60);\n');
      const sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60);'";
      await waitFor('the server to sleep', async () => (await ask(passage, sleeping)) === '1');
      // psql connects once more to have its query cancelled.
      listener.signal('SIGINT');
      await listener.waitForOutput('canceling statement due to user request');
    },
    options,
  );
});

async function open(passage: Passage, cleanup: Cleanup): Promise<void> {
  await passage.open(await servePostgresql(cleanup, dirname(passage.upstream)));
}

function psqlArguments(passage: Passage): string[] {
  return ['-X', '-t', '-A', '-h', dirname(passage.socket), 'postgres'];
}

function startPsql(passage: Passage, cleanup: Cleanup): Promise<TypedProcess> {
  const [command, ...args] = asUser('postgres', 'psql', psqlArguments(passage));
  return TypedProcess.start(cleanup, command, args, { HOME: '/' });
}

async function ask(passage: Passage, sql: string): Promise<string> {
  const { code, output } = await runAs('postgres', 'psql', [...psqlArguments(passage), '-c', sql]);
  assert.equal(code, 0, output);
  return output;
}
