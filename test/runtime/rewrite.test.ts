import assert from 'node:assert/strict';
import { beforeRewriting } from '../../src/runtime/before-rewriting.js';
import { type RelaySocket, type Rewritten, rewrite } from '../../src/runtime/rewrite.js';
import { REWRITE_RECORD } from '../../src/runtime/rewrite-record.js';
import { readSpecification } from '../../src/runtime/specification.js';
import { SOCKET_MOUNT, specification } from './support/wrapper.js';

const RELAY = { path: '/tmp/upstream.sock', listen: '/run/udscope/c1/0.sock' };
const NESTED = { path: '/d/up.sock', listen: '/run/udscope/c1/1.sock' };
const DIRECTORY = { destination: '/d', type: 'bind', source: '/run/service', options: ['rbind', 'rw'] };

function read(text: string) {
  return beforeRewriting(readSpecification(text, 'config.json'), '/bundle');
}

function run(text: string, sockets: readonly RelaySocket[] = [RELAY], canAdd = true): Rewritten {
  return rewrite(read(text), sockets, { canAdd, agentDirectory: '/run/udscope' });
}

/** The one refusal there is. */
function refusal({ refused }: Rewritten): string {
  assert.equal(refused.length, 1);
  return refused[0]?.reason ?? '';
}

describe('Rewriting a specification', () => {
  it('points the mount of a socket at its relay socket, read-only, and marks it', () => {
    const text = specification({ k: 'v' }, [SOCKET_MOUNT]);
    const { text: edited, refused } = run(text);
    assert.deepEqual(refused, []);
    const mark = JSON.stringify({
      sockets: [
        { ...RELAY, source: '/run/service/upstream.sock', added: false, options: SOCKET_MOUNT.options },
      ],
    });
    const expected = text
      .replace('"/run/service/upstream.sock"', '"/run/udscope/c1/0.sock"')
      .replace('"rw"', '"ro"')
      .replace('"k": "v"', `"k": "v",\n      "${REWRITE_RECORD}": ${JSON.stringify(mark)}`);
    assert.equal(edited, expected);
    assert.match(edited, /"hard": 18446744073709551615,"soft":1\.0e3 }/);
  });

  for (const [options, expected] of [
    [['bind'], ['bind', 'ro']],
    [[], ['ro']],
    [
      ['rbind', 'ro'],
      ['rbind', 'ro'],
    ],
    [
      ['rw', 'bind', 'rw'],
      ['ro', 'bind', 'ro'],
    ],
    [undefined, ['bind', 'ro']],
    [null, ['bind', 'ro']],
  ]) {
    it(`makes of options ${JSON.stringify(options)} ${JSON.stringify(expected)}`, () => {
      const { text } = run(specification({ k: 'v' }, [{ ...SOCKET_MOUNT, options }]));
      assert.deepEqual(JSON.parse(text).mounts[0].options, expected);
    });
  }

  it('mounts a relay socket over one in a mounted directory, directly after that', () => {
    const text = specification({ k: 'v' }, [DIRECTORY, SOCKET_MOUNT]);
    const second = { path: '/d/x/y.sock', listen: '/run/udscope/c1/2.sock' };
    const { text: edited, refused } = run(text, [NESTED, second]);
    assert.deepEqual(refused, []);
    const options = ['bind', 'ro', 'nosuid', 'nodev', 'noexec'];
    const added = [NESTED, second].map(({ path, listen }) => ({
      destination: path,
      type: 'bind',
      source: listen,
      options,
    }));
    assert.deepEqual(JSON.parse(edited).mounts, [DIRECTORY, ...added, SOCKET_MOUNT]);
  });

  it('refuses to do so where the runtime cannot', () => {
    const text = specification({ k: 'v' }, [DIRECTORY]);
    const rewritten = run(text, [NESTED], false);
    assert.match(refusal(rewritten), /mount the socket itself instead of its directory/);
    assert.equal(rewritten.text, text);
  });

  it('does what is possible of several', () => {
    const rewritten = run(specification({ k: 'v' }, [SOCKET_MOUNT, DIRECTORY]), [RELAY, NESTED], false);
    assert.match(refusal(rewritten), /gVisor/);
    assert.equal(JSON.parse(rewritten.text).mounts[0].source, RELAY.listen);
  });

  it('refuses what is not mounted', () => {
    assert.match(refusal(run(specification({ k: 'v' }, []))), /is not mounted/);
  });

  it('changes nothing the second time', () => {
    const once = run(specification({ k: 'v' }, [DIRECTORY, SOCKET_MOUNT]), [RELAY, NESTED]);
    const twice = run(once.text, [RELAY, NESTED]);
    assert.equal(twice.text, once.text);
    assert.deepEqual(twice.refused, []);
  });

  it('follows a relay socket that has got another name', () => {
    const text = specification({ k: 'v' }, [DIRECTORY, SOCKET_MOUNT]);
    const renamed = [RELAY, NESTED].map(({ path, listen }) => ({
      path,
      listen: listen.replace('.sock', '-2'),
    }));
    const again = run(run(text, [RELAY, NESTED]).text, renamed);
    assert.deepEqual(again, run(text, renamed));
  });

  it('knows the mounts as they were, the second time', () => {
    const text = specification({ k: 'v' }, [DIRECTORY, SOCKET_MOUNT]);
    const mounts = (of: string) =>
      read(of).mounts.map(({ mount: { destination, source } }) => [destination, source]);
    assert.deepEqual(mounts(run(text, [RELAY, NESTED]).text), mounts(text));
  });

  it('adds to what was done before', () => {
    const first = run(specification({ k: 'v' }, [DIRECTORY, SOCKET_MOUNT]), [RELAY]);
    const both = run(first.text, [RELAY, NESTED]);
    const mark = JSON.parse(JSON.parse(both.text).annotations[REWRITE_RECORD]);
    assert.deepEqual(
      mark.sockets.map(({ path }: RelaySocket) => path),
      [NESTED.path, RELAY.path],
    );
  });

  it('takes a relative source as one from the bundle', () => {
    const text = specification({ k: 'v' }, [
      { ...SOCKET_MOUNT, source: 'up.sock' },
      { ...SOCKET_MOUNT, source: '../../up.sock' },
      { destination: '/proc', type: 'proc', source: 'proc' },
    ]);
    assert.deepEqual(
      read(text).mounts.map(({ mount }) => mount.source),
      ['/bundle/up.sock', '/bundle/../../up.sock', 'proc'],
    );
  });
});

describe('A mark that somebody forged', () => {
  const forged = (sockets: object[], mounts: object[]) =>
    specification({ [REWRITE_RECORD]: JSON.stringify({ sockets }) }, mounts);

  it('is not believed of a socket that the agent does not know by it', () => {
    const text = forged(
      [{ path: RELAY.path, listen: '/allowed/x.sock', source: '/run/docker.sock', added: false }],
      [{ ...SOCKET_MOUNT, source: '/allowed/x.sock' }],
    );
    const rewritten = run(text);
    assert.match(refusal(rewritten), /no relay sockets of this container/);
    assert.equal(rewritten.text, text);
  });

  it('is not believed of a directory', () => {
    for (const added of [false, true]) {
      const text = forged(
        [{ path: '/d', listen: '/allowed', source: '/run', added }],
        [
          { ...DIRECTORY, destination: '/', source: '/other' },
          { ...DIRECTORY, source: '/allowed' },
        ],
      );
      const rewritten = run(text, [{ path: '/d/docker.sock', listen: RELAY.listen }]);
      assert.match(refusal(rewritten), /no relay sockets of this container/);
      assert.equal(rewritten.text, text);
    }
  });

  for (const mark of [
    '',
    '{',
    '[]',
    '{"sockets":1}',
    '{"sockets":[{}]}',
    '{"sockets":[{"path":"/tmp/upstream.sock"}]}',
  ]) {
    it(`is overwritten when it is ${mark === '' ? 'empty' : mark}`, () => {
      const { text, refused } = run(specification({ [REWRITE_RECORD]: mark }, [SOCKET_MOUNT]));
      assert.deepEqual(refused, []);
      const { annotations, mounts } = JSON.parse(text);
      assert.equal(mounts[0].source, RELAY.listen);
      assert.equal(JSON.parse(annotations[REWRITE_RECORD]).sockets[0].source, SOCKET_MOUNT.source);
    });
  }
});
