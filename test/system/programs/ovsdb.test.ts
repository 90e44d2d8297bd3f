import assert from 'node:assert/strict';
import { join } from 'node:path';
import { CallRecord, UNTIMED } from '../../support/call-record.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { type RealProcess, startProcess, waitFor } from '../../support/process.js';
import { repeat } from '../../support/repeat.js';
import { CAPTURES, identity, TellingAgent } from '../../support/telling-agent.js';
import { findTool, requireTool } from '../support/requirements.js';

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';

/** What a client writes of a message that it sends or receives. */
const LOGGED = /\|jsonrpc\|DBG\|unix:\S+: (send|received) (request|notification|reply|error), (.*)$/gm;

/** The server asks a client whether it is still there when it has not heard of it for so long. */
const PROBE_MS = 1000;

describe('ovsdb-server and its clients', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  requireTool('ovsdb-server', 'apt-get install openvswitch-switch');

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    it(`are told as the clients know it, with ${kept} captured`, async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      await serve(agent.upstream);
      const database = `unix:${agent.listen}`;
      const clients: RealProcess[] = [];
      const run = async (name: string, ...args: string[]) => {
        const client = await startClient(name, args);
        clients.push(client);
        return client;
      };
      const watching = await run('ovsdb-client', 'monitor', database, 'Open_vSwitch', 'Bridge', 'name');
      await watching.waitForOutput('received reply, result={}, id=3');
      for (const args of CONVERSATIONS(database)) await (await run(...args)).exited;
      await watching.waitForOutput('send reply, result=[], id="echo"');
      await watching.kill();
      const { record, identities } = recordOf(clients.map(({ output }) => output));
      const { calls } = record;
      assert.ok(
        calls['update'] === 40 && calls['echo']! > 0 && calls['transact _OTHER'] === 1,
        JSON.stringify(calls),
      );
      await agent.assertTrue({ client: record, identities });
    });
  }

  async function serve(path: string): Promise<void> {
    const directory = cleanup.directory();
    const file = join(directory, 'conf.db');
    const made = await startProcess({ command: 'ovsdb-tool', args: ['create', file, SCHEMA] });
    assert.equal((await made.exited).code, 0, made.describe());
    const remotes = [
      `--remote=punix:${join(directory, 'own.sock')}`,
      '--remote=db:Open_vSwitch,Open_vSwitch,manager_options',
    ];
    const args = [...remotes, `--unixctl=${join(directory, 'ctl')}`, '--no-chdir', file];
    const server = await startProcess({ command: findTool('ovsdb-server') ?? 'ovsdb-server', args });
    cleanup.defer(() => server.stop());
    await waitFor('the database to listen', () => isListening(join(directory, 'own.sock')), {
      process: server,
    });
    // A socket that is not named so has no probes.
    const manager = [
      'init',
      '--',
      'set-manager',
      `punix:${path}`,
      '--',
      'set',
      'manager',
      '.',
      `inactivity_probe=${PROBE_MS}`,
    ];
    const setting = await startClient('ovs-vsctl', [
      `--db=unix:${join(directory, 'own.sock')}`,
      '--no-wait',
      ...manager,
    ]);
    assert.equal((await setting.exited).code, 0, setting.describe());
    await waitFor('the relayed socket', () => isListening(path), { process: server });
  }

  async function startClient(name: string, args: string[]): Promise<RealProcess> {
    const client = await startProcess({
      command: findTool(name) ?? name,
      args: ['-vjsonrpc:console:dbg', ...args],
    });
    cleanup.defer(() => client.kill());
    return client;
  }
});

/** What is asked of a database: short and long, what it refuses, and changes that others are told of. */
const CONVERSATIONS = (database: string): [string, ...string[]][] => {
  const vsctl = ['ovs-vsctl', `--db=${database}`, '--no-wait'] as const;
  const where = '[["name","==","br7"]]';
  const selected = `["Open_vSwitch",{"op":"select","table":"Bridge","where":${where}}]`;
  const wrong = '["Open_vSwitch",{"op":"select","table":"Nothing","where":[]}]';
  return [
    ['ovsdb-client', 'list-dbs', database],
    ['ovsdb-client', 'get-schema', database, 'Open_vSwitch'],
    ['ovsdb-client', 'get-schema', database, 'Nothing'],
    ...repeat(40, (i): [string, ...string[]] => [...vsctl, 'add-br', `br${i}`]),
    [...vsctl, 'show'],
    ['ovsdb-client', 'dump', database],
    ['ovsdb-client', 'transact', database, selected],
    ['ovsdb-client', 'transact', database, wrong],
    ['ovsdb-client', 'transact', database, '["Nothing"]'],
    ['ovsdb-client', 'query', database, selected],
  ];
};

/** What clients have logged of their conversations. */
function recordOf(logs: readonly string[]): { record: CallRecord; identities: string[] } {
  const record = new CallRecord();
  const identities: string[] = [];
  for (const log of logs) {
    const asked = new Map<string, string>();
    for (const [, , kind, members = ''] of log.matchAll(LOGGED)) {
      const method = /^method="([^"]+)"/.exec(members)?.[1] ?? '';
      const id = /id=("?)([^"=]+)\1$/.exec(members)?.[2] ?? '';
      if (kind === 'notification') {
        record.notified(method);
        identities.push(method);
      } else if (kind === 'request') {
        asked.set(id, method);
      } else {
        const error = kind === 'error' ? '_OTHER' : undefined;
        const answered = asked.get(id) ?? assert.fail(`${id} was answered, but not asked: ${log}`);
        record.answered(answered, UNTIMED, error);
        identities.push(identity(answered, id, error));
        asked.delete(id);
      }
    }
    assert.deepEqual([...asked], [], log);
  }
  return { record, identities };
}
