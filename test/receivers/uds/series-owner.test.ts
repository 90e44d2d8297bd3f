import assert from 'node:assert/strict';
import { udsSocketSchema } from '../../../src/receivers/uds/config.js';
import type { PeerIdentity } from '../../../src/receivers/uds/identity/identity.js';
import { seriesOwner } from '../../../src/receivers/uds/series-owner.js';

const SELECTED = ['container.id', 'container.name'];
const SHARED = udsSocketSchema.parse({ listen: '/run/a.sock', upstream: '/run/b.sock', name: 'rpc' });
const OWN = { ...SHARED, container: { id: 'c1', name: 'wallet', attributes: { team: 'red' } } };
const EVIDENCE = { uid: 1000, cgroup: '0::/system.slice\n' };

const C1 = 'c1'.padEnd(64, '0');
const C2 = 'c2'.padEnd(64, '0');
const within = (cgroup: string, uid = 1000) => ({ uid, cgroup: `0::${cgroup}\n` });

/** One that its cgroup names, or that is known by the state of its runtime. */
const inContainer = (id: string, cgroup?: string): PeerIdentity => ({
  container: {
    id,
    namespace: undefined,
    cgroup,
    attributes: { 'container.name': `name of ${id}` },
    marker: undefined,
  },
  executable: undefined,
});
const ON_HOST: PeerIdentity = { container: undefined, executable: 'program' };

describe('seriesOwner', () => {
  it('is the container of who has connected, whatever program and socket it is', () => {
    const inC1 = within(`/docker/${C1}`);
    const first = seriesOwner(SHARED, SELECTED, inContainer(C1, `/docker/${C1}`), inC1);
    assert.deepEqual(first, {
      key: `container ${C1}`,
      attributes: { 'container.id': C1, 'container.name': `name of ${C1}` },
    });
    const other = { ...SHARED, name: 'other' };
    const asRoot = { ...inC1, uid: 0 };
    assert.equal(seriesOwner(other, SELECTED, inContainer(C1, `/docker/${C1}`), asRoot).key, first.key);
    const second = seriesOwner(SHARED, SELECTED, inContainer(C2, `/docker/${C2}`), within(`/docker/${C2}`));
    assert.notEqual(second.key, first.key);
  });

  it('is the container that the state of a runtime names, whatever the cgroup is', () => {
    const gofer = seriesOwner(SHARED, SELECTED, inContainer('box'), within(`/kubepods/pod1/${C1}`));
    assert.equal(gofer.key, 'container box');
  });

  it('is the container that a socket is for', () => {
    assert.deepEqual(seriesOwner(OWN, SELECTED, undefined, undefined), {
      key: 'container c1',
      attributes: { 'container.id': 'c1', 'container.name': 'wallet', team: 'red' },
    });
  });

  it('is the user where there is no container', () => {
    const user = { key: 'uid 1000', attributes: { 'process.user.id': 1000 } };
    assert.deepEqual(seriesOwner(SHARED, SELECTED, ON_HOST, EVIDENCE), user);
  });

  it('is the user in whose slice cgroups have any name, and the container whose root makes others', () => {
    const user = { key: 'uid 1000', attributes: { 'process.user.id': 1000 } };
    for (const id of [C1, C2]) {
      const made = `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`;
      assert.deepEqual(seriesOwner(SHARED, SELECTED, inContainer(id, made), within(made, 101_000)), user);
      const nested = `/docker/${'e'.repeat(64)}/docker/${id}`;
      assert.deepEqual(seriesOwner(SHARED, SELECTED, inContainer(id, nested), within(nested)), {
        key: `container ${'e'.repeat(64)}`,
        attributes: { 'container.id': 'e'.repeat(64) },
      });
    }
  });

  it('is all who connect to a socket where nobody knows, or nobody is asked', () => {
    const all = { key: 'socket rpc', attributes: { 'uds.socket.name': 'rpc' } };
    assert.deepEqual(seriesOwner(SHARED, SELECTED, undefined, undefined), all);
  });

  it('is named by what metrics carry, and by nothing else', () => {
    assert.deepEqual(seriesOwner(SHARED, ['container.name'], inContainer('c1'), EVIDENCE).attributes, {
      'container.name': 'name of c1',
    });
    assert.deepEqual(seriesOwner(SHARED, ['container.name'], ON_HOST, EVIDENCE).attributes, {});
  });
});
