import assert from 'node:assert/strict';
import fc from 'fast-check';
import { goferOf, looksLikeGofer } from '../../src/identity/gofer.js';
import { ID } from './ids.js';

describe('looksLikeGofer', () => {
  for (const path of ['/usr/bin/runsc', '/usr/local/bin/runsc-gofer', '/usr/bin/runsc (deleted)', 'runsc'])
    it(`accepts ${path}`, () => assert.equal(looksLikeGofer(path), true));

  for (const path of ['/usr/bin/runc', '/opt/runsc/bin/sh', '/usr/bin/not-runsc', '', undefined])
    it(`rejects ${path ?? 'an unknown path'}`, () => assert.equal(looksLikeGofer(path), false));
});

describe('goferOf', () => {
  const ROOT = '--root=/tmp/rs/root';

  it('reads the command line that runsc of 2022 gives its gofer', () => {
    const args = ['runsc-gofer', ROOT, '--fsgofer-host-uds=true', '--network=none', '--ignore-cgroups=true'];
    const own = [
      'gofer',
      '--bundle',
      '/tmp/rb',
      '--spec-fd=3',
      '--mounts-fd=4',
      '--io-fds=5',
      '--apply-caps=false',
    ];
    const expected = { bundle: '/tmp/rb', root: '/tmp/rs/root', id: undefined };
    assert.deepEqual(goferOf([...args, ...own], '/'), expected);
  });

  it('reads the id that newer builds append', () => {
    const gofer = goferOf(['runsc-gofer', ROOT, 'gofer', '--bundle', '/b', '--spec-fd=3', ID], undefined);
    assert.equal(gofer?.id, ID);
    assert.equal(goferOf(['x', 'gofer', '-bundle=/b', '--apply-caps', 'web'], '/')?.id, 'web');
  });

  for (const flags of [
    ['--bundle', '/b'],
    ['--bundle=/b'],
    ['-bundle', '/b'],
    ['-bundle=/b'],
    ['--bundle', '/b/c/..'],
  ])
    it(`reads the bundle in ${flags.join(' ')}`, () => {
      assert.equal(goferOf(['runsc-gofer', 'gofer', ...flags], '/')?.bundle, '/b');
    });

  for (const flags of [
    ['--root', '/r'],
    ['--root=/r'],
    ['-root', '/r'],
    ['--debug', '--root', '/r'],
    ['--root', '/r', '--debug'],
  ])
    it(`reads the root in ${flags.join(' ')}`, () => {
      const gofer = goferOf(['runsc-gofer', ...flags, 'gofer', '--bundle', '/b'], '/');
      assert.deepEqual(gofer, { bundle: '/b', root: '/r', id: undefined });
    });

  it('does not mistake the value of another flag', () => {
    const args = [
      'runsc-gofer',
      '--log',
      '/l',
      'gofer',
      '--log-fd',
      '7',
      '--bundle',
      '/b',
      '--x=--bundle=/c',
    ];
    assert.equal(goferOf(args, '/')?.bundle, '/b');
    assert.equal(goferOf(['runsc', '--root', 'gofer', 'gofer', '--bundle', '/b'], '/w')?.root, '/w/gofer');
  });

  it('reads relative paths from the working directory', () => {
    const args = ['runsc-gofer', '--root=state', 'gofer', '--bundle', '../b'];
    assert.deepEqual(goferOf(args, '/srv/web'), { bundle: '/srv/b', root: '/srv/web/state', id: undefined });
  });

  it('rejects a relative bundle when the working directory is unknown', () => {
    assert.equal(goferOf(['runsc-gofer', 'gofer', '--bundle', 'b'], undefined), undefined);
  });

  const others: [string, string[]][] = [
    ['nothing', []],
    ['a name alone', ['runsc-gofer']],
    ['a sandbox', ['runsc-sandbox', ROOT, 'boot', '--bundle=/b', 'web']],
    ['runsc itself', ['runsc', 'run', '--bundle', '/b', 'gofer']],
    ['no bundle', ['runsc-gofer', 'gofer', '--spec-fd=3']],
    ['a bundle without a value', ['runsc-gofer', 'gofer', '--bundle']],
    ['an empty bundle', ['runsc-gofer', 'gofer', '--bundle=']],
    ['a bundle that is no path', ['runsc-gofer', 'gofer', '--bundle=/a\0b']],
    ['a bundle that is too long', ['runsc-gofer', 'gofer', `--bundle=/${'a'.repeat(5000)}`]],
    ['the bundle before the subcommand', ['runsc-gofer', '--bundle', '/b', 'gofer']],
    ['the bundle behind the end of flags', ['runsc-gofer', 'gofer', '--', '--bundle', '/b']],
  ];
  for (const [what, args] of others) it(`refuses ${what}`, () => assert.equal(goferOf(args, '/'), undefined));

  it('ignores an invalid id', () => {
    for (const id of ['../x', '', '.hidden', 'a/b', 'a b', 'a'.repeat(129)]) {
      assert.equal(goferOf(['runsc-gofer', 'gofer', '--bundle=/b', id], '/')?.id, undefined);
    }
    assert.equal(goferOf(['runsc-gofer', 'gofer', '--bundle=/b', 'one', 'two'], '/')?.id, undefined);
  });

  it('never throws, and returns only absolute paths', () => {
    const words = [
      'runsc-gofer',
      'gofer',
      '--bundle',
      '--bundle=',
      '-bundle=x',
      '--root',
      '--root=/r',
      '--',
      '-',
      '--=',
      'x',
      '/b',
      '..',
    ];
    const argument = fc.oneof(fc.constantFrom(...words), fc.string());
    const directory = fc.option(fc.constantFrom('/', '/w', 'w', ''), { nil: undefined });
    fc.assert(
      fc.property(fc.array(argument), directory, (args, workingDirectory) => {
        const gofer = goferOf(args, workingDirectory);
        if (gofer === undefined) return;
        for (const path of [gofer.bundle, gofer.root ?? '/']) assert.match(path, /^\/(?!\/)/);
      }),
    );
  });
});
