import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ContainerMount } from '../../src/api/containers/mount.js';
import { annotatedPaths, annotatedSockets } from '../../src/runtime/annotated-sockets.js';
import { cleanPath } from '../../src/values/file-path.js';

const KEY = 'dev.gvisor.uds.monitor.path';

const bind = (destination: string, source: string, options = ['rbind']): ContainerMount => ({
  destination,
  source,
  type: 'bind',
  options,
});

const find = (paths: string, mounts: readonly ContainerMount[], more: Record<string, string> = {}) =>
  annotatedSockets(annotatedPaths({ [KEY]: paths, ...more }, KEY), mounts);

const upstreams = (paths: string, mounts: readonly ContainerMount[]) =>
  find(paths, mounts).sockets.map(({ upstream }) => upstream);

describe('annotatedSockets', () => {
  it('finds the host socket behind a mount of the socket itself', () => {
    assert.deepEqual(find('/tmp/up.sock', [bind('/tmp/up.sock', '/run/up.sock')]), {
      sockets: [{ path: '/tmp/up.sock', upstream: '/run/up.sock', within: '/run/up.sock' }],
      refused: [],
    });
  });

  it('finds the host socket in a mounted directory, of several the nearest', () => {
    const mounts = [bind('/var', '/a'), bind('/var/run', '/b'), bind('/var/runner', '/c')];
    assert.deepEqual(upstreams('/var/run/x/up.sock', mounts), ['/b/x/up.sock']);
    assert.deepEqual(upstreams('/var/up.sock', mounts), ['/a/up.sock']);
    assert.deepEqual(upstreams('/x.sock', [bind('/', '/rootfs')]), ['/rootfs/x.sock']);
  });

  it('takes the last of the mounts at one place, since it is on top', () => {
    assert.deepEqual(upstreams('/d/s', [bind('/d', '/a'), bind('/d/', '/b')]), ['/b/s']);
  });

  it('reads paths of mounts in any spelling', () => {
    assert.deepEqual(upstreams('/tmp/s', [bind('tmp//./s/', '/run//s/')]), ['/run/s']);
  });

  it('takes what is a bind mount by its options', () => {
    const mount = { destination: '/s', source: '/h', type: 'none', options: ['ro', 'bind'] };
    assert.deepEqual(upstreams('/s', [mount]), ['/h']);
    assert.deepEqual(upstreams('/s', [{ destination: '/s', source: '/h', type: 'bind' }]), ['/h']);
  });

  it('splits a list at commas, trims, and takes each path once', () => {
    const mounts = [bind('/a', '/1'), bind('/b', '/2')];
    assert.deepEqual(upstreams(' /a ,/b,, /a', mounts), ['/1', '/2']);
    assert.deepEqual(find('', mounts), { sockets: [], refused: [] });
  });

  it('finds nothing without the annotation', () => {
    assert.deepEqual(annotatedSockets(annotatedPaths({ other: '/a' }, KEY), [bind('/a', '/1')]), {
      sockets: [],
      refused: [],
    });
    assert.deepEqual(annotatedSockets(annotatedPaths({}, 'constructor'), []), { sockets: [], refused: [] });
  });

  for (const nameKey of ['io.kubernetes.cri.container-name', 'io.kubernetes.container.name']) {
    it(`lets a key for one container of a pod override the pod's, by ${nameKey}`, () => {
      const mounts = [bind('/a', '/1'), bind('/b', '/2')];
      const paths = (name: string) =>
        find('/a', mounts, { [`${KEY}.app`]: '/b', [`${KEY}.sidecar`]: '', [nameKey]: name }).sockets;
      assert.deepEqual(paths('app'), [{ path: '/b', upstream: '/2', within: '/2' }]);
      assert.deepEqual(paths('other'), [{ path: '/a', upstream: '/1', within: '/1' }]);
      assert.deepEqual(paths('sidecar'), []);
    });
  }

  it('ignores keys with a name where the container has none', () => {
    const found = annotatedSockets(annotatedPaths({ [`${KEY}.app`]: '/a' }, KEY), [bind('/a', '/1')]);
    assert.deepEqual(found, { sockets: [], refused: [] });
  });

  const refusals: [what: string, path: string, mounts: ContainerMount[], reason: RegExp][] = [
    ['that is not mounted', '/s', [bind('/sock', '/h')], /is not mounted in the container; mount the socket/],
    ['that is relative', 'tmp/s', [bind('/tmp', '/h')], /is not an absolute path/],
    ['that climbs', '/tmp/../s', [bind('/s', '/h')], /not the shortest way to write it; write "\/s"/],
    ['that ends with a slash', '/s/', [bind('/s', '/h')], /write "\/s"/],
    ['with a control character', '/s\u0007', [bind('/', '/h')], /control characters/],
    ['longer than a path can be', `/${'x'.repeat(5000)}`, [bind('/', '/h')], /longer than 4095 bytes/],
    [
      'in a tmpfs',
      '/t/s',
      [bind('/', '/h'), { destination: '/t', type: 'tmpfs', source: 'tmpfs' }],
      /"tmpfs"/,
    ],
    ['in a mount of no type', '/t/s', [{ destination: '/t', source: '/h' }], /is no bind mount/],
    [
      'in a mount without source',
      '/t/s',
      [{ destination: '/t', type: 'bind' }],
      /source is no absolute path/,
    ],
    ['in a mount of a relative source', '/t/s', [bind('/t', 'h')], /source is no absolute path/],
    ['in a mount whose source climbs', '/t/s', [bind('/t', '/a/../b')], /source has \.\. in it/],
    ['under a later mount', '/d/e/s', [bind('/d/e', '/1'), bind('/d', '/2')], /hidden by the mount at "\/d"/],
  ];
  for (const [what, path, mounts, reason] of refusals) {
    it(`refuses a path ${what}`, () => {
      const { sockets, refused } = find(path, mounts);
      assert.deepEqual(sockets, []);
      assert.equal(refused.length, 1);
      assert.equal(refused[0]?.path, path);
      assert.match(refused[0]?.reason ?? '', reason);
    });
  }

  it('refuses more paths than an agent relays, and only those', () => {
    const paths = Array.from({ length: 66 }, (_, i) => `/d/${i}`);
    const { sockets, refused } = find(paths.join(','), [bind('/d', '/h')]);
    assert.equal(sockets.length, 64);
    assert.deepEqual(
      refused.map(({ path }) => path),
      ['/d/64', '/d/65'],
    );
  });

  it('never leads out of the source of a mount', () => {
    const segment = fc.constantFrom('a', 'b', '..', '.', '', 'a..');
    const path = fc
      .array(segment, { minLength: 1, maxLength: 5 })
      .map((segments) => `/${segments.join('/')}`);
    fc.assert(
      fc.property(path, fc.array(path, { maxLength: 4 }), (wanted, destinations) => {
        const mounts = destinations.map((destination, index) => bind(destination, `/host/${index}`));
        const { sockets, refused } = find(wanted, mounts);
        assert.equal(sockets.length + refused.length, 1);
        for (const { path: named, upstream } of sockets) {
          assert.equal(cleanPath(named), named);
          assert.match(upstream, /^\/host\/\d+(\/[^/]+)*$/);
          assert.ok(!upstream.split('/').includes('..'));
        }
      }),
    );
  });
});
