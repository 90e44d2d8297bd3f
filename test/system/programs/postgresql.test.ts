import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type AgentOptions, CapturingAgent, type Counts } from '../../support/capturing-agent.js';
import { Cleanup } from '../../support/cleanup.js';
import { accountOf } from '../support/account.js';
import { directoryOf } from '../support/as-user.js';
import { POSTGRESQL_SOCKET, postgresqlCommand, servePostgresql } from '../support/postgresql.js';
import { requireTool } from '../support/requirements.js';
import { client, PYTHON } from '../transparency/real-program.js';

const TRANSACTIONS = 100;

/** Room for all that a busy machine is slow to read: what is lost is tested elsewhere. */
const CAPTURE = { ring_buffer: { entries: 65_536, max_bytes: '64MiB' } };

/** What pgbench runs in a transaction by default. */
const TRANSACTION = [
  'BEGIN',
  'UPDATE pgbench_accounts',
  'SELECT pgbench_accounts',
  'UPDATE pgbench_tellers',
  'UPDATE pgbench_branches',
  'INSERT pgbench_history',
  'END',
];

/** Three inserts in a pipeline, the second of which fails, so that the third is not tried. */
const PIPELINE = `
import logging, psycopg, sys
# Whether it warns of a pipeline that ends aborted depends on how soon it reads the answer.
logging.getLogger("psycopg").setLevel(logging.ERROR)
with psycopg.connect(host=sys.argv[1], user="postgres", dbname="postgres", autocommit=True) as connection:
    connection.execute("CREATE TABLE piped (n integer PRIMARY KEY)")
    with connection.pipeline():
        for n in range(50):
            connection.execute("INSERT INTO piped VALUES (%s)", [n])
    try:
        with connection.pipeline():
            connection.execute("DELETE FROM piped WHERE n = %s", [0])
            connection.execute("INSERT INTO piped VALUES (%s)", [1])
            connection.execute("UPDATE piped SET n = %s", [1])
    except psycopg.errors.UniqueViolation:
        print("violated")
    with connection.cursor() as cursor:
        with cursor.copy("COPY piped FROM STDIN") as copy:
            for n in range(100, 200):
                copy.write_row([n])
        with cursor.copy("COPY piped TO STDOUT") as copy:
            print(sum(1 for _ in copy.rows()))
`;

interface NodeClient {
  connect(): Promise<void>;
  query(query: string | { name?: string; text: string; values: unknown[] }): Promise<{ rowCount: number }>;
  on(event: 'notification', heard: (message: { channel: string }) => void): void;
  end(): Promise<void>;
}

const { Client } = createRequire(import.meta.url)('pg') as { Client: new (options: object) => NodeClient };

describe('PostgreSQL', function () {
  this.timeout(120_000);
  requireTool('psql', 'apt-get install postgresql');

  const cleanup = new Cleanup();
  after(() => cleanup.run());
  let upstream: string;
  let agent: CapturingAgent;
  let relay: string;
  const perTest = new Cleanup();
  afterEach(() => perTest.run());

  before(async () => {
    const { uid, gid } = accountOf('postgres');
    upstream = directoryOf(cleanup, uid, gid);
    await servePostgresql(cleanup, upstream, 'trust');
    await client(postgresqlCommand('pgbench'), ['--initialize', '--quiet', ...at(upstream)]);
  });

  beforeEach(() => start());

  const at = (directory: string) => ['-h', directory, '-U', 'postgres', 'postgres'];

  async function start(options: AgentOptions = {}): Promise<void> {
    relay = directoryOf(perTest);
    const socket = { listen: join(relay, POSTGRESQL_SOCKET), upstream: join(upstream, POSTGRESQL_SOCKET) };
    agent = new CapturingAgent(perTest);
    await agent.start({ capture: CAPTURE, ...options, socket });
  }

  /** What psql says, errors included. */
  async function psql(...commands: string[]): Promise<void> {
    const each = commands.flatMap((command) => ['-c', command]);
    await client('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=0', ...each, ...at(relay)]).catch(() => '');
  }

  /** Calls by summary and error, those that are noted or unknown included. */
  async function told(): Promise<Counts> {
    const counts = new Map<string, number>();
    for (const { labels, value } of (await agent.metrics()).get('uds_method_calls_total')?.samples ?? []) {
      assert.equal(labels['db_system_name'], 'postgresql');
      assert.equal(labels['db_response_status_code'], /^[0-9A-Z]{5}$/.exec(labels['error_type'] ?? '')?.[0]);
      const outcome = labels['udscope_outcome'] ?? labels['error_type'];
      const key = [labels['db_query_summary'], outcome].filter((part) => part !== undefined).join(' ');
      counts.set(key, (counts.get(key) ?? 0) + value);
    }
    return Object.fromEntries(counts);
  }

  /** What is told at the end is what is expected, and nothing was not understood. */
  async function assertTold(expected: Counts): Promise<void> {
    const sum = (counts: Counts) => Object.values(counts).reduce((total, count) => total + count, 0);
    await agent
      .until('every call to be told', async () => {
        const isEnded = (await agent.sum('udscope_enrich_active_calls')) === 0;
        return isEnded && sum(await told()) >= sum(expected);
      })
      .catch(() => {});
    assert.deepEqual(await told(), expected);
    for (const name of ['undecodable', 'unmatched_responses', 'unknown_outcomes']) {
      assert.equal(await agent.sum(`udscope_enrich_${name}_total`), 0, name);
    }
  }

  for (const mode of ['simple', 'extended', 'prepared']) {
    it(`is told as pgbench counts its transactions, which are ${mode}`, async () => {
      const options = ['-n', '-M', mode, '-c', '2', '-t', String(TRANSACTIONS / 2), ...at(relay)];
      const output = await client(postgresqlCommand('pgbench'), options);
      assert.match(output, new RegExp(`actually processed: ${TRANSACTIONS}/${TRANSACTIONS}`));
      const expected: Record<string, number> = {};
      for (const statement of TRANSACTION) expected[statement] = TRANSACTIONS;
      // Each of its two clients prepares each statement once.
      if (mode === 'prepared') for (const statement of TRANSACTION) expected[`PREPARE ${statement}`] = 2;
      // What it asks before it begins.
      for (const [name, count] of Object.entries(await told())) {
        if (name.startsWith('select ')) expected[name] = count;
      }
      await assertTold(expected);
    });
  }

  it('has the errors that psql has, and its copies', async () => {
    await psql(
      'CREATE TABLE once (n integer PRIMARY KEY)',
      'INSERT INTO once VALUES (1)',
      'INSERT INTO once VALUES (1)',
      'SELECT * FROM missing',
      'SELECT 1/0 FROM once',
      'SELEC',
      'COPY once TO STDOUT',
      'SELECT pg_sleep(5) FROM once WHERE n = 2',
      'DROP TABLE once',
    );
    await assertTold({
      'CREATE TABLE once': 1,
      'INSERT once': 1,
      'INSERT once 23505': 1,
      'SELECT missing 42P01': 1,
      'SELECT once': 1,
      'SELECT once 22012': 1,
      '_OTHER 42601': 1,
      'COPY once': 1,
      'DROP TABLE once': 1,
    });
    assert.equal(await agent.sum('db_client_operation_duration_seconds', {}, '_count'), 9);
    assert.equal(await agent.sum('uds_method_calls_total', { db_namespace: 'postgres' }), 9);
  });

  it('has the pipelines and copies of psycopg, and what an error has the server skip', async () => {
    assert.equal(await client(PYTHON, ['-c', PIPELINE, relay]), 'violated\n150\n');
    const counts = await told();
    assert.equal(counts['INSERT piped'], 50, JSON.stringify(counts));
    assert.equal(counts['INSERT piped 23505'], 1);
    assert.equal(counts['DELETE piped'], 1);
    assert.equal(counts['UPDATE piped pipeline_aborted'], 1);
    assert.equal(counts['COPY piped'], 2);
    assert.equal(
      Object.keys(counts).some((key) => /unknown|no_response|_OTHER/.test(key)),
      false,
    );
  });

  it('has the named statements of node-postgres, and what it hears', async () => {
    const one = new Client({ host: relay, user: 'postgres', database: 'postgres' });
    await one.connect();
    const heard: string[] = [];
    one.on('notification', ({ channel }) => heard.push(channel));
    await one.query('LISTEN orders');
    for (let i = 0; i < 20; i++) {
      await one.query({ name: 'get', text: 'SELECT * FROM pgbench_tellers WHERE tid = $1', values: [i] });
    }
    await one.query({ text: 'SELECT * FROM pgbench_branches WHERE bid = $1', values: [1] });
    await assert.rejects(one.query({ text: 'SELECT * FROM missing WHERE a = $1', values: [1] }));
    await one.query("NOTIFY orders, 'hunter2'");
    await agent.until('it to hear', async () => heard.length === 1);
    await one.end();
    await assertTold({
      LISTEN: 1,
      'SELECT pgbench_tellers': 20,
      'SELECT pgbench_branches': 1,
      'SELECT missing 42P01': 1,
      NOTIFY: 2,
    });
  });

  it('has a query that was cancelled, and who cancelled it', async () => {
    const script = `
import psycopg, sys, threading
connection = psycopg.connect(host=sys.argv[1], user="postgres", dbname="postgres", autocommit=True)
threading.Timer(0.3, connection.cancel).start()
try:
    connection.execute("SELECT pg_sleep(60) FROM pgbench_branches")
except psycopg.errors.QueryCanceled:
    print("cancelled")
connection.close()
`;
    assert.equal(await client(PYTHON, ['-c', script, relay]), 'cancelled\n');
    await assertTold({ 'SELECT pgbench_branches 57014': 1, CANCEL: 1 });
  });
});
