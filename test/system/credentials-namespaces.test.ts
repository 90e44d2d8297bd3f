/** A relay in a user namespace of its own: clients that have no id there, and those that have. */
import assert from 'node:assert/strict';
import { chmodSync, readlinkSync, writeFileSync } from 'node:fs';
import { ALICE, type Person } from '../support/become.js';
import { Child } from '../support/child.js';
import { useCleanup } from '../support/cleanup.js';
import { answer, ClientAs } from '../support/clients-as.js';
import { eventually } from '../support/eventually.js';
import { RawListener } from '../support/raw-stream.js';
import { requireTool } from './support/requirements.js';

/** Runs what follows in a new user namespace, once it is told to go on: when ids have been mapped. */
const IN_USER_NAMESPACE = `exec unshare --user sh -c 'read go && exec "$@"' sh "$0" "$@"; :`;

/** Root stays root; inside, 1 and up are 100001 and up. */
const MAP = '0 0 1\n1 100001 65535\n';

const MAPPED: Person = { uid: 140_001, gid: 140_011, groups: [140_021, 140_022] };
const ROOT: Person = { uid: 0, gid: 0, groups: [] };
const REFUSED = { EOF: 1 };

describe('a relay in a user namespace', () => {
  requireTool('unshare', 'apt-get install util-linux');
  const cleanup = useCleanup();

  async function start(map: string) {
    const directory = cleanup.directory();
    chmodSync(directory, 0o755);
    const path = `${directory}/relay`;
    const upstream = RawListener.listen(`${directory}/upstream`, cleanup);
    const relay = Child.start(cleanup, 'client-relay-process', [path, upstream.path], IN_USER_NAMESPACE);
    const link = (pid: number | string) => readlinkSync(`/proc/${pid}/ns/user`);
    await eventually('it has its own', () => link(relay.pid) !== link('self'));
    for (const kind of ['uid', 'gid']) writeFileSync(`/proc/${relay.pid}/${kind}_map`, map);
    relay.say('go');
    assert.equal(await relay.hear(), 'listening');
    for (const each of [path, upstream.path]) chmodSync(each, 0o777);
    return { upstream, relay, path };
  }

  for (const [name, person] of Object.entries({ 'a user that is mapped': MAPPED, root: ROOT })) {
    it(`connects as ${name}`, async () => {
      const { upstream, path } = await start(MAP);
      const results = (await ClientAs.start(cleanup, person)).ask({ path });
      assert.deepEqual(await answer(upstream, cleanup), person);
      assert.deepEqual(await results, { seen: 1 });
    });
  }

  for (const [name, person, what] of [
    ['a user', ALICE, 'its user is'],
    ['a group', { ...MAPPED, gid: ALICE.gid }, 'a group of it is'],
    ['a supplementary group', { ...MAPPED, groups: [...MAPPED.groups, 7] }, 'a group of it is'],
  ] as const) {
    it(`refuses a client with ${name} that is not mapped, and does not take it for nobody`, async () => {
      const { upstream, relay, path } = await start(MAP);
      assert.deepEqual(await (await ClientAs.start(cleanup, person)).ask({ path }), REFUSED);
      const { refused } = await relay.hear<{ refused: { reason: string } }>();
      assert.equal(refused.reason, `${what} not mapped in our user namespace`);
      relay.say('status');
      const { errors } = await relay.hear<{ errors: object }>();
      assert.deepEqual(errors, { EACCES: 1 });
      assert.equal(upstream.tryAccept(cleanup), undefined);
    });
  }

  it('with one user only cannot connect as others', async () => {
    const { relay, path } = await start('0 0 1\n');
    assert.deepEqual(await (await ClientAs.start(cleanup, ROOT)).ask({ path }), REFUSED);
    const { refused } = await relay.hear<{ refused: { reason: string } }>();
    assert.equal(refused.reason, 'its user namespace has one user or group only');
  });
});
