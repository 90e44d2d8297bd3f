import assert from 'node:assert/strict';
import type { ProcessIdentity } from '../../../../src/identity/identity.js';
import { udsSocketSchema } from '../../../../src/receivers/uds/config.js';
import { clientContainer } from '../../../../src/receivers/uds/sockets/attributes.js';
import { clientOf } from '../../../../src/receivers/uds/sockets/client.js';
import { SeriesContainer } from '../../../../src/telemetry/series-container.js';

const SELECTED = ['container.id', 'container.name'];
const SHARED = udsSocketSchema.parse({ listen: '/run/a.sock', upstream: '/run/b.sock', name: 'rpc' });
const OWN = { ...SHARED, container: { id: 'c1', name: 'wallet', attributes: { team: 'red' } } };
const ID = 'a'.repeat(64);
const SNAPSHOT = { uid: 1000, cgroup: '0::/system.slice/some.service\n' };

const inContainer = (id: string): ProcessIdentity => ({
  container: {
    id,
    namespace: undefined,
    attributes: { 'container.name': `name of ${id}` },
    livenessPath: undefined,
  },
  executable: undefined,
});
const ON_HOST: ProcessIdentity = { container: undefined, executable: 'program' };

describe('clientOf', () => {
  it('is the container of who has connected, whatever program and socket it is', () => {
    const first = clientOf(SHARED, SELECTED, inContainer('c1'), SNAPSHOT);
    assert.deepEqual(first, {
      key: 'container c1',
      attributes: { 'container.id': 'c1', 'container.name': 'name of c1' },
      container: new SeriesContainer({ 'container.id': 'c1', 'container.name': 'name of c1' }),
    });
    assert.equal(
      clientOf({ ...SHARED, name: 'other' }, SELECTED, inContainer('c1'), { ...SNAPSHOT, uid: 0 }).key,
      first.key,
    );
    assert.notEqual(clientOf(SHARED, SELECTED, inContainer('c2'), SNAPSHOT).key, first.key);
  });

  it('is the container that a socket is for', () => {
    assert.deepEqual(clientOf(OWN, SELECTED, undefined, undefined), {
      key: 'container c1',
      attributes: { 'container.id': 'c1', 'container.name': 'wallet', team: 'red' },
      container: new SeriesContainer({ 'container.id': 'c1', 'container.name': 'wallet', team: 'red' }),
    });
  });

  it('is the user where there is no container', () => {
    const user = { key: 'uid 1000', attributes: { 'process.user.id': 1000 } };
    assert.deepEqual(clientOf(SHARED, SELECTED, ON_HOST, SNAPSHOT), user);
  });

  it('is who made a container in which the other is, or the user whose slice of the host it is in', () => {
    const inner = 'b'.repeat(64);
    const nested = { uid: 0, cgroup: `0::/docker/${ID}/docker/${inner}\n` };
    assert.deepEqual(clientOf(SHARED, SELECTED, inContainer(inner), nested), {
      key: `container ${ID}`,
      attributes: { 'container.id': ID },
      container: new SeriesContainer({ 'container.id': ID }),
    });
    const rootless = { uid: 100_000, cgroup: `0::/user.slice/user-1000.slice/docker-${ID}.scope\n` };
    assert.deepEqual(clientOf(SHARED, SELECTED, inContainer(ID), rootless), {
      key: 'uid 1000',
      attributes: { 'process.user.id': 1000 },
    });
  });

  it('is all who connect to a socket where nobody knows, or nobody is asked', () => {
    const all = { key: 'socket rpc', attributes: { 'uds.socket.name': 'rpc' } };
    assert.deepEqual(clientOf(SHARED, SELECTED, undefined, undefined), all);
  });

  it('is named by what metrics carry, and by nothing else', () => {
    assert.deepEqual(clientOf(SHARED, ['container.name'], inContainer('c1'), SNAPSHOT).attributes, {
      'container.name': 'name of c1',
    });
    assert.deepEqual(clientOf(SHARED, ['container.name'], ON_HOST, SNAPSHOT).attributes, {});
  });
});

describe('clientContainer', () => {
  const known = { 'container.id': 'c1', 'container.name': 'name of c1' };
  const attributesOf = (...args: Parameters<typeof clientContainer>) => clientContainer(...args)?.attributes;

  it('is all that is known of the container, where its id tells it from others', () => {
    assert.deepEqual(attributesOf(SHARED, ['container.id'], inContainer('c1')), known);
    const own = { ...OWN, known: { 'k8s.pod.uid': 'p1' } };
    assert.deepEqual(attributesOf(own, ['container.id'], undefined), {
      'container.id': 'c1',
      'container.name': 'wallet',
      'k8s.pod.uid': 'p1',
      team: 'red',
    });
  });

  it('is what the attributes say, where they may be those of several containers', () => {
    const name = { 'container.name': 'name of c1' };
    assert.deepEqual(attributesOf(SHARED, ['container.name'], inContainer('c1')), name);
    assert.equal(attributesOf(SHARED, ['k8s.pod.name'], inContainer('c1')), undefined);
  });

  it('is none of a program of the host, or before anybody has connected', () => {
    assert.equal(attributesOf(SHARED, SELECTED, ON_HOST), undefined);
    assert.equal(attributesOf(SHARED, SELECTED, undefined), undefined);
  });
});
